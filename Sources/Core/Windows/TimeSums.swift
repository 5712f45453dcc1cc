import Primitives

/// When the readings summed up so far in one open window were taken: what all signals of a lane
/// have in common, and what the slope of each needs beside its ``Accumulator``.
struct TimeSums: Sendable {
    /// Index of the window; ``none`` when unused.
    var window = TimeSums.none
    var count: Int64 = 0
    /// Sum of the offsets of the times from the middle of the window, in seconds, and of their
    /// squares. From the middle, which never moves, the squares are as small as they can be.
    var sum = 0.0
    var squares = 0.0

    static let none = Int64.min

    mutating func add(_ offset: Double) {
        count &+= 1
        sum += offset
        squares += offset * offset
    }

    /// The offsets' mean, and one over the sum of the squares of their distances to it; not a
    /// number when these are too small to be told from rounding.
    struct Spread {
        var mean: Double
        var inverse: Double
    }

    var spread: Spread {
        guard count > 1 else { return Spread(mean: sum, inverse: .nan) }
        let mean = sum / Double(count)
        let centred = squares - sum * mean
        return Spread(mean: mean, inverse: centred > 1e-12 * squares ? 1 / centred : .nan)
    }

    /// Seconds between the middle of a window and a time.
    static func offset(of time: Int64, middle: Int64) -> Double {
        Double(time &- middle) * 1e-9
    }
}

extension TimeSums {
    func encode(into state: inout StateWriter) {
        state.put(window)
        state.put(count)
        state.put(sum)
        state.put(squares)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        window = try state.int64()
        count = try state.int64()
        sum = try state.double()
        squares = try state.double()
        guard count >= 1, window != Self.none else { throw .invalid("times of readings") }
    }
}
