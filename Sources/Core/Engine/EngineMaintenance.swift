import Detection
import Primitives
import Prognosis
package import Tickets
import Windows

/// Maintenance events as input.
///
/// An event waits for its own time and is taken before the first line that reaches it, or at the
/// first tick that does. Like a decision it begins a step of its own. What it changes about a
/// device's windows is decided by their times (``MaintenanceDesk/pass(_:)``), so it is the same
/// however late the event was told.
extension TelemetryEngine {
    /// Events that may wait for their time.
    static let waitingEventsMost = 100_000

    /// Takes in the events of a history beside a recording. With `continues` those that the
    /// restored state has taken already are left out.
    package mutating func schedule(_ events: [MaintenanceEvent], continues: Bool) {
        let taken = continues ? reached : .distantPast
        let commands = events.filter { $0.time > taken }.map {
            OperatorCommand(id: 0, action: .maintenance($0), by: "replay", note: $0.note)
        }
        waitingEvents.append(commands)
    }

    /// Takes all events that wait, whatever their time: the recording has ended.
    package mutating func takeRest(emit: (EngineStep) -> Void) {
        takeEvents(through: .distantFuture, emit: emit)
    }

    mutating func wait(for command: OperatorCommand, _ event: MaintenanceEvent) {
        guard waitingEvents.count < Self.waitingEventsMost else {
            counters.maintenanceRefused += 1
            pending.commands.append(
                AppliedCommand(command: command, refusal: .tooManyEvents))
            return
        }
        waitingEvents.insert(command, event)
    }

    mutating func takeEvents(through time: Timestamp, emit: (EngineStep) -> Void) {
        guard waitingEvents.next <= time else { return }
        seal(emit: emit)
        for command in waitingEvents.take(through: time) {
            applyNow(command, at: time)
            if pending.commands.last?.refusal == nil {
                counters.maintenanceTaken += 1
            } else {
                counters.maintenanceRefused += 1
            }
        }
        seal(emit: emit)
    }

    /// What the event does at once: tickets about lives that have ended are closed.
    mutating func take(
        _ event: MaintenanceEvent, _ command: OperatorCommand
    ) throws(CommandRefusal) {
        let device = registry.device(named: event.device)
        let effect = try maintenance.take(event, of: device)
        guard let device else { return }
        for component in effect.restarted {
            close(component, of: device, because: .closedByMaintenance, event, command)
        }
        guard effect.retires else { return }
        for component in 0..<desk.componentCount(of: device) {
            close(component, of: device, because: .retired, event, command)
        }
        let known = self.known
        let change = silence.retire(device, at: event.time, command) { known.listening(to: $0) }
        if let change { pending.changes.append(change) }
    }

    private mutating func close(
        _ component: Int, of device: DeviceID, because reason: TicketReason,
        _ event: MaintenanceEvent, _ command: OperatorCommand
    ) {
        let change = desk.close(component, of: device, at: event.time, because: reason, command)
        if let change { pending.changes.append(change) }
    }

    /// Lets a window pass the device's events. Components whose life begins start over before it is
    /// judged. Returns why it is not judged, if it is not.
    mutating func pass(_ frame: WindowFrame) -> TicketReason? {
        let passage = maintenance.pass(frame)
        for component in passage.restarted {
            detector.restart(component, of: frame.device)
            prognosticator.restart(component, of: frame.device)
            desk.startOver(component, of: frame.device)
        }
        if passage.isRetired { return .retired }
        return passage.isInWork ? .inWork : nil
    }
}

/// Maintenance events that wait for their time, in order.
struct WaitingEvents: Sendable {
    private typealias Waiting = (event: MaintenanceEvent, command: OperatorCommand)

    /// Descending, so that the next ones are taken off the end.
    private var commands: [Waiting] = []
    /// Time of the next one.
    private(set) var next = Timestamp.distantFuture

    var count: Int { commands.count }

    mutating func append(_ new: [OperatorCommand]) {
        for command in new {
            guard case .maintenance(let event) = command.action else { continue }
            commands.append((event, command))
        }
        commands.sort { Self.isAfter($0, $1) }
        next = commands.last?.event.time ?? .distantFuture
    }

    mutating func insert(_ command: OperatorCommand, _ event: MaintenanceEvent) {
        var low = 0
        var high = commands.count
        while low < high {
            let middle = (low + high) / 2
            if Self.isAfter(commands[middle], (event, command)) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        commands.insert((event, command), at: low)
        next = commands.last?.event.time ?? .distantFuture
    }

    private static func isAfter(_ left: Waiting, _ right: Waiting) -> Bool {
        left.event.isSame(as: right.event)
            ? left.command.id > right.command.id : right.event < left.event
    }

    mutating func take(through time: Timestamp) -> [OperatorCommand] {
        var taken: [OperatorCommand] = []
        while let last = commands.last, last.event.time <= time {
            taken.append(last.command)
            commands.removeLast()
        }
        next = commands.last?.event.time ?? .distantFuture
        return taken
    }
}
