import Primitives
import Prognosis

/// Says in one or two sentences why a ticket stands.
enum TicketSentence {
    static func reason(
        _ reason: TicketReason, evidence: [Ticket.Evidence], risk: ComponentRisk, recovered: Bool
    ) -> String {
        if recovered { return "The condition has cleared: " + values(evidence) + "." }
        switch reason {
        case .tripLimit:
            return "Beyond the trip limit: " + values(evidence) + "."
        case .alarmLimit:
            return "Beyond the alarm limit: " + values(evidence) + "." + date(risk)
        case .failureRisk:
            return "Wearing towards its limit: " + values(evidence) + "." + date(risk)
        default:
            return "Far from normal for long: " + values(evidence) + "." + date(risk)
        }
    }

    /// `vibration_rms 3.41 mm/s (normal 1.52) since 2026-01-20, ...`, at most three.
    private static func values(_ evidence: [Ticket.Evidence]) -> String {
        if evidence.isEmpty { return "all signals of the component are near normal" }
        return evidence.prefix(3).map { item in
            var text = item.signal + " " + NumberText.short(item.value)
            if let unit = item.unit, !unit.isEmpty { text += " " + unit }
            if let baseline = item.baseline {
                text += " (normal " + NumberText.short(baseline) + ")"
            }
            if let since = item.since { text += " since " + since.rfc3339.prefix(10) }
            return text
        }.joined(separator: ", ")
    }

    private static func date(_ risk: ComponentRisk) -> String {
        guard let life = risk.remaining else {
            return " The evidence does not carry a date of failure."
        }
        if life.p50 < .hours(1) { return " The limit is reached." }
        var text = " At this rate the limit is reached in about " + days(life.p50)
        text += " (90 % interval: " + days(life.p05) + " to "
        text += (life.p95.map(days) ?? "more than a year") + ")"
        if let probability = risk.probability {
            let percent = NumberText.short((100 * probability).rounded())
            text += "; probability of failure within " + days(risk.horizon)
            text += ": " + percent + " %"
        }
        return text + "."
    }

    /// `9 days`, `1 day`, `14 hours`.
    private static func days(_ span: TimeSpan) -> String {
        let hours = span.hours
        if hours < 47.5 {
            let whole = Int64(hours.rounded())
            return "\(whole) hour" + (whole == 1 ? "" : "s")
        }
        let whole = Int64((hours / 24).rounded())
        return "\(whole) day" + (whole == 1 ? "" : "s")
    }
}
