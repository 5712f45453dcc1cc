import Detection
import Engine
import Primitives
import Prognosis
import Testing
import Tickets
import Windows

/// All that happened to one device, as text that does not depend on the order in which devices
/// and signals were discovered or on where steps ended.
struct DeviceStory: Equatable {
    var windows: [String] = []
    var changes: [String] = []
    var decisions: [String] = []
    var alerts: [String] = []
}

extension EngineRun {
    /// By device name.
    var stories: [String: DeviceStory] {
        var stories: [String: DeviceStory] = [:]
        for step in steps {
            for closed in step.closed {
                let known = registry[closed.frame.device]
                stories[known.name, default: DeviceStory()].windows.append(
                    String(reflecting: neutral(closed, known.signals)))
            }
            for change in step.changes {
                stories[change.ticket.device, default: DeviceStory()].changes.append(
                    String(reflecting: change))
            }
            for decision in step.decisions {
                var copy = decision
                copy.device = Self.anyDevice
                stories[registry[decision.device].name, default: DeviceStory()].decisions.append(
                    String(reflecting: copy))
            }
            for alert in step.alerts {
                let known = registry[alert.device]
                var copy = alert
                copy.device = Self.anyDevice
                copy.signal = alert.signal.map { neutral($0, known.signals) }
                stories[known.name, default: DeviceStory()].alerts.append(String(reflecting: copy))
            }
        }
        return stories
    }

    private static let anyDevice = DeviceID(rawValue: 0)

    private func neutral(_ closed: EngineStep.Closed, _ signals: [SignalID]) -> EngineStep.Closed {
        var copy = closed
        copy.frame.device = Self.anyDevice
        copy.assessment.device = Self.anyDevice
        for index in copy.frame.summaries.indices {
            copy.frame.summaries[index].signal = neutral(
                copy.frame.summaries[index].signal, signals)
        }
        for index in copy.assessment.signals.indices {
            copy.assessment.signals[index].signal = neutral(
                copy.assessment.signals[index].signal, signals)
        }
        for index in copy.assessment.qualityChanges.indices {
            copy.assessment.qualityChanges[index].signal = neutral(
                copy.assessment.qualityChanges[index].signal, signals)
        }
        for index in copy.risks.indices {
            copy.risks[index].leading = copy.risks[index].leading.map { neutral($0, signals) }
        }
        return copy
    }

    /// The signal's place among its device's signals instead of among all.
    private func neutral(_ signal: SignalID, _ signals: [SignalID]) -> SignalID {
        SignalID(rawValue: Int32(signals.firstIndex(of: signal) ?? -1))
    }
}

/// The run said what was expected about every device in `devices` (all of them when `nil`).
func expectSameStories(
    _ found: EngineRun, _ expected: [String: DeviceStory], devices: [String]? = nil,
    _ note: Comment, sourceLocation: SourceLocation = #_sourceLocation
) {
    let left = found.stories
    let right = expected
    let names = devices ?? right.keys.sorted()
    if devices == nil { #expect(left.keys.sorted() == names, note, sourceLocation: sourceLocation) }
    for name in names {
        guard let one = left[name], let other = right[name] else {
            Issue.record("no story of \(name): \(note)", sourceLocation: sourceLocation)
            continue
        }
        for (part, path) in [
            ("windows", \DeviceStory.windows), ("changes", \.changes),
            ("decisions", \.decisions), ("alerts", \.alerts),
        ] {
            expectSame(
                one[keyPath: path], other[keyPath: path], "\(name) \(part): \(note)",
                sourceLocation: sourceLocation)
        }
    }
}

/// Reports the first difference only: the texts are long.
func expectSame(
    _ found: [String], _ expected: [String], _ note: Comment,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard found != expected else { return }
    let place = zip(found, expected).enumerated().first { $1.0 != $1.1 }
    let detail =
        place.map { "at \($0.offset): \($0.element.0) is not \($0.element.1)" }
        ?? "\(found.count) entries, not \(expected.count)"
    Issue.record("\(note): \(detail)", sourceLocation: sourceLocation)
}
