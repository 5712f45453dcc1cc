package import Detection
package import Primitives
package import Prognosis

/// What the evidence about one component says at one window, before any memory of tickets.
package struct TicketEvidence: Equatable, Sendable {
    package var time: Timestamp
    package var window: TimeSpan
    package var operating: OperatingState
    package var isLearning: Bool
    package var condition: ComponentCondition
    package var risk: ComponentRisk
    /// Earliest onset among the component's deviating signals.
    package var since: Timestamp?
    /// Another component of the device has an open ticket of at least severity `warning`.
    package var hasExplanation: Bool
    /// At least one of the component's signals had readings that can be believed.
    package var hasSignals: Bool
    /// Somebody has shelved the device.
    package var isShelved: Bool
    /// Why the window is not judged: the device is in work, or retired.
    package var exemption: TicketReason?
    /// Time before the window in which the device was silent: what is said to last does not last
    /// through it.
    package var pause = TimeSpan.zero
    /// Set for a window of a backlog: the gateway's time when it is judged, long after its end.
    package var judgedLate: Timestamp?

    package init(
        time: Timestamp, window: TimeSpan, operating: OperatingState, isLearning: Bool,
        condition: ComponentCondition, risk: ComponentRisk, since: Timestamp?,
        hasExplanation: Bool = false, hasSignals: Bool = true, isShelved: Bool = false,
        exemption: TicketReason? = nil
    ) {
        self.time = time
        self.window = window
        self.operating = operating
        self.isLearning = isLearning
        self.condition = condition
        self.risk = risk
        self.since = since
        self.hasExplanation = hasExplanation
        self.hasSignals = hasSignals
        self.isShelved = isShelved
        self.exemption = exemption
    }
}

/// The rules: evidence to severity and reason. Pure and without memory; ``TicketMachine`` adds
/// persistence, hysteresis and the one-ticket rule.
package struct TicketPolicy: Equatable, Sendable {
    package var settings: TicketPolicySettings
    package var leadTime: TimeSpan
    /// Probability from which a ticket opens.
    package var openRisk: Double
    /// Devices of no declared class never get more than this.
    package var highestSeverity: Severity
    /// Without a class nobody has said what matters: a lone deviation must be larger.
    package var isGeneric: Bool

    /// Windows in a row a limit must be crossed.
    static let alarmWindows = 3
    static let tripWindows = 2
    /// Smoothed deviations, in baseline standard deviations.
    static let deviationOpens = 6.0
    static let loneDeviationOpens = 10.0
    static let deviationStays = 3.0

    package init(settings: TicketPolicySettings, advice: ComponentAdvice, isGeneric: Bool) {
        self.settings = settings
        self.isGeneric = isGeneric
        leadTime = advice.leadTime
        openRisk = max(settings.openRisk, advice.cost.breakEvenRisk ?? 0)
        highestSeverity = isGeneric ? .warning : .urgent
    }

    /// Why a ticket should be open, and how severe; `nil` when nothing calls for one. `alarms` and
    /// `trips` are the windows in a row the limits have been crossed.
    func trigger(
        _ evidence: TicketEvidence, alarms: Int, trips: Int
    ) -> (reason: TicketReason, severity: Severity)? {
        if trips >= Self.tripWindows { return (.tripLimit, capped(.urgent)) }
        let dated = datedSeverity(evidence)
        if alarms >= Self.alarmWindows {
            return (.alarmLimit, capped(max(.warning, dated ?? .advice)))
        }
        if let dated { return (.failureRisk, capped(dated)) }
        if deviates(evidence) { return (.persistentDeviation, .advice) }
        return nil
    }

    /// `true` while an open ticket still has its condition: lower thresholds than for opening.
    func stays(_ evidence: TicketEvidence) -> Bool {
        evidence.condition.zone > .within || evidence.condition.heldZone > .within
            || evidence.condition.raw >= Self.deviationStays
            || (evidence.risk.probability ?? 0) >= openRisk / 2
    }

    private func datedSeverity(_ evidence: TicketEvidence) -> Severity? {
        guard let probability = evidence.risk.probability, let life = evidence.risk.remaining,
            probability >= openRisk
        else { return nil }
        let isNear = life.p05 <= leadTime && evidence.condition.zone >= .alarm
        if life.p50 <= leadTime || isNear { return .urgent }
        return life.p50 <= evidence.risk.horizon ? .warning : .advice
    }

    private func deviates(_ evidence: TicketEvidence) -> Bool {
        // What was far from normal yesterday but is not now has been repaired, or never was.
        guard let since = evidence.since, evidence.condition.current >= Self.deviationStays
        else { return false }
        let lasted = evidence.time - since
        let needed = isGeneric ? settings.persistence * 2 : settings.persistence
        if evidence.condition.deviatingSignals >= 2 {
            return evidence.condition.raw >= Self.deviationOpens && lasted >= needed
        }
        return evidence.condition.raw >= Self.loneDeviationOpens && lasted >= needed * 2
    }

    private func capped(_ severity: Severity) -> Severity { min(severity, highestSeverity) }
}
