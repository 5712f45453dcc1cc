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
        case .clockSkew:
            ComponentAdvice(
                component: component, failureMode: failure.rawValue,
                action: "Set the device's clock and let it follow a time server.",
                firstCheck: "Does the device reach its time server, and is the battery of its "
                    + "clock good?",
                skill: "electrical, network")
        case .sensorLost:
            ComponentAdvice(
                component: component, failureMode: failure.rawValue,
                action: "Restore the sensor; until then nothing watches what it measured.",
                firstCheck: "Is the sensor's cable in place at both ends, and does its supply "
                    + "work?",
                skill: "electrical")
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
            switch standing.failure {
            case .silent: return "Telemetry has returned."
            case .siteOutage: return "Telemetry of the site has returned."
            case .clockSkew: return "The device's clock is right again."
            case .sensorLost: return "Everything the device used to send has returned."
            }
        }
        if !standing.failure.isSilence {
            let fault = anchor.faults.first { $0.failure == standing.failure }
            return fault?.sentence ?? "Something was wrong with the device's telemetry."
        }
        let since = minute(standing.ticket.firstSeen)
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

    /// `2026-02-03 04:10`
    static func minute(_ time: Timestamp) -> String {
        String(time.rfc3339.prefix(16)).split(separator: "T").joined(separator: " ")
    }

    /// `90 seconds`, `10 minutes`, `3 hours`, `2 days`.
    static func span(_ span: TimeSpan) -> String {
        let seconds = span.seconds.rounded()
        for (unit, length) in [("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0)]
        where seconds >= 2 * length {
            return "\(Int64((seconds / length).rounded())) \(unit)s"
        }
        return "\(Int64(seconds)) second" + (seconds == 1 ? "" : "s")
    }
}
