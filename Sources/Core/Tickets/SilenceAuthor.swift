import Primitives
import Windows

/// Writes the ticket about silence that a person reads.
enum SilenceAuthor {
    /// Not a part of the machine: the contract's word for what is wrong with its telemetry.
    static let component = "telemetry"
    static let model = Ticket.Model(name: "silence", version: "1")
    /// Devices of an outage that are named in its sentence.
    static let namedMost = 5

    static func compose(
        _ standing: SilenceCase, _ listening: (DeviceID) -> Listening
    ) -> Ticket {
        let anchor = listening(standing.anchor)
        return Ticket(
            id: standing.ticket.id, device: anchor.device.name, deviceClass: anchor.className,
            attributes: anchor.device.attributes.map {
                Ticket.Attribute(key: $0.key, value: $0.value)
            },
            component: component, failureMode: standing.failure.rawValue,
            severity: standing.ticket.severity, health: nil, risk: nil, horizon: nil,
            remaining: nil, firstSeen: standing.ticket.firstSeen,
            openedAt: standing.ticket.openedAt, serviceBy: nil,
            sentence: sentence(standing, anchor, listening), evidence: [],
            advice: advice(standing.failure), costOfWaiting: nil, costOfActing: nil, model: model)
    }

    private static func advice(_ failure: TelemetryFailure) -> ComponentAdvice {
        switch failure {
        case .silent:
            ComponentAdvice(
                component: component, failureMode: failure.rawValue,
                action: "Restore the device's telemetry; until then nothing watches the machine.",
                firstCheck: "Is the machine's controller powered, and does its network link light "
                    + "up?",
                skill: "electrical, network")
        case .siteOutage:
            ComponentAdvice(
                component: component, failureMode: failure.rawValue,
                action: "Restore power or network of the site; until then nothing watches its "
                    + "machines.",
                firstCheck: "Is the switch or radio link that these devices share powered and "
                    + "connected?",
                skill: "electrical, network")
        }
    }

    private static func sentence(
        _ standing: SilenceCase, _ anchor: Listening, _ listening: (DeviceID) -> Listening
    ) -> String {
        if standing.ticket.recoveredAt != nil {
            return standing.failure == .silent
                ? "Telemetry has returned." : "Telemetry of the site has returned."
        }
        let since = String(standing.ticket.firstSeen.rfc3339.prefix(16))
            .split(separator: "T").joined(separator: " ")
        guard standing.failure == .siteOutage else {
            if anchor.heard == .distantPast {
                return "Declared in the configuration, and nothing has come from it since \(since)."
            }
            return "No telemetry since \(since); the device usually sends at least every "
                + span(anchor.usualGap) + "."
        }
        let names = standing.members.map { listening($0.device).device.name }.sorted()
        let named = names.prefix(namedMost).joined(separator: ", ")
        let rest = names.count > namedMost ? " and \(names.count - namedMost) more" : ""
        let place = standing.site.map { "of site \($0) " } ?? ""
        return "\(standing.silentAtFirst) devices \(place)have sent nothing since \(since): "
            + named + rest + ". Their power or network has most likely failed."
    }

    /// `90 seconds`, `10 minutes`, `3 hours`, `2 days`.
    private static func span(_ span: TimeSpan) -> String {
        let seconds = span.seconds.rounded()
        for (unit, length) in [("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0)]
        where seconds >= 2 * length {
            return "\(Int64((seconds / length).rounded())) \(unit)s"
        }
        return "\(Int64(seconds)) second" + (seconds == 1 ? "" : "s")
    }
}
