package import Primitives
package import Tickets
package import Windows

/// One committed window of one device, as the store kept it: by name, because ids belong to a
/// process.
package struct RecordedFrame: Equatable, Sendable {
    package struct Row: Equatable, Sendable {
        package var signal: String
        /// Its signal id is not looked at.
        package var summary: WindowSummary

        package init(signal: String, summary: WindowSummary) {
            self.signal = signal
            self.summary = summary
        }
    }

    package var device: String
    package var deviceClass: String
    package var attributes: [Device.Attribute]
    package var firstSeen: Timestamp
    package var start: Timestamp
    package var end: Timestamp
    package var rows: [Row]

    package init(
        device: String, deviceClass: String, attributes: [Device.Attribute], firstSeen: Timestamp,
        start: Timestamp, end: Timestamp, rows: [Row]
    ) {
        self.device = device
        self.deviceClass = deviceClass
        self.attributes = attributes
        self.firstSeen = firstSeen
        self.start = start
        self.end = end
        self.rows = rows
    }
}

extension TelemetryEngine {
    /// Folds a committed window again after a restart and returns the ticket changes it gives:
    /// they must be the ones committed with it. Every restart is a determinism test.
    ///
    /// Frames must come in the order of their steps, each device's in order of time. Nothing is
    /// emitted; what was open of the window is dropped, because it is closed now.
    package mutating func refold(_ recorded: RecordedFrame) -> [TicketChange] {
        let device = device(of: recorded)
        var summaries: [WindowSummary] = []
        for row in recorded.rows {
            var summary = row.summary
            summary.signal =
                registry.signal(named: row.signal, of: device)
                ?? addSignal(named: row.signal, of: device)
            summaries.append(summary)
        }
        summaries.sort { $0.signal < $1.signal }
        windows.forget(
            device, signals: registry[device].signals, windowStarting: recorded.start)
        conclude(
            WindowFrame(
                device: device, start: recorded.start, end: recorded.end, summaries: summaries))
        let changes = pending.changes
        discardPending()
        return changes
    }

    /// Goes on after the last committed step.
    package mutating func resume(after sequence: Int, advancedTo time: Timestamp) {
        pending.sequence = max(pending.sequence, sequence + 1)
        advancedTo = max(advancedTo, time)
        if advancedTo > (clock.now ?? .distantPast) { clock.restore(now: advancedTo) }
    }

    private mutating func device(of recorded: RecordedFrame) -> DeviceID {
        if let known = registry.device(named: recorded.device) { return known }
        let machineClass =
            configuration.classes.firstIndex { $0.name == recorded.deviceClass }.map {
                ClassID(rawValue: $0)
            } ?? .generic
        let device = addDevice(
            recorded.device, machineClass: machineClass, at: recorded.firstSeen)
        for attribute in recorded.attributes {
            _ = registry.setAttribute(attribute.key, attribute.value, of: device)
        }
        return device
    }

    /// Everything of the pending step but its number: it is in the store already.
    private mutating func discardPending() {
        pending = EngineStep(
            sequence: pending.sequence, advancedTo: .distantPast, counters: EngineCounters())
    }
}
