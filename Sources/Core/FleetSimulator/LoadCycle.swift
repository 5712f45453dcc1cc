internal import Primitives

/// The load a process asks for, as a fraction of rated flow (0.55 to 1.15).
///
/// A daily wave, less at weekends, set-points that operators change every few hours, the valve
/// that follows within minutes, and the restlessness of the process itself.
struct LoadCycle: Sendable {
    /// Fraction of rated flow at the last step.
    private(set) var value: Double

    private let level: Double
    private let daySwing: Double
    private let peakHour: Double
    private let weekendDrop: Double
    private let followShare: Double
    private var setpoint: Double
    private var setpointUntil: Timestamp
    private var follower: FirstOrderLag
    private var ripple: CorrelatedNoise
    private var random: Random

    init(start: Timestamp, interval: TimeSpan, random: Random) {
        var random = random
        level = random.uniform(0.82, 0.98)
        daySwing = random.uniform(0.02, 0.09)
        peakHour = random.uniform(9, 18)
        weekendDrop = random.uniform(0, 0.1)
        followShare = FirstOrderLag.share(timeConstant: 300, step: interval.seconds)
        setpoint = 0.08 * random.normal()
        setpointUntil = start
        ripple = CorrelatedNoise(correlationTime: 180, step: interval.seconds, random: &random)
        follower = FirstOrderLag(at: level + setpoint)
        value = level
        self.random = random
    }

    mutating func advance(to time: Timestamp) {
        while setpointUntil <= time {
            setpoint = 0.08 * random.normal()
            setpointUntil =
                setpointUntil
                + random.exponential(mean: .hours(6), from: .minutes(20), to: .days(2))
        }
        let hour = (time - time.floored(to: .days(1))).hours
        let wave = daySwing * Math.cosine(2 * .pi * (hour - peakHour) / 24)
        let drop = OperatingSchedule.weekday(of: time) >= 5 ? weekendDrop : 0
        follower.advance(to: level + setpoint + wave - drop, share: followShare)
        ripple.advance(&random)
        value = min(max(follower.value + 0.01 * ripple.value, 0.55), 1.15)
    }
}
