package import Primitives

/// What is wrong with the telemetry of a device that speaks.
package struct TelemetryFault: Equatable, Sendable {
    package var failure: TelemetryFailure
    package var since: Timestamp
    /// Arrival of the last line that showed it.
    package var shown: Timestamp
    /// It is work for somebody when it has lasted this long.
    package var patience: TimeSpan
    /// What to say about it, a whole sentence.
    package var sentence: String

    private init(
        failure: TelemetryFailure, since: Timestamp, shown: Timestamp,
        patience: TimeSpan = SilenceDesk.faultLasts, sentence: String
    ) {
        self.patience = patience
        self.failure = failure
        self.since = since
        self.shown = shown
        self.sentence = sentence
    }

    /// A clock that is ahead of the gateway's by `offset`, behind when negative.
    package static func clockSkew(
        offset: TimeSpan, isUnset: Bool, since: Timestamp, shown: Timestamp
    ) -> TelemetryFault {
        let from = SilenceAuthor.minute(since)
        let sentence: String
        if isUnset {
            sentence =
                "Since \(from) the device has stamped its readings about 1970: its clock is "
                + "not set."
        } else {
            let size = SilenceAuthor.span(
                offset < .zero ? offset * -1 : offset)
            let side = offset < .zero ? "behind" : "ahead of"
            sentence = "The device's clock has been \(size) \(side) the gateway's since \(from)."
        }
        return TelemetryFault(failure: .clockSkew, since: since, shown: shown, sentence: sentence)
    }

    /// Signals that a device used to send and sends no more; not empty. `silentAfter` is the
    /// shortest time without telemetry that its class calls silence.
    package static func sensorLost(
        _ signals: [String], since: Timestamp, shown: Timestamp, silentAfter: TimeSpan
    ) -> TelemetryFault {
        let named = signals.prefix(SilenceAuthor.namedMost).joined(separator: ", ")
        let rest = signals.count - min(signals.count, SilenceAuthor.namedMost)
        let verb = signals.count == 1 ? "has" : "have"
        return TelemetryFault(
            failure: .sensorLost, since: since, shown: shown,
            patience: max(SilenceDesk.faultLasts, silentAfter),
            sentence: "\(named)\(rest > 0 ? " and \(rest) more" : "") \(verb) been missing since "
                + "\(SilenceAuthor.minute(since)), while the device goes on sending.")
    }
}
