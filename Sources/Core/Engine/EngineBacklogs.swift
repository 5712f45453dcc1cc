import Detection
import Primitives
import Tickets
import Windows

/// Telemetry that arrives long after it was measured: a device or its line was down, and what it
/// had kept comes all at once.
///
/// It is history. Windows are made, judged and learned from at their own times, and a ticket may be
/// opened; but what came up and went again meanwhile is nobody's business any more, and what stands
/// at the end is told once: when a window of the device is news again, or a while after it came up
/// when no such window comes. Only the wall clock tells history from news.
extension TelemetryEngine {
    /// Beyond the time in which windows close anyway. Devices that send in batches do so every few
    /// minutes.
    static let backlogAfter = TimeSpan.minutes(15)
    /// What a backlog has brought up waits no longer than this.
    static let backlogHeldFor = TimeSpan.minutes(15)

    /// The present, when what was measured by `time`, in a window of this length, is history.
    func judgedLate(_ time: Timestamp, of device: DeviceID, _ length: TimeSpan) -> Timestamp? {
        guard clock.policy.source == .wall else { return nil }
        // After a start lines may come before the first tick.
        let now = max(advancedTo, lastArrivals[device.index])
        let latest = time + windows.lateness(of: device) + length + Self.backlogAfter
        return latest < now ? now : nil
    }

    /// Tells a change of a device's condition, or holds it; a window that is news tells what is
    /// held too.
    mutating func tell(_ alert: ConditionAlert?, of device: DeviceID, judgedLate: Timestamp?) {
        if let judgedLate {
            if let alert { backlogs.hold(alert, since: judgedLate) }
            return
        }
        guard !backlogs.isEmpty, let hold = backlogs.take(device) else {
            if let alert { pending.alerts.append(alert) }
            return
        }
        tell(hold, and: alert)
    }

    /// Tells what has been held for long enough at `now`.
    mutating func tellHeld(at now: Timestamp) {
        let since = now - Self.backlogHeldFor
        pending.changes += desk.tellHeld(since: since)
        guard !backlogs.isEmpty else { return }
        for device in backlogs.due(since: since) {
            if let hold = backlogs.take(device) { tell(hold, and: nil) }
        }
    }

    /// `alert` undoes the held one: the condition is again what was last told.
    private mutating func tell(_ hold: BacklogDesk.Hold, and alert: ConditionAlert?) {
        if (hold.alert == nil) != (alert == nil), let news = hold.alert ?? alert {
            pending.alerts.append(news)
        }
        for var fault in hold.faults.values {
            fault.isEvent = false
            fault.isTold = true
            pending.texts.append(fault)
        }
    }

    /// Holds a fault code of a backlog; whatever else a text says lets go of its fault.
    mutating func hold(_ change: inout TextChange) {
        let device = change.device
        guard change.isEvent, change.isFault, let now = judgedLate(change.time, of: device, .zero)
        else {
            if change.isFaultCode { backlogs.drop(change.name, of: device) }
            return
        }
        change.isTold = false
        backlogs.hold(change, since: now)
    }
}

extension TelemetryEngine {
    /// By name: ids belong to a process.
    func encodeBacklogs(into state: inout StateWriter) {
        let holds = registry.devices.compactMap { device in
            backlogs.holds[device.id].map { (device: device, hold: $0) }
        }
        state.put(each: holds) { state, item in
            state.put(item.device.name)
            state.put(item.hold.since)
            state.put(item.hold.alert) { state, alert in
                state.put(alert.time)
                state.put(alert.kind.rawValue)
                state.put(alert.health)
                state.put(alert.score)
                state.put(alert.signal) { $0.put(registry[$1].name) }
            }
            let faults = item.hold.faults.values.sorted { $0.name < $1.name }
            state.put(each: faults) { state, fault in
                state.put(fault.name)
                state.put(fault.value)
                state.put(fault.previous) { $0.put($1) }
                state.put(fault.time)
            }
        }
    }

    mutating func restoreBacklogs(from state: inout StateReader) throws(StateFailure) {
        var restored = BacklogDesk()
        for _ in 0..<(try state.count()) {
            let name = try state.string()
            guard let device = registry.device(named: name) else {
                throw .invalid("device \(name)")
            }
            var hold = BacklogDesk.Hold(since: try state.timestamp())
            hold.alert = try state.optional { (state) throws(StateFailure) in
                ConditionAlert(
                    device: device, time: try state.timestamp(),
                    kind: try state.word(ConditionAlert.Kind.self), health: try state.double(),
                    score: try state.double(),
                    signal: try state.optional { (state) throws(StateFailure) in
                        try state.string()
                    }.flatMap { registry.signal(named: $0, of: device) })
            }
            for _ in 0..<(try state.count()) {
                let fault = TextChange(
                    device: device, name: try state.string(), value: try state.string(),
                    previous: try state.optional { (state) throws(StateFailure) in
                        try state.string()
                    }, time: try state.timestamp(), isFaultCode: true, isEvent: false)
                hold.faults[fault.name] = fault
            }
            restored.adopt(hold, of: device)
        }
        backlogs = restored
    }
}
