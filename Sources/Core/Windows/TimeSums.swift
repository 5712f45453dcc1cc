/// When the readings summed up so far in one open window were taken: what all signals of a lane
/// have in common, and what the slope of each needs beside its ``Accumulator``, which has their
/// number.
struct TimeSums: Sendable {
    /// Sum of the offsets of the times from the middle of the window, in seconds, and of their
    /// squares. From the middle, which never moves, the squares are as small as they can be.
    var sum = 0.0
    var squares = 0.0

    /// Words it takes in a table.
    static let words = 2

    init() {}

    /// From its words, the first at `place`.
    init(_ words: borrowing [UInt64], at place: Int) {
        sum = Double(bitPattern: words[place])
        squares = Double(bitPattern: words[place &+ 1])
    }

    func write(to words: inout [UInt64], at place: Int) {
        words[place] = sum.bitPattern
        words[place &+ 1] = squares.bitPattern
    }

    @inline(__always) mutating func add(_ offset: Double) {
        sum += offset
        squares += offset * offset
    }

    /// The offsets' mean, and one over the sum of the squares of their distances to it; not a
    /// number when these are too small to be told from rounding.
    struct Spread {
        var mean: Double
        var inverse: Double
    }

    /// Of so many readings.
    func spread(of count: Int64) -> Spread {
        guard count > 1 else { return Spread(mean: sum, inverse: .nan) }
        let mean = sum / Double(count)
        let centred = squares - sum * mean
        return Spread(mean: mean, inverse: centred > 1e-12 * squares ? 1 / centred : .nan)
    }

    /// Seconds between the middle of a window and a time.
    @inline(__always) static func offset(of time: Int64, middle: Int64) -> Double {
        Double(time &- middle) * 1e-9
    }
}
