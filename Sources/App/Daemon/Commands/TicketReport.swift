import Foundation
import Primitives
import Store

/// Tickets as a person reads them at the terminal, or as JSON.
package enum TicketReport {
    /// All open tickets (or all), the most severe first.
    package static func list(
        stateDirectory: String, all: Bool, json: Bool
    ) throws(CommandFailure) -> String {
        do {
            let model = try ReadModel(StateDirectory(reading: stateDirectory))
            let tickets = try model.tickets(all ? .all : .open)
            if json { return "[" + tickets.map(\.document).joined(separator: ",\n ") + "]" }
            if tickets.isEmpty { return all ? "No tickets." : "No open tickets." }
            return try tickets.map { try entry($0) }.joined(separator: "\n\n")
        } catch let failure as StoreFailure {
            throw CommandFailure(failure)
        } catch {
            throw CommandFailure("cannot read the tickets: \(error)", .badInput)
        }
    }

    /// Everything about one ticket.
    package static func show(
        _ id: String, stateDirectory: String, json: Bool
    ) throws(CommandFailure) -> String {
        do {
            let model = try ReadModel(StateDirectory(reading: stateDirectory))
            guard let history = try model.ticket(id) else {
                throw unknown(id, stateDirectory)
            }
            if json { return history.ticket.document }
            return try sheet(history)
        } catch let failure as CommandFailure {
            throw failure
        } catch let failure as StoreFailure {
            throw CommandFailure(failure)
        } catch {
            throw CommandFailure("cannot read ticket \(id): \(error)", .badInput)
        }
    }

    static func unknown(_ id: String, _ stateDirectory: String) -> CommandFailure {
        CommandFailure(
            "there is no ticket \(id) in \(stateDirectory) - see 'forestall tickets list'",
            .findings)
    }

    private static func facts(_ document: String) throws -> TicketFacts {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(TicketFacts.self, from: Data(document.utf8))
    }

    private static func entry(_ ticket: ReadModel.TicketSummary) throws -> String {
        let facts = try facts(ticket.document)
        var lines = [
            "\(ticket.severity.uppercased())  \(ticket.device)  \(ticket.component)"
                + "  (ticket \(ticket.id), \(ticket.state))"
        ]
        var dates = "opened \(clock(facts.openedAt))"
        if let by = facts.serviceBy { dates += ", service by \(clock(by))" }
        if let life = facts.rulSeconds {
            dates += ", about \(days(life.p50)) left (\(days(life.p05)) to \(days(life.p95)))"
        }
        lines.append("    " + dates)
        lines.append("    " + facts.reason)
        let parts = partsText(facts)
        if !parts.isEmpty { lines.append("    Bring: " + parts) }
        if let check = facts.recommendation.firstCheck { lines.append("    First check: " + check) }
        return lines.joined(separator: "\n")
    }

    private static func sheet(_ history: ReadModel.TicketHistory) throws -> String {
        let facts = try facts(history.ticket.document)
        var lines = ["Ticket \(facts.ticket)  \(facts.severity.uppercased())"]
        func row(_ name: String, _ value: String?) {
            guard let value, !value.isEmpty else { return }
            lines.append(name.padding(toLength: 16, withPad: " ", startingAt: 0) + value)
        }
        let place = facts.attributes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        row("Device", "\(facts.device) (\(facts.deviceClass))")
        row("Where", place.joined(separator: ", "))
        row("Component", "\(facts.component), failure mode \(facts.failureMode)")
        row("State", history.ticket.state)
        row("Opened", clock(facts.openedAt) + ", first sign " + clock(facts.firstSeen))
        row("Service by", facts.serviceBy.map(clock))
        row(
            "Time left",
            facts.rulSeconds.map {
                "about \(days($0.p50)), 90 % interval \(days($0.p05)) to \(days($0.p95))"
            })
        row(
            "Risk",
            facts.risk.map {
                NumberText.short((100 * $0).rounded()) + " % within "
                    + days(facts.horizonSeconds ?? 0)
            })
        row("Health", facts.health.map { NumberText.short($0) + " of 100" })
        row("Why", facts.reason)
        row("Do", facts.recommendation.action)
        row("First check", facts.recommendation.firstCheck)
        row("Bring", partsText(facts))
        row("Skill", facts.recommendation.skill)
        row("Duration", facts.recommendation.durationMinutes.map { "\($0) minutes" })
        row("Cost", costText(facts.cost))
        if !facts.evidence.isEmpty { lines.append("Evidence") }
        for item in facts.evidence { lines.append("    " + evidenceText(item)) }
        lines.append("History")
        for change in history.changes {
            lines.append(
                "    \(clock(change.time.rfc3339))  \(change.revision)  \(change.type)"
                    + "  (\(change.reason))")
        }
        return lines.joined(separator: "\n")
    }

    private static func partsText(_ facts: TicketFacts) -> String {
        facts.recommendation.parts.map { "\($0.quantity) x \($0.number)" }.joined(separator: ", ")
    }

    private static func costText(_ cost: TicketFacts.Cost) -> String? {
        guard let act = cost.act else { return nil }
        let currency = cost.currency.map { " " + $0 } ?? ""
        let acting = "acting \(NumberText.short(act))\(currency)"
        guard let wait = cost.wait else { return acting }
        return acting + ", waiting \(NumberText.short(wait))\(currency) expected"
    }

    private static func evidenceText(_ item: TicketFacts.Evidence) -> String {
        let unit = item.unit.map { " " + $0 } ?? ""
        var text = "\(item.signal) \(NumberText.short(item.value))\(unit)"
        if let baseline = item.baseline, let change = item.change {
            text += ", normal \(NumberText.short(baseline))"
            text += ", change \(change >= 0 ? "+" : "")\(NumberText.short(change))"
        }
        if let since = item.since { text += ", since \(clock(since))" }
        return text + ", \(NumberText.short((100 * item.contribution).rounded())) % of the evidence"
    }

    /// `2026-01-16 22:40`, from RFC 3339 text in UTC.
    private static func clock(_ time: String) -> String {
        String(time.prefix(16)).replacingOccurrences(of: "T", with: " ")
    }

    private static func days(_ seconds: Double?) -> String {
        guard let seconds else { return "more than a year" }
        func text(_ count: Double, _ unit: String) -> String {
            let whole = NumberText.short(count.rounded())
            return "\(whole) \(unit)\(whole == "1" ? "" : "s")"
        }
        return seconds < 47.5 * 3_600
            ? text(seconds / 3_600, "hour") : text(seconds / 86_400, "day")
    }
}
