import Engine
import Foundation
package import Logging
import Platform
package import Primitives
import Store
package import Tickets
import Windows

/// Gives an operator's decision and says what became of it.
///
/// The decision is a row in the store, and the engine takes it at its next tick. When no process
/// writes the state directory, this one does for a moment: it brings the engine back as a start of
/// the daemon would, lets it take every waiting decision without letting time pass, and commits. So
/// there is one way in, whether the daemon runs or not.
package enum OperatorDecision {
    /// How long a running daemon is waited for. It looks for decisions once a second.
    private static let patience: UInt64 = 15_000_000_000
    private static let pause: UInt64 = 50_000_000

    package struct Request: Sendable {
        package var action: OperatorCommand.Action
        /// Who decides; without it, who is logged in.
        package var by: String?
        package var note: String?

        package init(_ action: OperatorCommand.Action, by: String?, note: String?) {
            self.action = action
            self.by = by
            self.note = note
        }
    }

    /// Returns what to print.
    package static func give(
        _ request: Request, stateDirectory: String, configuration: DaemonConfiguration,
        json: Bool, logger: Logger
    ) throws(CommandFailure) -> String {
        do {
            let directory = StateDirectory(reading: stateDirectory)
            try checkSubject(request.action, in: ReadModel(directory), stateDirectory)
            let inbox = try OperatorInbox(directory)
            let id = try inbox.give(
                request.action, by: request.by ?? userName, note: request.note, at: now)
            let isRunning = try !takeHere(stateDirectory, configuration, inbox, logger)
            var fate = OperatorInbox.Fate.waiting
            try look(again: isRunning && isDue(request.action)) {
                fate = try inbox.fate(of: id) ?? .waiting
                return fate != .waiting
            }
            if case .refused(let refusal) = fate, refusal != .alreadyRecorded {
                throw CommandFailure(sentence(refusal, request.action), .findings)
            }
            return json ? document(id, fate) : text(request.action, id, fate)
        } catch {
            throw CommandFailure(because: error)
        }
    }

    /// Gives several decisions together and says what became of them.
    static func give(
        _ actions: [(action: OperatorCommand.Action, note: String?)], by: String?,
        stateDirectory: String, configuration: DaemonConfiguration, logger: Logger
    ) throws -> OperatorInbox.Fates {
        let inbox = try OperatorInbox(StateDirectory(reading: stateDirectory))
        let ids = try inbox.give(actions, by: by ?? userName, at: now)
        guard let first = ids.first, let last = ids.last else { return OperatorInbox.Fates() }
        let isRunning = try !takeHere(stateDirectory, configuration, inbox, logger)
        let early = actions.count { !isDue($0.action) }
        var fates = OperatorInbox.Fates()
        try look(again: isRunning) {
            fates = try inbox.fates(of: first...last)
            return fates.waiting <= early
        }
        return fates
    }

    /// Looks once, or again until what is looked for is seen or nobody would wait any longer: the
    /// daemon's answer is a row, and no signal tells of it.
    private static func look(again: Bool, until isSeen: () throws -> Bool) rethrows {
        let giveUp = MonotonicClock.now() + patience
        while try !isSeen(), again, MonotonicClock.now() < giveUp {
            MonotonicClock.sleep(until: MonotonicClock.now() + pause)
        }
    }

    /// By this machine's clock.
    package static var now: Timestamp { WallClock.now() }

    /// An event that is still to come is not waited for.
    private static func isDue(_ action: OperatorCommand.Action) -> Bool {
        guard case .maintenance(let event) = action else { return true }
        return event.time <= now + .seconds(1)
    }

    /// Takes every waiting decision when nobody else writes this state and it can be taken up as it
    /// was left. `false` when another process has it.
    private static func takeHere(
        _ path: String, _ given: DaemonConfiguration, _ inbox: OperatorInbox, _ logger: Logger
    ) throws -> Bool {
        var configuration = given
        let header = CheckpointFiles(directory: path).newest().header
        if let header { configuration.useEventClock(header.usesEventClock) }
        let state: OpenState
        do {
            state = try OpenState(at: path, configuration: configuration, logger: logger)
        } catch {
            guard error.code == .unavailable else { throw error }
            return false
        }
        // A replay that was interrupted goes on from its own checkpoint; and under another
        // configuration what was learned would not fit and be lost.
        let place = header.flatMap { ReplayPlace($0.input) }
        guard place?.position == nil, try state.matchesConfiguration() else { return true }
        var engine = state.restoration.engine(configuration.runningEngine)
        guard engine.canCheckpoint else { return true }
        var writer = state.writer
        writer.introduce(devices: engine.registry.devices, signals: engine.registry.signals)
        for command in try inbox.waiting(after: 0, limit: .max) { engine.apply(command) }
        var steps: [EngineStep] = []
        engine.flush { steps.append($0) }
        for step in steps { _ = try writer.write(step) }
        try state.checkpoints.write(engine.checkpoint(input: header?.input ?? ""))
        _ = state.delivery.run(isLast: true)
        return true
    }

    /// Says at once when the ticket or device does not exist, before anything is written.
    private static func checkSubject(
        _ action: OperatorCommand.Action, in model: ReadModel, _ path: String
    ) throws {
        switch action {
        case .acknowledge(let id), .plan(let id, _), .close(let id, _, _), .reopen(let id):
            guard try model.ticket(id) != nil else { throw TicketReport.unknown(id, path) }
        case .shelve(let device, _), .unshelve(let device):
            guard try !model.devices(named: device).isEmpty else {
                throw FleetReport.unknown(device, path)
            }
        // A device may have a history before it sends anything.
        case .maintenance: break
        }
    }

    private static var userName: String {
        let environment = ProcessInfo.processInfo.environment
        return environment["SUDO_USER"] ?? environment["USER"] ?? NSUserName()
    }

    private static func document(_ id: Int64, _ fate: OperatorInbox.Fate) -> String {
        var json = JSONText()
        json.object { json in
            json.member("decision", id)
            switch fate {
            case .applied: json.member("fate", "applied")
            case .waiting: json.member("fate", "waiting")
            case .refused(let refusal): json.member("fate", refusal.rawValue)
            }
        }
        return json.text
    }

    private static func text(
        _ action: OperatorCommand.Action, _ id: Int64, _ fate: OperatorInbox.Fate
    ) -> String {
        switch (fate, action) {
        case (_, .maintenance(let event)): return text(event, id, fate)
        case (.applied, .acknowledge(let ticket)): return "Ticket \(ticket) is acknowledged."
        case (.applied, .plan(let ticket, let time)):
            return "Ticket \(ticket) is planned for \(time.rfc3339)."
        case (.applied, .close(let ticket, let outcome, _)):
            return "Ticket \(ticket) is closed: \(outcome.rawValue)."
        case (.applied, .reopen(let ticket)): return "Ticket \(ticket) is open again."
        case (.applied, .shelve(let device, let duration)):
            return "\(device) is shelved for \(DurationText.text(duration)): no new tickets and "
                + "alerts until then."
        case (.applied, .unshelve(let device)): return "\(device) is no longer shelved."
        case (.waiting, _), (.refused, _):
            return "Noted as decision \(id); it takes effect when forestall runs on this state "
                + "with its configuration."
        }
    }

    private static func text(
        _ event: MaintenanceEvent, _ id: Int64, _ fate: OperatorInbox.Fate
    ) -> String {
        let subject =
            event.component.isEmpty ? event.device : "\(event.component) of \(event.device)"
        let what = "\(event.kind.rawValue) of \(subject) at \(event.time.rfc3339)"
        switch fate {
        case .applied: return "Recorded: \(what)."
        case .refused: return "Recorded before, nothing changed: \(what)."
        case .waiting:
            return "Noted as decision \(id): \(what). It takes effect when forestall runs on this "
                + "state with its configuration and its time has reached the event."
        }
    }

    private static func sentence(
        _ refusal: CommandRefusal, _ action: OperatorCommand.Action
    ) -> String {
        switch refusal {
        case .noSuchTicket:
            "the ticket is closed for good; when its condition returns, a new one opens"
        case .alreadyAcknowledged: "the ticket is acknowledged or planned already"
        case .alreadyClosed: "the ticket is closed - 'forestall tickets reopen' opens it again"
        case .alreadyOpen: "the ticket is open; there is nothing to reopen"
        case .anotherIsOpen: "another ticket is open for the same component"
        case .noSuchDevice: "the daemon does not know this device - see 'forestall devices'"
        case .notShelved: "the device is not shelved"
        case .alreadyRecorded: "the event is recorded already"
        case .tooManyEvents: "too many events wait for their time or their device - see Limits"
        }
    }
}
