import Engine
import Foundation
package import Logging
import Platform
import Primitives
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
                request.action, by: request.by ?? userName, note: request.note, at: WallClock.now())
            let isRunning = try !takeHere(stateDirectory, configuration, inbox, logger)
            var fate = try inbox.fate(of: id) ?? .waiting
            let giveUp = MonotonicClock.now() + patience
            while isRunning, fate == .waiting, MonotonicClock.now() < giveUp {
                MonotonicClock.sleep(until: MonotonicClock.now() + pause)
                fate = try inbox.fate(of: id) ?? .waiting
            }
            if case .refused(let refusal) = fate {
                throw CommandFailure(sentence(refusal, request.action), .findings)
            }
            return json ? document(id, fate) : text(request.action, id, fate)
        } catch let failure as CommandFailure {
            throw failure
        } catch let failure as StoreFailure {
            throw CommandFailure(failure)
        } catch {
            throw CommandFailure("\(error)", .inputOutput)
        }
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
            json.member("fate", fate == .applied ? "applied" : "waiting")
        }
        return json.text
    }

    private static func text(
        _ action: OperatorCommand.Action, _ id: Int64, _ fate: OperatorInbox.Fate
    ) -> String {
        guard fate == .applied else {
            return "Noted as decision \(id); it takes effect when forestall runs on this state "
                + "with its configuration."
        }
        switch action {
        case .acknowledge(let ticket): return "Ticket \(ticket) is acknowledged."
        case .plan(let ticket, let time):
            return "Ticket \(ticket) is planned for \(time.rfc3339)."
        case .close(let ticket, let outcome, _):
            return "Ticket \(ticket) is closed: \(outcome.rawValue)."
        case .reopen(let ticket): return "Ticket \(ticket) is open again."
        case .shelve(let device, let duration):
            return "\(device) is shelved for \(DurationText.text(duration)): no new tickets and "
                + "alerts until then."
        case .unshelve(let device): return "\(device) is no longer shelved."
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
        }
    }
}
