internal import Primitives

/// What happens to a device's lines on their way when the transmission is disturbed.
///
/// Memory is bounded: a line is late by an hour at most, so no more than the lines of an hour are
/// held. What is still held at the end of the recording is not in it.
struct Transmission: Sendable {
    private let plan: DisturbancePlan
    /// How far the device's clock is ahead.
    private let skew: TimeSpan
    /// Share of the lines that are sent twice or late.
    private let share: Double
    private var held: [(due: Timestamp, line: [UInt8])] = []
    private var stamp: [UInt8] = []
    private var random: Random

    init(plan: DisturbancePlan, random: Random) {
        var random = random
        self.plan = plan
        // Log-uniform from two minutes to a day and a half, to either side: from a clock nobody
        // has set for long to one with the wrong date.
        let size = 120 * Math.exp(random.uniform() * Math.log(1_080))
        let sign = random.uniform() < 0.5 ? -1.0 : 1
        skew = TimeSpan(secondsRounded: (sign * size).rounded())
        share = random.uniform(0.02, 0.1)
        self.random = random
    }

    /// Appends the held lines that are due at `time`, oldest first.
    mutating func appendHeld(at time: Timestamp, into buffer: inout [UInt8]) {
        guard !held.isEmpty else { return }
        for entry in held where entry.due <= time {
            buffer.append(contentsOf: entry.line)
        }
        held.removeAll { $0.due <= time }
    }

    /// The end of the line: the instant's own stamp, or that of the device's wrong clock.
    mutating func stamp(at time: Timestamp, right: [UInt8]) -> [UInt8] {
        guard plan.kind == .clockSkew, plan.isActive(at: time) else { return right }
        LineWriter.formatStamp(time + skew, into: &stamp)
        return stamp
    }

    /// Passes a line on: at once, twice, later or not at all.
    mutating func send(_ line: [UInt8], at time: Timestamp, into buffer: inout [UInt8]) {
        let chance = random.uniform()
        let delay = random.exponential(mean: .minutes(6), from: .seconds(1), to: .hours(1))
        guard plan.isActive(at: time) else {
            buffer.append(contentsOf: line)
            return
        }
        switch plan.kind {
        case .silent: return
        case .lateLines where chance < share: held.append((time + delay, line))
        case .duplicateLines where chance < share:
            buffer.append(contentsOf: line)
            buffer.append(contentsOf: line)
        case .stuckSensor, .clockSkew, .duplicateLines, .lateLines:
            buffer.append(contentsOf: line)
        }
    }
}
