import Tickets
import Windows

@testable import Engine

extension Registry {
    /// A step as the store would give it back.
    ///
    /// - Parameter classes: the class of a device by the measurement of its first signal; all are
    ///   pumps without it.
    func recorded(_ step: EngineStep, classes: [String: String] = [:]) -> RecordedStep {
        RecordedStep(
            sequence: step.sequence, advancedTo: step.advancedTo,
            commands: step.commands.filter { $0.refusal == nil }.map(\.command),
            frames: step.closed.map { closed in
                let device = self[closed.frame.device]
                let measurement = device.signals.first.map { self[$0].name.prefix { $0 != "." } }
                return RecordedFrame(
                    device: device.name, deviceClass: classes[String(measurement ?? "")] ?? "pump",
                    attributes: device.attributes,
                    firstSeen: device.firstSeen, start: closed.frame.start, end: closed.frame.end,
                    judgedLate: closed.judgedLate,
                    rows: closed.frame.summaries.map {
                        RecordedFrame.Row(signal: self[$0.signal].name, summary: $0)
                    })
            },
            silences: step.changes.filter { $0.ticket.component == "telemetry" }.map { change in
                RecordedSilence(
                    ticket: change.ticket.id, revision: change.revision, kind: change.kind,
                    time: change.time, reason: change.reason, device: change.ticket.device,
                    failure: TelemetryFailure(rawValue: change.ticket.failureMode) ?? .silent,
                    firstSeen: change.ticket.firstSeen, openedAt: change.ticket.openedAt)
            })
    }
}
