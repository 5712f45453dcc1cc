import Primitives

/// Running summary of one signal in one open window. Fixed size; one per slot of a signal.
///
/// Mean, deviation and slope come from sums of the distances to the window's first reading (Chan,
/// Golub and LeVeque, The American Statistician 37, 1983: shifted data). Because the shift is one
/// of the readings, the squares lose no more than a factor of the number of readings to
/// cancellation, at any offset; and no reading costs a division, as a running mean would. A reading
/// that comes before the first moves the shift.
///
/// One cache line. What signals that come together have in common, the sums of their times, is in
/// ``TimeSums``; the last reading is not kept either: the latest of a window are summed up when it
/// closes, and whoever does that sees it. Which window it is of follows from the time of the first
/// reading.
@frozen @usableFromInline struct Accumulator {
    /// Zero when it is unused.
    @usableFromInline var count: Int64 = 0
    /// Sum of the distances to `first`, of their squares, and of their products with the offsets of
    /// their times from the middle of the window, in seconds.
    @usableFromInline var sum: Double = 0
    @usableFromInline var squares: Double = 0
    @usableFromInline var products: Double = 0
    @usableFromInline var minimum: Double = 0
    @usableFromInline var maximum: Double = 0
    @usableFromInline var first: Double = 0
    /// Event time of `first`, nanoseconds.
    @usableFromInline var firstTime: Int64 = 0

    @inlinable init() {}

    @inlinable var isEmpty: Bool { count == 0 }

    mutating func begin(_ value: Double, at time: Int64) {
        count = 1
        sum = 0
        squares = 0
        products = 0
        minimum = value
        maximum = value
        first = value
        firstTime = time
    }

    /// Adds a reading that is not the window's first, `offset` seconds after the middle of the
    /// window.
    mutating func add(_ value: Double, offset: Double) {
        let distance = value - first
        count &+= 1
        sum += distance
        squares += distance * distance
        products += distance * offset
        minimum = value < minimum ? value : minimum
        maximum = value > maximum ? value : maximum
    }

    /// An earlier reading becomes the first: the sums as if they had been kept from it. `offsets`
    /// is the sum of the offsets of the times of the readings so far.
    mutating func shift(to value: Double, at time: Int64, offsets: Double) {
        let distance = first - value
        let number = Double(count)
        squares += distance * (2 * sum + number * distance)
        products += distance * offsets
        sum += number * distance
        first = value
        firstTime = time
    }

    var mean: Double { first + sum / Double(count) }

    /// Sample standard deviation (n - 1); zero for one reading.
    var deviation: Double {
        guard count > 1 else { return 0 }
        let centred = squares - sum * (sum / Double(count))
        return max(0, centred / Double(count - 1)).squareRoot()
    }

    /// Slope of the line of least squares, per second; NaN when all readings are of one instant.
    func slope(_ times: TimeSums.Spread) -> Double {
        (products - times.mean * sum) * times.inverse
    }
}

extension Accumulator {
    func encode(into state: inout StateWriter) {
        state.put(count)
        for value in [sum, squares, products, minimum, maximum, first] { state.put(value) }
        state.put(firstTime)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        count = try state.int64()
        sum = try state.double()
        squares = try state.double()
        products = try state.double()
        minimum = try state.double()
        maximum = try state.double()
        first = try state.double()
        firstTime = try state.int64()
        // The sums of huge readings may be infinite or no number; their order may not be wrong.
        guard count >= 1, minimum <= maximum else { throw .invalid("open window") }
    }
}
