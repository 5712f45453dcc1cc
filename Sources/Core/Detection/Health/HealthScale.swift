/// From deviations and limits to scores and degradation.
enum HealthScale {
    /// From here on a signal or device counts as abnormal.
    static let abnormalScore = 0.5

    /// A smoothed deviation of 4 standard deviations scores 0.5; the alarm limit at least 0.8, the
    /// trip limit at least 0.95.
    static func score(raw: Double, zone: LimitZone) -> Double {
        let deviation = raw / (raw + 4)
        switch zone {
        case .within: return deviation
        case .alarm: return max(deviation, 0.8)
        case .trip: return max(deviation, 0.95)
        }
    }

    /// A device in an event scores at least 0.5. One that is not scores less: below what an alert
    /// ends at, unless it is still as far off as an event begins at.
    static func score(of index: HealthIndex.Reading) -> Double {
        if index.isEvent {
            return max(index.distance / (index.distance + index.onset), abnormalScore)
        }
        let share = index.distance / index.onset
        return share < 1 ? 0.3 * share : 0.45
    }

    /// In [0, 1]. With a limit: the fraction of the way to it that has been gone. Without one a
    /// deviation alone cannot say that the machine is at its end: it takes away 0.6 at most.
    static func degradation(raw: Double, fraction: Double?, zone: LimitZone) -> Double {
        if zone == .trip { return 1 }
        if let fraction { return raw < SignalTracker.onset ? min(fraction, 0.1) : fraction }
        let excess = max(0, raw - SignalTracker.onset)
        return 0.6 * excess / (excess + 8)
    }
}
