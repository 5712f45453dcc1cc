import Primitives

/// Running summary of one signal in one open window. Fixed size; one per slot of a signal.
///
/// Mean and squared deviation by Welford's recurrence (Technometrics 4, 1962): stable at any
/// offset, which sums of squares are not.
@frozen @usableFromInline struct Accumulator {
    /// Index of the window (event time divided by length, rounded down); `empty` when unused.
    @usableFromInline var window: Int64 = Accumulator.empty
    @usableFromInline var count: Int64 = 0
    @usableFromInline var mean: Double = 0
    @usableFromInline var squares: Double = 0
    @usableFromInline var minimum: Double = 0
    @usableFromInline var maximum: Double = 0
    @usableFromInline var first: Double = 0
    @usableFromInline var last: Double = 0
    /// Event times of `first` and `last`, nanoseconds.
    @usableFromInline var firstTime: Int64 = 0
    @usableFromInline var lastTime: Int64 = 0

    @usableFromInline static let empty = Int64.min

    @inlinable init() {}

    @inlinable mutating func add(_ value: Double, at time: Int64, window: Int64) {
        if self.window != window || count == 0 {
            self.window = window
            count = 1
            mean = value
            squares = 0
            minimum = value
            maximum = value
            first = value
            last = value
            firstTime = time
            lastTime = time
            return
        }
        count += 1
        let distance = value - mean
        mean += distance / Double(count)
        squares += distance * (value - mean)
        if value < minimum { minimum = value }
        if value > maximum { maximum = value }
        if time < firstTime {
            firstTime = time
            first = value
        }
        if time >= lastTime {
            lastTime = time
            last = value
        }
    }
}

extension Accumulator {
    func encode(into state: inout StateWriter) {
        state.put(window)
        state.put(count)
        for value in [mean, squares, minimum, maximum, first, last] { state.put(value) }
        state.put(firstTime)
        state.put(lastTime)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        window = try state.int64()
        count = try state.int64()
        mean = try state.double()
        squares = try state.double()
        minimum = try state.double()
        maximum = try state.double()
        first = try state.double()
        last = try state.double()
        firstTime = try state.int64()
        lastTime = try state.int64()
        // The sums of huge readings may be infinite or no number; their order may not be wrong.
        guard count >= 1, minimum <= maximum else { throw .invalid("open window") }
    }
}
