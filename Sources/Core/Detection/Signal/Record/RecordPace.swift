package import Primitives

/// How much time passes from one value of a series to the next, as far as it matters: records are
/// forgotten with the days, and an hour's worth of values makes a weekly profile believable.
package struct RecordPace: Equatable, Sendable {
    /// What is left of a range after one value: the half-life is 48 days.
    let keep: Double
    /// Values in an hour.
    let hourReadings: Double

    /// The tick the constants were found at.
    static let usual = TimeSpan.minutes(5)

    /// For a series whose ticks nobody knows: as if they were of five minutes.
    package init() {
        keep = 0.99995
        hourReadings = 12
    }

    package init(tick: TimeSpan) {
        let ticks = max(tick.seconds, 60) / Self.usual.seconds
        keep = Math.exp(Math.log(0.99995) * ticks)
        hourReadings = 12 / ticks
    }
}
