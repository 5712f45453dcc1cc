import Primitives
import Windows

@testable import Detection
@testable import Prognosis
@testable import Tickets

/// What can be said about a component in one window, as the tests tell it.
enum Said: CaseIterable, Hashable {
    case quiet
    /// Below every opening threshold, above those at which an open ticket stays.
    case uneasy
    case deviationShort
    case deviationLong
    case loneDeviationLong
    case explained
    case riskBelow
    /// Likely within the horizon, median beyond it.
    case riskAdvice
    case riskWarning
    case riskUrgent
    /// As warning, but the lower bound is within the lead time and the alarm limit is crossed.
    case riskNearAlarm
    case riskUndated
    case alarm
    case trip
    case learning
    case learningAlarm
    case transient
    case off
    /// Running, but no believable reading of the component's signals.
    case silent
    /// Tripped while the device is shelved.
    case shelved
    /// Tripped while the device is in work.
    case inWork
    /// Tripped, of a retired device.
    case retired

    /// Nothing can be concluded from these.
    var saysNothing: Bool {
        [.off, .transient, .silent, .shelved, .inWork, .retired].contains(self)
    }

    /// Running, and without the condition of an open ticket.
    var isAbsence: Bool { [.quiet, .learning].contains(self) }
}

/// One component's evidence over time, in windows of one hour. Lead time two days, horizon
/// fourteen, opening at a risk of 0.3.
struct Scene {
    static let start = Timestamp(seconds: 1_767_571_200)
    static let window = TimeSpan.hours(1)
    static let advice = ComponentAdvice(component: "bearing", failureMode: "VIB")

    var machine = TicketMachine()
    var time = Scene.start
    /// Set while windows are of a backlog.
    var judgedLate: Timestamp?
    var policy = TicketPolicy(
        settings: TicketPolicySettings(), advice: Scene.advice, isGeneric: false)

    static func risk(
        _ probability: Double? = nil, p05: TimeSpan = .days(1), p50: TimeSpan? = nil,
        p95: TimeSpan? = .days(60), isNew: Bool = true
    ) -> ComponentRisk {
        ComponentRisk(
            component: 0, reason: probability == nil ? .noTrend : .trendToLimit,
            horizon: .days(14), probability: probability,
            remaining: p50.map { RemainingLife(p05: min(p05, $0), p50: $0, p95: p95) },
            leading: nil, isNew: isNew)
    }

    static func condition(
        raw: Double = 0, signals: Int = 0, zone: LimitZone = .within, current: Double? = nil
    ) -> ComponentCondition {
        ComponentCondition(
            component: 0, degradation: 0, raw: raw, current: current ?? raw,
            deviatingSignals: signals, zone: zone, evidence: [])
    }

    func evidence(_ said: Said) -> TicketEvidence {
        var evidence = TicketEvidence(
            time: time, window: Self.window, operating: .running, isLearning: false,
            condition: Self.condition(), risk: Self.risk(), since: nil)
        evidence.judgedLate = judgedLate
        switch said {
        case .quiet: break
        case .uneasy: evidence.condition = Self.condition(raw: 3.5, signals: 1)
        case .deviationShort:
            evidence.condition = Self.condition(raw: 7, signals: 2)
            evidence.since = time - .hours(3)
        case .deviationLong, .explained:
            evidence.condition = Self.condition(raw: 7, signals: 2)
            evidence.since = time - .hours(25)
            evidence.hasExplanation = said == .explained
        case .loneDeviationLong:
            evidence.condition = Self.condition(raw: 11, signals: 1)
            evidence.since = time - .hours(49)
        case .riskBelow: evidence.risk = Self.risk(0.2, p50: .days(30))
        case .riskAdvice: evidence.risk = Self.risk(0.4, p50: .days(20))
        case .riskWarning: evidence.risk = Self.risk(0.6, p50: .days(8))
        case .riskUrgent: evidence.risk = Self.risk(0.95, p50: .days(1))
        case .riskNearAlarm:
            evidence.risk = Self.risk(0.6, p50: .days(8))
            evidence.condition = Self.condition(raw: 9, signals: 1, zone: .alarm)
        case .riskUndated: evidence.risk = Self.risk(0.9)
        case .alarm: evidence.condition = Self.condition(raw: 5, signals: 1, zone: .alarm)
        case .trip: evidence.condition = Self.condition(raw: 9, signals: 1, zone: .trip)
        case .learning: evidence.isLearning = true
        case .learningAlarm:
            evidence.isLearning = true
            evidence.condition = Self.condition(zone: .alarm)
        case .transient: evidence.operating = .transient
        case .off: evidence.operating = .off
        case .silent: evidence.hasSignals = false
        case .shelved:
            evidence.isShelved = true
            evidence.condition = Self.condition(raw: 9, signals: 1, zone: .trip)
        case .inWork, .retired:
            evidence.exemption = said == .inWork ? .inWork : .retired
            evidence.condition = Self.condition(raw: 9, signals: 1, zone: .trip)
        }
        if said.saysNothing { evidence.risk.isNew = false }
        return evidence
    }

    @discardableResult mutating func feed(_ said: Said, times count: Int = 1)
        -> TicketMachine.Decision
    {
        var decision: TicketMachine.Decision?
        for _ in 0..<count {
            time = time + Self.window
            decision = machine.decide(evidence(said), policy: policy) {
                "ticket of \($0.nanoseconds)"
            }
        }
        guard let decision else { preconditionFailure("BUG: nothing fed") }
        return decision
    }

    /// Takes an operator's decision about the open or else the closed ticket; the refusal, if any.
    mutating func take(_ decision: Decided) -> CommandRefusal? {
        let id = machine.open?.id ?? machine.closed?.id ?? "none"
        do throws(CommandRefusal) {
            _ = try machine.apply(decision.action(id), toTicket: id, at: time)
            return nil
        } catch {
            return error
        }
    }

    /// Feeds a history, `said` so many times each.
    static func after(_ history: [(Said, Int)]) -> Scene {
        var scene = Scene()
        for (said, count) in history { scene.feed(said, times: count) }
        return scene
    }
}

/// What an operator can decide about a ticket.
enum Decided: CaseIterable {
    case acknowledge
    case plan
    case close
    case reopen

    func action(_ ticket: String) -> OperatorCommand.Action {
        switch self {
        case .acknowledge: .acknowledge(ticket: ticket)
        case .plan: .plan(ticket: ticket, at: Scene.start + .days(30))
        case .close: .close(ticket: ticket, outcome: .confirmed, part: nil)
        case .reopen: .reopen(ticket: ticket)
        }
    }
}
