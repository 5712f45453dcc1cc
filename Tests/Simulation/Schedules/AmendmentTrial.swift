import Engine
import Primitives
import Windows

/// The same schedule where late readings amend their windows.
///
/// What must hold beyond what ``ScheduleTrial`` says:
///
/// - exactly the lines that are late otherwise amend, and nothing else changes: not what becomes of
///   other lines, not what windows are closed with;
/// - an amended window has exactly the readings taken in time and the late ones, of those with the
///   same stamp the last: count, minimum and maximum are equal, mean and deviation within 1e-12 of
///   the largest of them;
/// - restarts in between change nothing.
struct AmendmentTrial {
    private(set) var findings: [String] = []
    /// Lines that amended.
    private(set) var amending = 0

    init(_ schedule: Schedule, without whole: Outcome, _ expected: Expectation) {
        var configuration = schedule.configuration
        configuration.clock.amendFor = .days(400)
        let outcome = Outcome(configuration, schedule.deliveries, ticks: schedule.ticks)
        findings += outcome.findings
        amending = outcome.fates.count { $0 == .amending }
        if outcome.fates.map({ $0 == .amending ? .late : $0 }) != whole.fates {
            findings.append("amending changes what becomes of lines")
        }
        if outcome.windows != whole.windows { findings.append("amending changes closed windows") }
        check(outcome, expected)
        guard !schedule.restarts.isEmpty else { return }
        let restarted = Outcome(
            configuration, schedule.deliveries, ticks: schedule.ticks, restarts: schedule.restarts)
        findings += restarted.findings
        if restarted.late != outcome.late { findings.append("a restart changes late readings") }
    }

    private mutating func check(_ outcome: Outcome, _ expected: Expectation) {
        var closed: [Expectation.Key: WindowSummary] = [:]
        for (device, windows) in outcome.windows {
            for window in windows {
                for (signal, summary) in window.signals {
                    let key = Expectation.Key(
                        device: device, start: window.start, signal: signal)
                    closed[key] = summary
                }
            }
        }
        for (key, late) in outcome.late where expected.windows[key]?.isLoose != true {
            let readings = late.map { time, value in
                LateReading(
                    signal: SignalID(rawValue: 0), start: Timestamp(nanoseconds: key.start),
                    time: Timestamp(nanoseconds: time), value: value)
            }
            guard let amended = WindowSummary(closed[key], amendedBy: readings) else {
                findings.append("\(key) is not amended")
                continue
            }
            var all = expected.windows[key] ?? Expectation.Readings()
            // Two of one instant are two when one of them was in time.
            all.entries += late.map { .init(time: $0, value: $1, isOwn: true) }
            if let difference = all.differenceInValues(from: amended) {
                findings.append("\(key) as amended: \(difference)")
            }
        }
    }
}
