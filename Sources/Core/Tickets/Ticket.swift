package import Primitives

/// How soon somebody must act.
package enum Severity: UInt8, Comparable, CaseIterable, Sendable {
    /// Plan it when convenient.
    case advice = 0
    /// Plan it now.
    case warning = 1
    /// The part and the technician will barely be there in time.
    case urgent = 2

    package static func < (left: Severity, right: Severity) -> Bool {
        left.rawValue < right.rawValue
    }

    package var name: String {
        switch self {
        case .advice: return "advice"
        case .warning: return "warning"
        case .urgent: return "urgent"
        }
    }
}

/// A service ticket as it stands: everything the person who acts on it needs.
package struct Ticket: Equatable, Sendable {
    package struct Attribute: Equatable, Sendable {
        package var key: String
        package var value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// One signal that speaks for the ticket.
    package struct Evidence: Equatable, Sendable {
        package var signal: String
        package var unit: String?
        package var value: Double
        /// What the signal's own baseline expects under the present load; `nil` without one.
        package var baseline: Double?
        /// `value - baseline`
        package var change: Double?
        /// Share of this signal in the evidence, in [0, 1].
        package var contribution: Double
        package var since: Timestamp?
    }

    /// 16 hexadecimal digits, derived from device, component, failure mode and ``firstSeen``.
    package var id: String
    package var device: String
    package var deviceClass: String
    package var attributes: [Attribute]
    package var component: String
    package var failureMode: String
    package var severity: Severity
    /// 0...100; `nil` when the ticket is not about the machine's condition.
    package var health: Double?
    package var risk: Double?
    package var horizon: TimeSpan?
    package var remaining: RemainingLifeSeconds?
    package var firstSeen: Timestamp
    package var openedAt: Timestamp
    package var serviceBy: Timestamp?
    /// A sentence for people.
    package var sentence: String
    package var evidence: [Evidence]
    package var advice: ComponentAdvice
    /// Expected cost of waiting out the horizon, and of acting now.
    package var costOfWaiting: Double?
    package var costOfActing: Double?
    package var model: Model

    package struct RemainingLifeSeconds: Equatable, Sendable {
        package var p05: Double
        package var p50: Double
        package var p95: Double?
    }

    package struct Model: Equatable, Sendable {
        package var name: String
        package var version: String
    }
}

/// One event in a ticket's life: the unit of delivery.
package struct TicketChange: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case opened
        case updated
        case escalated
        case deescalated
        case recovered
        case acknowledged
        case planned
        case closed
        case reopened
    }

    package var ticket: Ticket
    /// 1, 2, ...
    package var revision: Int
    package var kind: Kind
    /// Event time.
    package var time: Timestamp
    package var previousSeverity: Severity?
    package var reason: TicketReason
    /// Set when a person made the change.
    package var operatorNote: OperatorNote?

    /// What a person said with a change.
    package struct OperatorNote: Equatable, Sendable {
        package var by: String
        package var plannedFor: Timestamp?
        package var outcome: CloseOutcome?
        package var part: String?
        package var note: String?

        init(_ command: OperatorCommand) {
            by = command.by
            note = command.note
            switch command.action {
            case .plan(_, let time): plannedFor = time
            case .close(_, let outcome, let part):
                self.outcome = outcome
                self.part = part
            case .maintenance(let event): part = event.part
            case .acknowledge, .reopen, .shelve, .unshelve: break
            }
        }
    }

    /// `<ticket>-<revision>`: idempotency key, CloudEvents id and spool file name.
    package var id: String { "\(ticket.id)-\(revision)" }
}
