import Detection
package import Primitives
import Prognosis

/// The life of the tickets of one component of one device: at most one is open at any time.
///
/// A struct that takes evidence and returns a decision; composing the ticket's text and writing it
/// down are others' business.
package struct TicketMachine: Equatable, Sendable {
    package struct Decision: Equatable, Sendable {
        /// `nil` when nothing changes.
        package var kind: TicketChange.Kind?
        package var reason: TicketReason
        package var previousSeverity: Severity?
    }

    package private(set) var open: OpenTicket?
    /// The last ticket that was closed, until another one opens: it can be reopened.
    package private(set) var closed: OpenTicket?
    /// Set when a person closed it while its condition stood: the condition must clear, worsen or
    /// last before another ticket opens.
    private var disarmed: Disarmed?
    private var alarms = 0
    private var trips = 0
    /// First window of the present condition.
    private var pendingSince: Timestamp?
    /// Prognoses in a row that call for a ticket.
    private var confirmations = 0

    /// The memory of a ticket that a person closed.
    private struct Disarmed: Equatable, Sendable {
        var at: Timestamp
        var severity: Severity
        /// Running time without the condition.
        var absentFor = TimeSpan.zero
    }

    package init() {}

    /// Prognoses in a row that must agree before risk alone opens a ticket.
    static let riskConfirmations = 2

    /// Takes the evidence of one window. `identify` derives a new ticket's id from the event time
    /// of the first window that raised it.
    package mutating func decide(
        _ evidence: TicketEvidence, policy: TicketPolicy, identify: (Timestamp) -> String
    ) -> Decision {
        if evidence.pause > .zero { passSilence(of: evidence.pause) }
        confirm(evidence, policy: policy)
        // What happens while a person is at the machine is no evidence, neither for nor against.
        if let exemption = evidence.exemption ?? (evidence.isShelved ? .shelved : nil) {
            alarms = 0
            trips = 0
            return Decision(kind: nil, reason: exemption)
        }
        // A machine that is off proves nothing, neither for nor against.
        guard evidence.operating == .running else {
            return Decision(kind: nil, reason: open == nil ? .notRunning : .alreadyOpen)
        }
        // Nor does a component that says nothing: a lost sensor heals no bearing, and a slow one is
        // absent from most windows.
        guard evidence.hasSignals else { return Decision(kind: nil, reason: standing(evidence)) }
        alarms = evidence.condition.zone >= .alarm ? alarms + 1 : 0
        trips = evidence.condition.zone >= .trip ? trips + 1 : 0
        if let decision = closeIfQuiet(evidence, policy: policy) { return decision }
        let trigger = policy.trigger(evidence, alarms: alarms, trips: trips)
        if open != nil { return decideOpen(evidence, policy: policy, trigger: trigger) }
        rearm(evidence, policy: policy, trigger: trigger)
        guard let trigger else {
            if policy.stays(evidence), !evidence.isLearning {
                if pendingSince == nil { pendingSince = evidence.time }
                return Decision(kind: nil, reason: .awaitingPersistence)
            }
            pendingSince = nil
            return Decision(kind: nil, reason: evidence.isLearning ? .learning : .withinNormal)
        }
        if pendingSince == nil { pendingSince = evidence.time }
        if trigger.reason == .persistentDeviation, evidence.hasExplanation {
            return Decision(kind: nil, reason: .explainedByOther)
        }
        if trigger.reason == .failureRisk, confirmations < Self.riskConfirmations {
            return Decision(kind: nil, reason: .awaitingPersistence)
        }
        if let disarmed, trigger.severity <= disarmed.severity {
            return Decision(kind: nil, reason: .recentlyClosed)
        }
        let firstSeen = min(evidence.since ?? evidence.time, pendingSince ?? evidence.time)
        open = OpenTicket(
            id: identify(firstSeen), severity: trigger.severity, firstSeen: firstSeen,
            openedAt: evidence.time, reason: trigger.reason, risk: evidence.risk.probability,
            expectedFailure: expectedFailure(evidence))
        closed = nil
        disarmed = nil
        return Decision(kind: .opened, reason: trigger.reason)
    }

    /// A condition that a person has judged must be gone for the recovery time, or stand for as
    /// long as a recovered ticket would, before it counts as new.
    private mutating func rearm(
        _ evidence: TicketEvidence, policy: TicketPolicy,
        trigger: (reason: TicketReason, severity: Severity)?
    ) {
        guard var memory = disarmed else { return }
        let isAbsent = trigger == nil && !policy.stays(evidence)
        memory.absentFor = isAbsent ? memory.absentFor + evidence.window : .zero
        let isOver =
            memory.absentFor >= policy.settings.recovery
            || evidence.time - memory.at >= policy.settings.closeAfter
        disarmed = isOver ? nil : memory
    }

    /// A silence is no time of quiet: nothing was seen that could have come back.
    private mutating func passSilence(of span: TimeSpan) {
        if let recoveredAt = open?.recoveredAt { open?.recoveredAt = recoveredAt + span }
        if let lowerSince = open?.lowerSince { open?.lowerSince = lowerSince + span }
        if let memory = disarmed { disarmed?.at = memory.at + span }
    }

    private mutating func confirm(_ evidence: TicketEvidence, policy: TicketPolicy) {
        guard evidence.risk.isNew else { return }
        let calls = (evidence.risk.probability ?? 0) >= policy.openRisk
        confirmations = calls ? confirmations + 1 : 0
    }

    /// The reason while nothing new is known: what was last concluded still stands.
    private func standing(_ evidence: TicketEvidence) -> TicketReason {
        if let open {
            let isLeaving = open.recoveredAt == nil && open.absentFor > .zero
            return isLeaving ? .awaitingRecovery : .alreadyOpen
        }
        if evidence.isLearning { return .learning }
        return pendingSince == nil ? .withinNormal : .awaitingPersistence
    }

    private mutating func closeIfQuiet(
        _ evidence: TicketEvidence, policy: TicketPolicy
    ) -> Decision? {
        // A backlog closes nothing: it would open the next one as well.
        guard evidence.judgedLate == nil, var ticket = open,
            let recoveredAt = ticket.recoveredAt,
            evidence.time - recoveredAt >= policy.settings.closeAfter, !policy.stays(evidence)
        else { return nil }
        ticket.revise(at: evidence.time)
        closed = ticket
        open = nil
        pendingSince = nil
        return Decision(kind: .closed, reason: .quietPeriodOver)
    }

    private mutating func decideOpen(
        _ evidence: TicketEvidence, policy: TicketPolicy,
        trigger: (reason: TicketReason, severity: Severity)?
    ) -> Decision {
        guard var ticket = open else { preconditionFailure("BUG: no open ticket") }
        defer { open = ticket }
        guard policy.stays(evidence) || trigger != nil else {
            return absent(&ticket, evidence, policy: policy)
        }
        ticket.absentFor = .zero
        if ticket.recoveredAt != nil {
            // Coming back takes as much as opening did.
            guard let trigger else { return Decision(kind: nil, reason: .awaitingPersistence) }
            let previous = ticket.severity
            ticket.recoveredAt = nil
            ticket.severity = max(previous, trigger.severity)
            ticket.reason = trigger.reason
            return change(
                &ticket, .updated, .conditionReturned, evidence,
                previous: ticket.severity > previous ? previous : nil)
        }
        if let trigger, trigger.severity > ticket.severity {
            let previous = ticket.severity
            ticket.severity = trigger.severity
            ticket.reason = trigger.reason
            ticket.lowerSince = nil
            return change(&ticket, .escalated, .severityRose, evidence, previous: previous)
        }
        if let decision = fall(&ticket, evidence, policy: policy, trigger: trigger) {
            return decision
        }
        guard evidence.risk.isNew, isMaterial(evidence, ticket) else {
            return Decision(kind: nil, reason: .alreadyOpen)
        }
        guard evidence.time - ticket.lastChange >= policy.settings.updateInterval else {
            return Decision(kind: nil, reason: .updateTooSoon)
        }
        return change(&ticket, .updated, .evidenceChanged, evidence)
    }

    /// The condition is absent: recover once it has been for long enough.
    private func absent(
        _ ticket: inout OpenTicket, _ evidence: TicketEvidence, policy: TicketPolicy
    ) -> Decision {
        ticket.absentFor = ticket.absentFor + evidence.window
        ticket.lowerSince = nil
        guard ticket.recoveredAt == nil, ticket.absentFor >= policy.settings.recovery else {
            let reason: TicketReason = ticket.recoveredAt == nil ? .awaitingRecovery : .alreadyOpen
            return Decision(kind: nil, reason: reason)
        }
        ticket.recoveredAt = evidence.time
        return change(&ticket, .recovered, .conditionCleared, evidence)
    }

    /// A lower severity must have been enough for the recovery time before it is believed, and
    /// only evidence that can still date the failure may lower one that was dated.
    private func fall(
        _ ticket: inout OpenTicket, _ evidence: TicketEvidence, policy: TicketPolicy,
        trigger: (reason: TicketReason, severity: Severity)?
    ) -> Decision? {
        guard let trigger, trigger.severity < ticket.severity else {
            ticket.lowerSince = nil
            return nil
        }
        let since = ticket.lowerSince ?? evidence.time
        ticket.lowerSince = since
        guard evidence.time - since >= policy.settings.recovery else { return nil }
        let previous = ticket.severity
        ticket.severity = trigger.severity
        ticket.reason = trigger.reason
        ticket.lowerSince = nil
        return change(&ticket, .deescalated, .severityFell, evidence, previous: previous)
    }

    private func change(
        _ ticket: inout OpenTicket, _ kind: TicketChange.Kind, _ reason: TicketReason,
        _ evidence: TicketEvidence, previous: Severity? = nil
    ) -> Decision {
        ticket.revise(at: evidence.time)
        ticket.risk = evidence.risk.probability
        ticket.expectedFailure = expectedFailure(evidence)
        return Decision(kind: kind, reason: reason, previousSeverity: previous)
    }

    /// Risk moved by 0.2, a date appeared or went, or the expected failure moved by more than half
    /// of what was left.
    private func isMaterial(_ evidence: TicketEvidence, _ ticket: OpenTicket) -> Bool {
        let risk = evidence.risk.probability ?? 0
        if abs(risk - (ticket.risk ?? 0)) >= 0.2 { return true }
        let now = expectedFailure(evidence)
        guard let now, let before = ticket.expectedFailure else {
            return (now == nil) != (ticket.expectedFailure == nil)
        }
        let left = max((before - evidence.time).hours, 12)
        return abs((now - before).hours) > left / 2
    }

    private func expectedFailure(_ evidence: TicketEvidence) -> Timestamp? {
        evidence.risk.remaining.map { evidence.time + $0.p50 }
    }
}

