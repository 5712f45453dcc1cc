package import Primitives

/// A decision of a person. It enters the engine as input, through the same door as data: commands
/// are applied in order of their ids at the next tick, and the step they are applied in says so.
package struct OperatorCommand: Equatable, Sendable {
    package enum Action: Equatable, Sendable {
        /// Somebody has seen it.
        case acknowledge(ticket: String)
        /// Somebody has promised to be there at a time.
        case plan(ticket: String, at: Timestamp)
        case close(ticket: String, outcome: CloseOutcome, part: String?)
        /// The closed ticket was right after all.
        case reopen(ticket: String)
        /// No new alerts or tickets about a device for a while (ISA-18.2: shelved).
        case shelve(device: String, duration: TimeSpan)
        case unshelve(device: String)
        /// Something was done to a device, or happened to it. Unlike the others it waits for its
        /// own time, and it is taken before them.
        case maintenance(MaintenanceEvent)
    }

    /// Ascending in order of giving; unique in a state directory. 0 for an event that a replay was
    /// given beside its recording.
    package var id: Int64
    package var action: Action
    /// Who gave it; for the record only.
    package var by: String
    /// What the person added: a note, or the reason for shelving.
    package var note: String?

    package init(id: Int64, action: Action, by: String, note: String? = nil) {
        self.id = id
        self.action = action
        self.by = by
        self.note = note
    }
}

/// What a visit, or the decision against one, has shown.
package enum CloseOutcome: String, CaseIterable, Sendable {
    /// The fault was there, and was repaired.
    case confirmed
    /// The wear was there, and the component was replaced before it failed.
    case prevented
    /// Nothing was wrong.
    case noFaultFound = "no_fault_found"
    /// Something else was wrong.
    case wrongComponent = "wrong_component"
    case partUnavailable = "part_unavailable"
    /// Another ticket is about the same thing.
    case duplicate
    case customerDeclined = "customer_declined"
}

/// Why a command changed nothing.
package enum CommandRefusal: String, CaseIterable, Error, Sendable {
    /// No ticket of that id is open, or was the last one of its component.
    case noSuchTicket = "no_such_ticket"
    case alreadyAcknowledged = "already_acknowledged"
    case alreadyClosed = "already_closed"
    /// The ticket is open: there is nothing to reopen.
    case alreadyOpen = "already_open"
    /// Another ticket is open for the same component: one problem, one ticket.
    case anotherIsOpen = "another_is_open"
    case noSuchDevice = "no_such_device"
    case notShelved = "not_shelved"
    /// The history has this event: same time, device, component and kind.
    case alreadyRecorded = "already_recorded"
    /// More events wait for their time, their device or its next window than are kept.
    case tooManyEvents = "too_many_events"
}

/// What became of a command.
package struct AppliedCommand: Equatable, Sendable {
    package var command: OperatorCommand
    /// `nil` when it took effect.
    package var refusal: CommandRefusal?

    package init(command: OperatorCommand, refusal: CommandRefusal? = nil) {
        self.command = command
        self.refusal = refusal
    }
}
