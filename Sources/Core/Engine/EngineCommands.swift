import Primitives
package import Tickets
import Windows

/// The time a device is shelved for: no new alerts and tickets about windows in it.
struct Shelf: Equatable, Sendable {
    var from: Timestamp
    /// Exclusive.
    var until: Timestamp

    func covers(_ frame: WindowFrame) -> Bool { frame.end > from && frame.start < until }
    func covers(_ time: Timestamp) -> Bool { time >= from && time < until }
}

/// Operators' decisions as input.
///
/// They wait for the next tick and begin a step of their own there, so that the order in which a
/// step is folded again is always the same: commands, then windows.
extension TelemetryEngine {
    /// Takes a decision in; it is applied at the next tick, in order of ids, a maintenance event
    /// when time has reached it.
    package mutating func apply(_ command: OperatorCommand) {
        if case .maintenance(let event) = command.action {
            wait(for: command, event)
        } else {
            waitingCommands.append(command)
        }
    }

    mutating func applyCommands(emit: (EngineStep) -> Void) {
        takeEvents(through: reached, emit: emit)
        guard !waitingCommands.isEmpty else { return }
        seal(emit: emit)
        let commands = waitingCommands.sorted { $0.id < $1.id }
        waitingCommands = []
        for command in commands { applyNow(command, at: reached) }
    }

    mutating func applyNow(_ command: OperatorCommand, at time: Timestamp) {
        var applied = AppliedCommand(command: command)
        do throws(CommandRefusal) {
            switch command.action {
            case .acknowledge(let ticket), .plan(let ticket, _), .close(let ticket, _, _),
                .reopen(let ticket):
                pending.changes.append(try change(command, ticket: ticket, at: time))
            case .shelve(let name, let duration):
                try shelve(name, from: time, for: duration)
            case .unshelve(let name): try unshelve(name, at: time)
            case .maintenance(let event): try take(event, command)
            }
        } catch {
            applied.refusal = error
        }
        pending.commands.append(applied)
    }

    private mutating func change(
        _ command: OperatorCommand, ticket: String, at time: Timestamp
    ) throws(CommandRefusal) -> TicketChange {
        do {
            return try desk.apply(command, toTicket: ticket, at: time)
        } catch .noSuchTicket {
            let known = self.known
            return try silence.apply(command, toTicket: ticket, at: time) {
                known.listening(to: $0)
            }
        }
    }

    private mutating func shelve(
        _ name: String, from time: Timestamp, for duration: TimeSpan
    ) throws(CommandRefusal) {
        guard let device = registry.device(named: name) else { throw .noSuchDevice }
        shelves[device.index] = Shelf(from: time, until: time + duration)
    }

    private mutating func unshelve(
        _ name: String, at time: Timestamp
    ) throws(CommandRefusal) {
        guard let device = registry.device(named: name) else { throw .noSuchDevice }
        guard var shelf = shelves[device.index], shelf.covers(time) else { throw .notShelved }
        shelf.until = time
        shelves[device.index] = shelf
    }
}