extension TicketMachine {
    /// Takes an operator's decision about the ticket of this id at `time`.
    mutating func apply(
        _ action: OperatorCommand.Action, toTicket id: String, at time: Timestamp
    ) throws(CommandRefusal) -> Decision {
        if var ticket = open, ticket.id == id {
            let (kind, reason) = try ticket.take(action, at: time)
            open = ticket
            if kind == .closed { settle(ticket, at: time) }
            return Decision(kind: kind, reason: reason)
        }
        guard var ticket = closed, ticket.id == id else { throw .noSuchTicket }
        guard case .reopen = action else { throw .alreadyClosed }
        guard open == nil else { throw .anotherIsOpen }
        ticket.revise(at: time)
        ticket.handling = .untouched
        ticket.recoveredAt = nil
        ticket.absentFor = .zero
        ticket.lowerSince = nil
        open = ticket
        closed = nil
        disarmed = nil
        return Decision(kind: .reopened, reason: .reopenedByOperator)
    }

    /// A person has closed the ticket: its condition is known.
    private mutating func settle(_ ticket: OpenTicket, at time: Timestamp) {
        closed = ticket
        open = nil
        pendingSince = nil
        disarmed = Disarmed(at: time, severity: ticket.severity)
    }

    /// Closes what was opened by `time`, as a person would: the component it is about has given way
    /// to another, or its device is no more. `nil` when nothing is open.
    mutating func close(at time: Timestamp, because reason: TicketReason) -> Decision? {
        guard var ticket = open, ticket.openedAt <= time else { return nil }
        ticket.revise(at: time)
        settle(ticket, at: time)
        return Decision(kind: .closed, reason: reason)
    }

