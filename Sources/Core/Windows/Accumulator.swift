import Primitives

/// Running summary of one signal in one open window. Fixed size; one per slot of a signal.
///
/// Mean and deviation come from sums of the distances to the window's first reading (Chan, Golub
/// and LeVeque, The American Statistician 37, 1983: shifted data). Because the shift is one of the
/// readings, the squares lose no more than a factor of the number of readings to cancellation, at
/// any offset; and no reading costs a division, as a running mean would. A reading that comes
/// before the first moves the shift.
///
/// One cache line. The last reading is not here: the latest of a window are summed up when it
/// closes, and whoever does that sees it.
@frozen @usableFromInline struct Accumulator {
    /// Index of the window (event time divided by length, rounded down); `empty` when unused.
    @usableFromInline var window: Int64 = Accumulator.empty
    @usableFromInline var count: Int64 = 0
    /// Sum of the distances to `first`, and of their squares.
    @usableFromInline var sum: Double = 0
    @usableFromInline var squares: Double = 0
    @usableFromInline var minimum: Double = 0
    @usableFromInline var maximum: Double = 0
    @usableFromInline var first: Double = 0
    /// Event time of `first`, nanoseconds.
    @usableFromInline var firstTime: Int64 = 0

    @usableFromInline static let empty = Int64.min

    @inlinable init() {}

    @inlinable @inline(__always) mutating func add(
        _ value: Double, at time: Int64, window: Int64
    ) {
        if self.window != window || count == 0 {
            return begin(value, at: time, window: window)
        }
        addFurther(value, at: time)
    }

    /// Adds a reading of the window that has readings already.
    @inlinable @inline(__always) mutating func addFurther(_ value: Double, at time: Int64) {
        if time < firstTime { shift(to: value, at: time) }
        let distance = value - first
        count &+= 1
        sum += distance
        squares += distance * distance
        minimum = value < minimum ? value : minimum
        maximum = value > maximum ? value : maximum
    }

    @inlinable mutating func begin(_ value: Double, at time: Int64, window: Int64) {
        self.window = window
        count = 1
        sum = 0
        squares = 0
        minimum = value
        maximum = value
        first = value
        firstTime = time
    }

    /// An earlier reading becomes the first: the sums as if they had been kept from it.
    @inlinable @inline(never) mutating func shift(to value: Double, at time: Int64) {
        let distance = first - value
        let number = Double(count)
        squares += distance * (2 * sum + number * distance)
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
}

extension Accumulator {
    func encode(into state: inout StateWriter) {
        state.put(window)
        state.put(count)
        for value in [sum, squares, minimum, maximum, first] { state.put(value) }
        state.put(firstTime)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        window = try state.int64()
        count = try state.int64()
        sum = try state.double()
        squares = try state.double()
        minimum = try state.double()
        maximum = try state.double()
        first = try state.double()
        firstTime = try state.int64()
        // The sums of huge readings may be infinite or no number; their order may not be wrong.
        guard count >= 1, minimum <= maximum else { throw .invalid("open window") }
    }
}
