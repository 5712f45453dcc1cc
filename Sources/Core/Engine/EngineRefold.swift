package import Detection
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
    /// When a window of a backlog was judged.
    package var judgedLate: Timestamp?
    package var rows: [Row]

    package init(
        device: String, deviceClass: String, attributes: [Device.Attribute], firstSeen: Timestamp,
        start: Timestamp, end: Timestamp, judgedLate: Timestamp? = nil, rows: [Row]
    ) {
        self.device = device
        self.deviceClass = deviceClass
        self.attributes = attributes
        self.firstSeen = firstSeen
        self.start = start
        self.end = end
        self.judgedLate = judgedLate
        self.rows = rows
    }
}

/// A committed step as the second fold of a restart needs it.
package struct RecordedStep: Equatable, Sendable {
    package var sequence: Int
    package var advancedTo: Timestamp
    /// Those that took effect, in order of id.
    package var commands: [OperatorCommand]
    /// In order of window end, then device.
    package var frames: [RecordedFrame]
    /// Its changes of tickets about silence.
    package var silences: [RecordedSilence]

    package init(
        sequence: Int, advancedTo: Timestamp, commands: [OperatorCommand] = [],
        frames: [RecordedFrame] = [], silences: [RecordedSilence] = []
    ) {
        self.sequence = sequence
        self.advancedTo = advancedTo
        self.commands = commands
        self.frames = frames
        self.silences = silences
    }
}

/// The last known text of a device, as the store kept it.
package struct RecordedText: Equatable, Sendable {
    package var device: String
    package var name: String
    package var value: String
    package var since: Timestamp

    package init(device: String, name: String, value: String, since: Timestamp) {
        self.device = device
        self.name = name
        self.value = value
        self.since = since
    }
}

/// What a device has done since it was first seen, as the store counted it with its latest window.
package struct RecordedOperation: Equatable, Sendable {
    package var device: String
    package var tally: OperatingTally

    package init(device: String, tally: OperatingTally) {
        self.device = device
        self.tally = tally
    }
}

extension TelemetryEngine {
    /// Folds a committed step again after a restart and returns the ticket changes it gives: they
    /// must be the ones committed with it. Every restart is a determinism test.
    ///
    /// Steps must come in order. Nothing is emitted; what was open of a step's windows is dropped,
    /// because they are closed now. Changes about silence are taken over as they were committed:
    /// windows do not say when their lines arrived.
    package mutating func refold(_ recorded: RecordedStep) -> [TicketChange] {
        for command in recorded.commands { applyNow(command, at: recorded.advancedTo) }
        for frame in recorded.frames { refold(frame, heardBy: recorded.advancedTo) }
        for change in recorded.silences {
            guard let device = registry.device(named: change.device) else { continue }
            let known = self.known
            silence.adopt(change, device: device) { known.listening(to: $0) }
        }
        tellHeld(at: recorded.advancedTo)
        let changes = pending.changes
        discardPending()
        return changes
    }

    private mutating func refold(_ recorded: RecordedFrame, heardBy time: Timestamp) {
        let device = device(of: recorded)
        var summaries: [WindowSummary] = []
        for row in recorded.rows {
            var summary = row.summary
            summary.signal =
                registry.signal(named: row.signal, of: device)
                ?? addSignal(
                    named: row.signal, of: device, isBoolean: summary.changes != nil)
            summaries.append(summary)
        }
        summaries.sort { $0.signal < $1.signal }
        windows.forget(
            device, signals: registry[device].signals, windowStarting: recorded.start)
        lastArrivals[device.index] = max(lastArrivals[device.index], time)
        conclude(
            WindowFrame(
                device: device, start: recorded.start, end: recorded.end, summaries: summaries),
            judgedLate: recorded.judgedLate)
    }

    /// Takes up the last known texts of devices after the committed steps were folded again: no
    /// window tells them, and a text that was told must not be told again.
    package mutating func adopt(_ recorded: [RecordedText]) {
        for text in recorded {
            guard let device = registry.device(named: text.device) else { continue }
            let id = registerText(named: text.name, of: device)
            guard id >= 0 else { continue }
            texts.adopt(TextID(rawValue: id), value: text.value, since: text.since)
        }
    }

    /// Takes up what the store has counted of devices' running, after all committed steps were
    /// folded again. Where that gave another number, because windows or checkpoints are gone, the
    /// store's holds: hours do not start over. Devices that are not known any more get theirs when
    /// they come again. Returns how many devices have another number than what was folded.
    package mutating func adopt(_ recorded: [RecordedOperation]) -> Int {
        var differing = 0
        for operation in recorded {
            guard let device = registry.device(named: operation.device) else {
                keptTallies[operation.device] = operation.tally
                differing += 1
                continue
            }
            if detector.adopt(operation.tally, of: device) { differing += 1 }
        }
        return differing
    }

    /// Gives a device that has come again, and whose class says when it runs, the store's count.
    mutating func takeUpTally(of device: DeviceID) {
        guard !keptTallies.isEmpty, detector.tally(of: device) != nil,
            let tally = keptTallies.removeValue(forKey: registry[device].name)
        else { return }
        _ = detector.adopt(tally, of: device)
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
