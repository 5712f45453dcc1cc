internal import Primitives

/// When a machine runs: alternating on and off periods.
///
/// Either continuously with a short stop every one to four days (change-over, filter cleaning),
/// or in shifts on working days with hours that vary by some minutes and now and then a stop in
/// between. Periods are drawn as events in continuous time, so they do not depend on the reading
/// interval. Hours are UTC.
struct OperatingSchedule: Sendable {
    enum Pattern: Sendable {
        case continuous
        /// Hours of the day, and how many days of the week from Monday on.
        case shifts(from: Double, to: Double, days: Int64)
    }

    private(set) var isOn: Bool
    /// When the present period began.
    private(set) var since: Timestamp
    private let pattern: Pattern
    private var until: Timestamp
    /// End of the shift that a stop in between has interrupted.
    private var resumeUntil: Timestamp?
    private var random: Random

    init(start: Timestamp, random: Random) {
        var random = random
        let choice = random.uniform()
        since = start - .hours(1)  // the start-up is over if it runs at the start
        if choice < 0.55 {
            pattern = .continuous
            isOn = true
            until = start + random.uniform(.hours(6), .days(4))
        } else {
            let from = random.uniform(5, 8)
            let length = choice < 0.8 ? random.uniform(14, 17) : random.uniform(8, 11)
            let to = min(from + length, 23)
            pattern = .shifts(from: from, to: to, days: 5 + Int64(random.below(3)))
            isOn = false
            // A week earlier, so that the recording may begin in the middle of a shift.
            until = start.floored(to: .days(1)) - .days(7)
        }
        self.random = random
        advance(to: start)
    }

    mutating func advance(to time: Timestamp) {
        while until <= time {
            isOn.toggle()
            since = until
            switch pattern {
            case .continuous:
                until =
                    until
                    + (isOn
                        ? random.uniform(.days(1), .days(4))
                        : random.uniform(.minutes(15), .hours(3)))
            case .shifts(let from, let to, let days):
                until = isOn ? endOfRun(to: to) : startOfRun(from: from, days: days)
            }
        }
    }

    /// Called with `until` at the start of a run.
    private mutating func endOfRun(to hour: Double) -> Timestamp {
        if let end = resumeUntil {
            resumeUntil = nil
            return end
        }
        let end = instant(onDayOf: until, hour: hour)
        if random.uniform() < 0.15 {
            let run = (end - until).seconds
            let stop = until + TimeSpan(secondsRounded: run * random.uniform(0.2, 0.7))
            resumeUntil = end
            return stop
        }
        return end
    }

    /// Called with `until` at the end of a run.
    private mutating func startOfRun(from hour: Double, days: Int64) -> Timestamp {
        if resumeUntil != nil {
            return until + random.uniform(.minutes(20), .hours(1))
        }
        var day = until.floored(to: .days(1)) + .days(1)
        while OperatingSchedule.weekday(of: day) >= days {
            day = day + .days(1)
        }
        return instant(onDayOf: day, hour: hour)
    }

    /// A time of day with a spread of about ten minutes, at most 25.
    private mutating func instant(onDayOf time: Timestamp, hour: Double) -> Timestamp {
        let spread = min(max(600 * random.normal(), -1_500), 1_500)
        return time.floored(to: .days(1)) + TimeSpan(secondsRounded: hour * 3_600 + spread)
    }

    /// 0 is Monday. 1970-01-01 was a Thursday.
    static func weekday(of time: Timestamp) -> Int64 {
        let day = time.floored(to: .days(1)).nanoseconds / TimeSpan.days(1).nanoseconds
        return ((day + 3) % 7 + 7) % 7
    }
}
