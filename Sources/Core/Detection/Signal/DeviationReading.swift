/// How far one window mean lies from what was expected, and where its limit lies, both in
/// baseline standard deviations and positive towards worse.
struct DeviationReading {
    let deviation: Double
    /// `nil` when no limit is configured in the direction of the deviation.
    let limitDeviation: Double?

    /// `step` is how far apart the values of a quantised signal are: rounding alone moves a mean
    /// by so much.
    init(
        mean: Double, expected: Double, scale: Double, policy: SignalPolicy?, step: Double = 0
    ) {
        let difference = mean - expected
        let tolerated = max(policy?.minimumDeviation ?? 0, step)
        let direction = policy?.direction ?? .both
        let upwards = direction == .both ? difference >= 0 : direction == .up
        let worse = upwards ? difference : -difference
        // What is tolerated is taken off, not cut off: no jump where the deviation passes it.
        let counted = worse > 0 ? max(0, worse - tolerated) : min(0, worse + tolerated)
        deviation = counted / scale
        let end = upwards ? policy?.limits.upperEnd : policy?.limits.lowerEnd
        limitDeviation = end.map { limit in
            let distance = upwards ? limit - expected : expected - limit
            return (distance - tolerated) / scale
        }
    }
}

extension SignalLimits {
    /// Where a value lies with respect to the limits.
    func zone(of value: Double) -> LimitZone {
        if let tripHigh, value >= tripHigh { return .trip }
        if let tripLow, value <= tripLow { return .trip }
        if let alarmHigh, value >= alarmHigh { return .alarm }
        if let alarmLow, value <= alarmLow { return .alarm }
        return .within
    }
}
