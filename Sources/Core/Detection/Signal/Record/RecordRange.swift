import Primitives

/// The range a feature has had, and how far outside of it a value is.
///
/// The range shrinks very slowly towards its middle, so that what happened once, long ago, does not
/// hide what happens now; and one value widens it by at most twice its width, so that a single wild
/// reading does not either.
struct RecordRange: Equatable, Sendable {
    /// The least; of a one-sided feature its slow mean.
    private var low = 0.0
    private var high = 0.0

    /// Values before any record counts.
    static let warmUp = 100
    /// Excess, in ranges, that does not count.
    private static let deadBand = 0.02
    private static let growthMost = 2.0

    /// How much the value counts, in [0, 1], and takes it in. `count` are the values before it,
    /// `floor` is what is no range, `rate` is one over the number of values with this one.
    mutating func take(
        _ value: Double, count: Int, floor: Double, isOneSided: Bool, keep: Double, rate: Double
    ) -> Double {
        if count == 0 { (low, high) = (value, value) }
        let range = high - low
        let excess = isOneSided ? value - high : max(value - high, low - value)
        let isWarm = count >= Self.warmUp
        var counted = 0.0
        if isWarm, excess > 0 {
            let ratio = range > floor ? excess / range : (excess > floor ? 9 : 0)
            if ratio > Self.deadBand { counted = min(1, (ratio - Self.deadBand).squareRoot()) }
        }
        let limit = isWarm && range > floor ? Self.growthMost * range : 1e300
        if isOneSided {
            high = low + (high - low) * keep
            if value > high { high = min(value, high + limit) }
            low += max(0.001, rate) * (value - low)
        } else {
            let middle = 0.5 * (low + high)
            high = middle + (high - middle) * keep
            low = middle - (middle - low) * keep
            if value > high { high = min(value, high + limit) }
            if value < low { low = max(value, low - limit) }
        }
        return counted
    }
}

extension RecordRange {
    func encode(into state: inout StateWriter) {
        state.put(low)
        state.put(high)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        low = try state.double()
        high = try state.double()
        guard low.isFinite, high.isFinite else { throw .invalid("range of records") }
    }
}