    /// The ticket as it stands becomes the change after `revision`.
    mutating func renumber(after revision: Int) {
        open?.revision = revision + 1
        closed?.revision = revision + 1
    }

    /// Forgets the evidence gathered so far: it was about a component that is no longer there. What
    /// a person has closed stays so.
    mutating func startOver() {
        alarms = 0
        trips = 0
        pendingSince = nil
        confirmations = 0
    }
}

extension TicketMachine {
    func encode(into state: inout StateWriter) {
        state.put(open) { $1.encode(into: &$0) }
        state.put(closed) { $1.encode(into: &$0) }
        state.put(disarmed) { state, disarmed in
            state.put(disarmed.at)
            state.put(disarmed.severity.rawValue)
            state.put(disarmed.absentFor)
        }
        state.put(alarms)
        state.put(trips)
        state.put(pendingSince) { $0.put($1) }
        state.put(confirmations)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        self.init()
        open = try state.optional { (state) throws(StateFailure) in
            try OpenTicket(from: &state)
        }
        closed = try state.optional { (state) throws(StateFailure) in
            try OpenTicket(from: &state)
        }
        disarmed = try state.optional { (state) throws(StateFailure) in
            Disarmed(
                at: try state.timestamp(), severity: try state.code(Severity.self),
                absentFor: try state.timeSpan())
        }
        alarms = try state.int()
        trips = try state.int()
        pendingSince = try state.optionalTimestamp()
        confirmations = try state.int()
    }
}
