internal import Primitives

/// The way from the machine to the gateway: now and then it is down for minutes to an hour.
///
/// Lines of that time are lost, as with UDP.
struct Uplink: Sendable {
    private(set) var isUp = true
    private var until: Timestamp
    private var random: Random

    init(start: Timestamp, random: Random) {
        self.random = random
        until = start
        until = start + drawUptime()
    }

    mutating func advance(to time: Timestamp) {
        while until <= time {
            isUp.toggle()
            until = until + (isUp ? drawUptime() : drawGap())
        }
    }

    /// Log-uniform between two minutes and an hour: most gaps are short.
    private mutating func drawGap() -> TimeSpan {
        TimeSpan(secondsRounded: 120 * Math.exp(random.uniform() * Math.log(30)))
    }

    private mutating func drawUptime() -> TimeSpan {
        random.exponential(mean: .days(6), from: .hours(1), to: .days(60))
    }
}
