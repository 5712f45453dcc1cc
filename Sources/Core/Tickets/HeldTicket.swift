import Primitives

/// A ticket that has changed while a backlog was judged, and what was last told of it.
///
/// A backlog is history: what became of a ticket in it, step by step, helps nobody any more. One
/// change tells all of it, when the device's windows are news again or ``BacklogPolicy`` says that
/// it has waited long enough.
struct HeldTicket: Equatable, Sendable {
    var told: OpenTicket
    /// When the first change that was not told was decided, on the clock of the gateway.
    var since: Timestamp

    /// The change that leads from what was told to `now`.
    func change(to now: OpenTicket) -> TicketMachine.Decision {
        let kind: TicketChange.Kind
        let reason: TicketReason
        if (now.recoveredAt == nil) != (told.recoveredAt == nil) {
            (kind, reason) =
                now.recoveredAt == nil
                ? (.updated, .conditionReturned) : (.recovered, .conditionCleared)
        } else if now.severity != told.severity {
            (kind, reason) =
                now.severity > told.severity
                ? (.escalated, .severityRose) : (.deescalated, .severityFell)
        } else {
            (kind, reason) = (.updated, .evidenceChanged)
        }
        return TicketMachine.Decision(
            kind: kind, reason: reason,
            previousSeverity: now.severity == told.severity ? nil : told.severity)
    }
}

extension HeldTicket {
    func encode(into state: inout StateWriter) {
        told.encode(into: &state)
        state.put(since)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        told = try OpenTicket(from: &state)
        since = try state.timestamp()
    }
}
