import Engine
import Primitives
import Windows

/// Runs a schedule and says what is wrong with the outcome.
///
/// What must hold, whatever clocks and networks do:
///
/// - every line has one fate, and every reading that was taken is in one closed window in the end;
/// - a window holds exactly the readings taken for its time: count, minimum, maximum, first and
///   last are equal, mean and deviation within 1e-12 of the largest of them, the slope within what
///   they are rounded to; repeats have replaced;
/// - windows of a device start at multiples of their length, and close in order, each once;
/// - a line from a right clock that was on its way no longer than windows wait for is never late;
/// - what comes of a device is the same without the others, and with restarts in between;
/// - windows of at most as many readings as are kept are the same, to the last bit, as those of
///   undisturbed delivery;
/// - what ``AmendmentTrial`` says of late readings that amend.
package struct ScheduleTrial {
    /// In words; empty when all holds.
    package private(set) var findings: [String] = []
    /// What it was made of, to see that schedules are worth their time.
    package private(set) var coverage = Coverage()

    package struct Coverage: Equatable, Sendable {
        package var schedules = 0
        package var lines = 0
        package var late = 0
        package var amending = 0
        package var refused = 0
        package var restamped = 0
        package var replaced = 0
        package var windows = 0
        package var restarts = 0

        package init() {}

        package static func += (total: inout Coverage, other: Coverage) {
            total.schedules += other.schedules
            total.lines += other.lines
            total.late += other.late
            total.amending += other.amending
            total.refused += other.refused
            total.restamped += other.restamped
            total.replaced += other.replaced
            total.windows += other.windows
            total.restarts += other.restarts
        }
    }

    private let schedule: Schedule
    private let length: Int64

    package init(_ schedule: Schedule) {
        self.schedule = schedule
        length = schedule.configuration.classes[0].windows.length.nanoseconds
        let whole = Outcome(
            schedule.configuration, schedule.deliveries, ticks: schedule.ticks)
        findings += whole.findings
        let expected = Expectation(schedule.deliveries, whole.fates, length: length)
        checkFates(whole)
        checkOrder(whole)
        check(whole, against: expected)
        checkAlone(whole)
        checkRestarts(whole)
        checkUndisturbed(whole, expected)
        note(whole, expected)
        let amended = AmendmentTrial(schedule, without: whole, expected)
        findings += amended.findings
        coverage.amending = amended.amending
    }

    private mutating func checkFates(_ outcome: Outcome) {
        guard outcome.fates.count == schedule.deliveries.count else {
            return findings.append("not every line was given to the engine")
        }
        for (delivery, fate) in zip(schedule.deliveries, outcome.fates) {
            if case .unclear(let words) = fate { findings.append("a line is \(words)") }
            if delivery.isTimely, fate != .taken(isOwn: true) {
                findings.append("a line in time is \(fate): \(delivery)")
            }
        }
    }

    private mutating func checkOrder(_ outcome: Outcome) {
        for (device, windows) in outcome.windows {
            var last = Int64.min
            for window in windows {
                if window.start <= last {
                    findings.append("D\(device): window \(window.start) closes after \(last)")
                }
                if window.start % length != 0 || window.end != window.start + length {
                    findings.append("D\(device): window \(window.start) to \(window.end)")
                }
                last = window.start
            }
        }
    }

    private mutating func check(_ outcome: Outcome, against expected: Expectation) {
        var missing = Set(expected.windows.keys)
        for (device, windows) in outcome.windows {
            for window in windows {
                for (signal, summary) in window.signals {
                    let key = Expectation.Key(
                        device: device, start: window.start, signal: signal)
                    missing.remove(key)
                    guard let readings = expected.windows[key] else {
                        findings.append("nothing was taken for \(key)")
                        continue
                    }
                    if let difference = readings.difference(from: summary) {
                        findings.append("\(key): \(difference)")
                    }
                }
            }
        }
        for key in missing { findings.append("no window for \(key)") }
    }

    private mutating func checkAlone(_ outcome: Outcome) {
        guard schedule.deviceCount > 1 else { return }
        for device in 0..<schedule.deviceCount {
            let alone = Outcome(
                schedule.configuration, schedule.deliveries.filter { $0.device == device },
                ticks: schedule.ticks)
            if alone.windows[device] != outcome.windows[device] {
                findings.append("D\(device) has other windows when it is alone")
            }
        }
    }

    private mutating func checkRestarts(_ outcome: Outcome) {
        guard !schedule.restarts.isEmpty else { return }
        let restarted = Outcome(
            schedule.configuration, schedule.deliveries, ticks: schedule.ticks,
            restarts: schedule.restarts)
        findings += restarted.findings
        if restarted.fates != outcome.fates { findings.append("a restart changes what is taken") }
        if restarted.windows != outcome.windows { findings.append("a restart changes windows") }
    }

    private mutating func checkUndisturbed(_ outcome: Outcome, _ expected: Expectation) {
        let deliveries = expected.undisturbed
        let last = schedule.ticks.last ?? 0
        let ideal = Outcome(schedule.configuration, deliveries, ticks: [last, last + 1])
        for device in 0..<schedule.deviceCount {
            var windows: [Int64: [Int: WindowSummary]] = [:]
            for window in outcome.windows[device] ?? [] { windows[window.start] = window.signals }
            for window in ideal.windows[device] ?? [] {
                for (signal, summary) in window.signals
                where summary.count <= Expectation.Readings.kept {
                    // How many readings to expect is learned from earlier windows.
                    var ideal = summary
                    ideal.expected = windows[window.start]?[signal]?.expected
                    if windows[window.start]?[signal] != ideal {
                        findings.append(
                            "D\(device) at \(window.start), signal \(signal): "
                                + "\(String(describing: windows[window.start]?[signal])) "
                                + "instead of \(summary) when nothing disturbs")
                    }
                }
            }
        }
        if ideal.fates.contains(where: { $0 != .taken(isOwn: true) }) {
            findings.append("undisturbed lines are not all taken")
        }
    }

    private mutating func note(_ outcome: Outcome, _ expected: Expectation) {
        coverage.schedules = 1
        coverage.lines = outcome.fates.count
        coverage.late = outcome.fates.count { $0 == .late }
        coverage.refused = outcome.fates.count { $0 == .refused }
        coverage.restamped = zip(schedule.deliveries, outcome.fates).count {
            $0.stamp != nil && $1 == .taken(isOwn: false)
        }
        coverage.replaced = expected.windows.values.reduce(0) {
            $0 + $1.offered - $1.entries.count
        }
        coverage.windows = outcome.windows.values.reduce(0) { $0 + $1.count }
        coverage.restarts = schedule.restarts.count
    }
}
