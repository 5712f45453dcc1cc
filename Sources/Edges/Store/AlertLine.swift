import Detection
import Engine
import Primitives
import Tickets
import Windows

/// One line of `alerts.log`: logfmt (`key=value`, one space between), keys in a fixed order, absent
/// ones left out. Wording and keys are stable, so that people may search and count them.
struct AlertLine {
    private(set) var text = ""

    /// `level` says who should look: `critical` now, `warning` today, `notice` when convenient.
    static func ticket(_ change: TicketChange) -> String {
        let ticket = change.ticket
        var line = AlertLine()
        line.add("time", change.time.rfc3339)
        line.add("level", level(change))
        line.add("event", "ticket." + change.kind.rawValue)
        line.add("ticket", ticket.id)
        line.add("device", ticket.device)
        line.add("component", ticket.component)
        line.add("severity", ticket.severity.name)
        line.add("risk", ticket.risk.map(NumberText.short))
        line.add("rul_p50", ticket.remaining.map { span($0.p50) })
        line.add("service_by", ticket.serviceBy?.rfc3339)
        line.add("by", change.operatorNote?.by)
        line.add("planned_for", change.operatorNote?.plannedFor?.rfc3339)
        line.add("outcome", change.operatorNote?.outcome?.rawValue)
        line.add("msg", change.operatorNote?.note ?? ticket.sentence)
        return line.text
    }

    /// A ticket was closed because another one took its place.
    static func superseded(
        _ ticket: String, time: Timestamp, device: String, component: String, severity: String,
        sentence: String
    ) -> String {
        var line = AlertLine()
        line.add("time", time.rfc3339)
        line.add("level", "notice")
        line.add("event", "ticket.closed")
        line.add("ticket", ticket)
        line.add("device", device)
        line.add("component", component)
        line.add("severity", severity)
        line.add("msg", sentence)
        return line.text
    }

    static func condition(_ alert: ConditionAlert, device: String, signal: String?) -> String {
        var line = AlertLine()
        line.add("time", alert.time.rfc3339)
        line.add("level", alert.kind == .abnormal ? "warning" : "notice")
        line.add("event", "device." + alert.kind.rawValue)
        line.add("device", device)
        line.add("health", NumberText.short(alert.health))
        line.add("score", NumberText.short(alert.score))
        line.add("signal", signal)
        switch alert.kind {
        case .abnormal: line.add("msg", "The device deviates from its normal state.")
        case .normal: line.add("msg", "The device is back in its normal state.")
        }
        return line.text
    }

    /// A machine says what is wrong with it, by a code of its own.
    static func fault(_ change: TextChange, device: String) -> String {
        var line = AlertLine()
        line.add("time", change.time.rfc3339)
        line.add("level", "warning")
        line.add("event", "device.fault_code")
        line.add("device", device)
        line.add("signal", change.name)
        line.add("code", change.value)
        line.add("msg", "The device reports fault code \(change.value).")
        return line.text
    }

    /// A device's clock went wrong, or is right again.
    static func clock(_ change: ClockChange, device: String) -> String {
        var line = AlertLine()
        let isSkew = change.state.isSkew
        line.add("time", change.time.rfc3339)
        line.add("level", isSkew ? "warning" : "notice")
        line.add("event", isSkew ? "device.clock_skew" : "device.clock_right")
        line.add("device", device)
        line.add("clock", change.state.rawValue)
        line.add("offset", NumberText.short(change.offset.seconds) + "s")
        line.add("msg", message(change.state))
        return line.text
    }

    private static func message(_ state: DeviceClock.State) -> String {
        switch state {
        case .behind: "The device's clock is behind the gateway's."
        case .ahead: "The device's clock is ahead of the gateway's."
        case .unset: "The device's clock is not set: it stamps about 1970."
        case .drifting: "The device's clock does not keep pace with the gateway's."
        case .right, .unknown: "The device's clock is right again."
        }
    }

    static func drops(_ notice: DropNotice) -> String {
        var line = AlertLine()
        line.add("time", notice.time.rfc3339)
        line.add("level", "warning")
        line.add("event", "listener.kernel_dropped")
        line.add("listener", notice.listener)
        line.add("count", String(notice.count))
        line.add("total", String(notice.total))
        line.add("msg", "The kernel dropped datagrams: they arrive faster than they are worked on.")
        return line.text
    }

    /// A value is quoted when it is empty or holds a space, a quote, `=` or a control character;
    /// inside quotes `"` and `\` are escaped, and control characters are `\n`, `\t` or `\u00XX`:
    /// one alert is always one line.
    mutating func add(_ key: String, _ value: String?) {
        guard let value else { return }
        if !text.isEmpty { text += " " }
        text += key + "="
        let needsQuotes =
            value.isEmpty
            || value.utf8.contains { $0 <= 0x20 || $0 == 0x22 || $0 == 0x3D || $0 == 0x7F }
        text += needsQuotes ? AlertLine.quoted(value) : value
    }

    private static func quoted(_ value: String) -> String {
        var result = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func level(_ change: TicketChange) -> String {
        switch change.kind {
        case .recovered, .acknowledged, .planned, .closed, .deescalated: return "notice"
        case .opened, .updated, .escalated, .reopened: break
        }
        switch change.ticket.severity {
        case .advice: return "notice"
        case .warning: return "warning"
        case .urgent: return "critical"
        }
    }

    /// `9d`, `30h`, `12m`, `40s`: whole units, the largest of which there are at least two.
    static func span(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e15 else { return "unknown" }
        for (unit, length) in [("d", 86_400.0), ("h", 3_600.0), ("m", 60.0)]
        where seconds >= 2 * length {
            return String(Int64((seconds / length).rounded())) + unit
        }
        return String(Int64(max(0, seconds).rounded())) + "s"
    }
}
