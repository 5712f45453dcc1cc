package import Primitives

/// What is remembered of a ticket that is open, or was the last one of its component.
package struct OpenTicket: Equatable, Sendable {
    /// What people have done about it so far.
    package enum Handling: UInt8, CaseIterable, Sendable {
        case untouched = 0
        case acknowledged = 1
        case planned = 2
    }

    package var id: String
    package var revision: Int
    package var severity: Severity
    package var firstSeen: Timestamp
    package var openedAt: Timestamp
    /// Never runs backwards: an operator's change is stamped with the time of its tick, which may
    /// be later than the end of the window that is judged next.
    package var lastChange: Timestamp
    package var reason: TicketReason
    package var handling = Handling.untouched
    /// Risk and median remaining life at the last change, to tell what is material.
    package var risk: Double?
    package var expectedFailure: Timestamp?
    /// Running time without the condition.
    package var absentFor = TimeSpan.zero
    /// Since when a lower severity would do.
    package var lowerSince: Timestamp?
    package var recoveredAt: Timestamp?

    init(
        id: String, severity: Severity, firstSeen: Timestamp, openedAt: Timestamp,
        reason: TicketReason, risk: Double? = nil, expectedFailure: Timestamp? = nil
    ) {
        self.id = id
        revision = 1
        self.severity = severity
        self.firstSeen = firstSeen
        self.openedAt = openedAt
        lastChange = openedAt
        self.reason = reason
        self.risk = risk
        self.expectedFailure = expectedFailure
    }

    /// Counts a change that happens at `time`.
    mutating func revise(at time: Timestamp) {
        revision += 1
        lastChange = max(lastChange, time)
    }

    /// Takes an operator's decision about this open ticket at `time`; closing is the caller's
    /// business beyond the count.
    mutating func take(
        _ action: OperatorCommand.Action, at time: Timestamp
    ) throws(CommandRefusal) -> (kind: TicketChange.Kind, reason: TicketReason) {
        switch action {
        case .acknowledge:
            guard handling == .untouched else { throw .alreadyAcknowledged }
            handling = .acknowledged
            revise(at: time)
            return (.acknowledged, .acknowledgedByOperator)
        case .plan:
            handling = .planned
            revise(at: time)
            return (.planned, .plannedByOperator)
        case .close:
            revise(at: time)
            return (.closed, .closedByOperator)
        case .reopen: throw .alreadyOpen
        case .shelve, .unshelve, .maintenance:
            preconditionFailure("BUG: no command about a ticket")
        }
    }
}

extension OpenTicket {
    func encode(into state: inout StateWriter) {
        state.put(id)
        state.put(revision)
        state.put(severity.rawValue)
        state.put(firstSeen)
        state.put(openedAt)
        state.put(lastChange)
        state.put(reason.rawValue)
        state.put(handling.rawValue)
        state.put(risk) { $0.put($1) }
        state.put(expectedFailure) { $0.put($1) }
        state.put(absentFor)
        state.put(lowerSince) { $0.put($1) }
        state.put(recoveredAt) { $0.put($1) }
    }

    init(from state: inout StateReader) throws(StateFailure) {
        id = try state.string()
        revision = try state.int()
        severity = try state.code(Severity.self)
        firstSeen = try state.timestamp()
        openedAt = try state.timestamp()
        lastChange = try state.timestamp()
        reason = try state.word(TicketReason.self)
        handling = try state.code(Handling.self)
        risk = try state.optionalDouble()
        expectedFailure = try state.optionalTimestamp()
        absentFor = try state.timeSpan()
        lowerSince = try state.optionalTimestamp()
        recoveredAt = try state.optionalTimestamp()
        guard revision >= 1 else { throw .invalid("ticket revision") }
    }
}
