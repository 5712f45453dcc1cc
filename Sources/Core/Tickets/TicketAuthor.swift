package import Detection
package import Primitives
package import Prognosis

/// Who and what a ticket is about, in words.
package struct TicketSubject: Equatable, Sendable {
    package var device: String
    package var deviceClass: String
    package var attributes: [Ticket.Attribute]
    package var advice: ComponentAdvice
    /// Name and unit of each signal of the assessment, in its order.
    package var signals: [(name: String, unit: String?)]

    package init(
        device: String, deviceClass: String, attributes: [Ticket.Attribute],
        advice: ComponentAdvice, signals: [(name: String, unit: String?)]
    ) {
        self.device = device
        self.deviceClass = deviceClass
        self.attributes = attributes
        self.advice = advice
        self.signals = signals
    }

    package static func == (left: TicketSubject, right: TicketSubject) -> Bool {
        left.device == right.device && left.deviceClass == right.deviceClass
            && left.attributes == right.attributes && left.advice == right.advice
            && left.signals.elementsEqual(right.signals) {
                $0.name == $1.name && $0.unit == $1.unit
            }
    }
}

/// Writes the ticket a person reads.
package enum TicketAuthor {
    package static let model = Ticket.Model(name: "trend-to-limit", version: "1")
    /// Signals below this deviation are not evidence.
    static let evidenceDeviation = 1.5

    /// The ticket's identifier: derived, so that the same telemetry gives the same ticket.
    package static func identifier(
        device: String, component: String, failureMode: String, firstSeen: Timestamp
    ) -> String {
        ByteHash.hex(
            ByteHash.hash(parts: [
                device, component, failureMode, String(firstSeen.nanoseconds),
            ]))
    }

    package static func compose(
        _ open: OpenTicket, subject: TicketSubject, assessment: DeviceAssessment,
        condition: ComponentCondition, risk: ComponentRisk
    ) -> Ticket {
        let evidence = evidence(subject, assessment: assessment, condition: condition)
        let cost = subject.advice.cost
        return Ticket(
            id: open.id, device: subject.device, deviceClass: subject.deviceClass,
            attributes: subject.attributes, component: subject.advice.component,
            failureMode: subject.advice.failureMode, severity: open.severity,
            health: NumberText.rounded(assessment.health, decimals: 1),
            risk: risk.probability.map { NumberText.rounded($0, decimals: 4) },
            horizon: risk.probability == nil ? nil : risk.horizon,
            remaining: risk.remaining.map {
                Ticket.RemainingLifeSeconds(
                    p05: $0.p05.seconds.rounded(), p50: $0.p50.seconds.rounded(),
                    p95: $0.p95?.seconds.rounded())
            },
            firstSeen: open.firstSeen, openedAt: open.openedAt,
            serviceBy: serviceBy(assessment.end, risk, leadTime: subject.advice.leadTime),
            sentence: TicketSentence.reason(
                open.reason, evidence: evidence, risk: risk, recovered: open.recoveredAt != nil),
            evidence: evidence, advice: subject.advice,
            costOfWaiting: risk.probability.flatMap { probability in
                cost.failure.map { NumberText.rounded(probability * $0, decimals: 2) }
            },
            costOfActing: cost.plannedRepair, model: model)
    }

    /// The lower bound of remaining life, less the time it takes to be there with the part, whole
    /// hours down; never in the past, and absent when there is no date.
    static func serviceBy(
        _ now: Timestamp, _ risk: ComponentRisk, leadTime: TimeSpan
    ) -> Timestamp? {
        guard let remaining = risk.remaining else { return nil }
        let slack = remaining.p05.nanoseconds - leadTime.nanoseconds
        let latest = (now + TimeSpan(nanoseconds: max(0, slack))).floored(to: .hours(1))
        return max(latest, now)
    }

    private static func evidence(
        _ subject: TicketSubject, assessment: DeviceAssessment, condition: ComponentCondition
    ) -> [Ticket.Evidence] {
        let believed = condition.evidence.filter { assessment.signals[$0].quality.isBelieved }
        let speaking = believed.filter {
            assessment.signals[$0].raw >= evidenceDeviation || assessment.signals[$0].zone > .within
        }
        let total = speaking.reduce(0) { $0 + assessment.signals[$1].raw }
        return speaking.map { place in
            let signal = assessment.signals[place]
            let baseline = signal.expected.isNaN ? nil : signal.expected
            return Ticket.Evidence(
                signal: subject.signals[place].name, unit: subject.signals[place].unit,
                value: NumberText.rounded(signal.mean, significant: 4),
                baseline: baseline.map { NumberText.rounded($0, significant: 4) },
                change: baseline.map { NumberText.rounded(signal.mean - $0, significant: 4) },
                contribution: NumberText.rounded(
                    total > 0 ? signal.raw / total : 1 / Double(speaking.count), decimals: 3),
                since: signal.since)
        }
    }
}
