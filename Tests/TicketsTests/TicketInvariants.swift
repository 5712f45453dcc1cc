import Primitives

@testable import Prognosis
@testable import Tickets

/// What must hold of every decision, whatever was said before. Tells what is wrong, or `nil`.
enum TicketInvariants {
    typealias Kind = TicketChange.Kind

    /// Which reasons go with which change; `nil` is no change.
    static let reasons: [(kind: Kind?, reasons: Set<TicketReason>)] = [
        (.opened, [.failureRisk, .alarmLimit, .tripLimit, .persistentDeviation]),
        (.updated, [.evidenceChanged, .conditionReturned]),
        (.escalated, [.severityRose]),
        (.deescalated, [.severityFell]),
        (.recovered, [.conditionCleared]),
        (.closed, [.quietPeriodOver]),
        (nil, silentWithoutTicket.union(silentWithTicket)),
    ]
    static let silentWithoutTicket: Set<TicketReason> = [
        .learning, .notRunning, .withinNormal, .awaitingPersistence, .explainedByOther, .shelved,
        .inWork, .retired,
        .recentlyClosed,
    ]
    static let silentWithTicket: Set<TicketReason> = [
        .alreadyOpen, .updateTooSoon, .awaitingRecovery, .awaitingPersistence, .shelved, .inWork,
        .retired,
    ]

    static func violation(
        before: TicketMachine, after: TicketMachine, said: Said, evidence: TicketEvidence,
        decision: TicketMachine.Decision, policy: TicketPolicy
    ) -> String? {
        guard
            reasons.first(where: { $0.kind == decision.kind })?.reasons
                .contains(decision.reason) == true
        else { return "\(decision.reason) does not go with \(String(describing: decision.kind))" }
        if said.saysNothing, decision.kind != nil { return "changed by what says nothing" }
        if decision.kind == .closed, after.closed == nil { return "closed without a trace" }
        if after.open != nil, after.closed != nil { return "open beside a closed one" }
        if let open = after.open {
            if open.severity > policy.highestSeverity { return "more severe than allowed" }
            if open.firstSeen > open.openedAt { return "opened before it was seen" }
            if open.id != "ticket of \(open.firstSeen.nanoseconds)" { return "foreign id" }
        }
        let present = decision.kind == .closed ? after.closed : after.open
        let change = (decision.kind, before.open, present)
        switch change {
        case (nil, nil, nil):
            return silentWithoutTicket.contains(decision.reason) ? nil : "no ticket, but its reason"
        case (nil, let old?, let new?):
            if !silentWithTicket.contains(decision.reason) { return "a ticket, but no such reason" }
            return unchanged(old, new) ? nil : "a ticket changed without a word"
        case (.opened?, nil, let new?):
            if new.revision != 1 || new.openedAt != evidence.time { return "opened wrongly" }
            if new.reason != decision.reason { return "opened for another reason" }
            return decision.previousSeverity == nil ? nil : "a new ticket was something before"
        case (let kind?, let old?, let new?) where kind != .opened:
            return changed(kind, old, new, said, evidence, decision, policy)
        default:
            return "from \(String(describing: before.open)) to \(String(describing: after.open))"
        }
    }

    /// Only the machine's own counters may move without a revision.
    private static func unchanged(_ old: OpenTicket, _ new: OpenTicket) -> Bool {
        var old = old
        old.absentFor = new.absentFor
        old.lowerSince = new.lowerSince
        return old == new
    }

    private static func changed(
        _ kind: Kind, _ old: OpenTicket, _ new: OpenTicket, _ said: Said,
        _ evidence: TicketEvidence, _ decision: TicketMachine.Decision, _ policy: TicketPolicy
    ) -> String? {
        if new.revision != old.revision + 1 { return "revision \(old.revision), \(new.revision)" }
        if new.id != old.id || new.firstSeen != old.firstSeen || new.openedAt != old.openedAt {
            return "became another ticket"
        }
        if new.lastChange != evidence.time { return "changed at another time" }
        let moved = old.severity == new.severity ? nil : old.severity
        if decision.previousSeverity != moved { return "severity moved in silence" }
        switch kind {
        case .escalated:
            return new.severity > old.severity ? nil : "not escalated"
        case .deescalated:
            return new.severity < old.severity ? nil : "not deescalated"
        case .recovered:
            if old.recoveredAt != nil { return "recovered twice" }
            if !said.isAbsence && said != .riskBelow { return "recovered by \(said)" }
            return new.recoveredAt == evidence.time ? nil : "recovered at another time"
        case .closed:
            guard let at = old.recoveredAt else { return "closed without recovery" }
            let quiet = evidence.time - at
            return quiet >= policy.settings.closeAfter ? nil : "closed too early"
        default:
            if decision.reason == .conditionReturned {
                return old.recoveredAt != nil && new.recoveredAt == nil ? nil : "did not return"
            }
            let since = evidence.time - old.lastChange
            return since >= policy.settings.updateInterval ? nil : "updated too soon"
        }
    }
}
