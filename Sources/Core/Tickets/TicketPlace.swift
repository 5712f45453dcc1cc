import Detection
import Primitives

/// What is known about the tickets of one component of a device.
struct TicketPlace: Sendable {
    var policy: TicketPolicy
    var machine = TicketMachine()
    var lastReason: TicketReason?
    /// The ticket as last written: what an operator's change is about.
    var latest: Ticket?
    /// Set while the ticket has changed without anybody being told.
    var held: HeldTicket?

    init(policy: TicketPolicy) {
        self.policy = policy
    }

    /// What is told of a decision that was made while the ticket stood as `before`; `nil` when
    /// nothing is. In a backlog the opening is told at once and the rest waits.
    mutating func tell(
        _ decision: TicketMachine.Decision, before: OpenTicket?, judgedLate: Timestamp?
    ) -> TicketMachine.Decision? {
        if let judgedLate, decision.kind != .opened {
            if held == nil, decision.kind != nil, let before {
                held = HeldTicket(told: before, since: judgedLate)
            }
            return nil
        }
        guard let held = takeHeld() else { return decision.kind == nil ? nil : decision }
        guard decision.kind != .closed, let open = machine.open else { return decision }
        return held.change(to: open)
    }

    /// The ticket as it stands is told now, as the one change after what was told.
    mutating func takeHeld() -> HeldTicket? {
        defer { held = nil }
        if let held { machine.renumber(after: held.told.revision) }
        return held
    }
}

extension TicketPlace {
    func encode(into state: inout StateWriter) {
        machine.encode(into: &state)
        state.put(lastReason) { $0.put($1.rawValue) }
        state.put(latest) { $1.encode(into: &$0) }
        state.put(held) { $1.encode(into: &$0) }
    }

    /// - Parameter knowsHeld: false for what was written before there were held tickets.
    mutating func restore(
        from state: inout StateReader, advice: ComponentAdvice, knowsHeld: Bool
    ) throws(StateFailure) {
        machine = try TicketMachine(from: &state)
        lastReason = try state.optional { (state) throws(StateFailure) in
            try state.word(TicketReason.self)
        }
        latest = try state.optional { (state) throws(StateFailure) in
            try Ticket(from: &state, advice: advice)
        }
        guard knowsHeld else { return }
        held = try state.optional { (state) throws(StateFailure) in
            try HeldTicket(from: &state)
        }
    }
}
