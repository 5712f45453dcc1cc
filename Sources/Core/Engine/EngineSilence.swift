import Detection
import Primitives
import Tickets
import Windows

/// Who has stopped sending, looked at at every tick.
extension TelemetryEngine {
    /// Between ticks of the wall clock no more than this passes while the program lives: more, and
    /// it was stopped or suspended, or the clock was set.
    static let deafAfter = TimeSpan.seconds(60)

    /// Time in which nobody listened is nobody's silence. With the event clock time passes only
    /// while somebody speaks; a jump beyond the largest is a time without recording.
    mutating func noteDeafness(before now: Timestamp) {
        guard advancedTo > .distantPast else { return }
        let passed = now - advancedTo
        let longest =
            clock.policy.source == .wall ? Self.deafAfter : configuration.clock.maximumJump
        guard passed > longest else { return }
        let arrivals = lastArrivals
        silence.noteDeaf(passed) { arrivals[$0.index] }
    }

    mutating func watchSilence(at now: Timestamp) {
        let known = self.known
        let changes = silence.watch(at: now, tick: configuration.clock.tick) {
            known.listening(to: $0)
        }
        pending.changes.append(contentsOf: changes)
        pending.silent.append(contentsOf: silence.takeFallen())
    }

    /// What is known of each device's telemetry.
    var known: KnownTelemetry {
        KnownTelemetry(
            registry: registry, detector: detector, lastArrivals: lastArrivals, shelves: shelves,
            maintenance: maintenance, clocks: clocks, classes: configuration.classes)
    }
}

/// A view of the engine's state for ``SilenceDesk``: nothing is copied.
struct KnownTelemetry {
    let registry: Registry
    let detector: Detector
    let lastArrivals: [Timestamp]
    let shelves: [Shelf?]
    let maintenance: MaintenanceDesk
    let clocks: [DeviceClock]
    let classes: [MachineClass]

    func listening(to device: DeviceID) -> Listening {
        let known = registry[device]
        let isMissed = maintenance.isMissed(device)
        return Listening(
            device: known, className: classes[known.machineClass.rawValue].name,
            heard: lastArrivals[device.index], usualGap: detector.usualGap(of: device),
            silence: isMissed ? detector.silence(of: device) : nil,
            quietUntil: max(
                shelves[device.index]?.until ?? .distantPast, maintenance.quietUntil(device)),
            isMissed: isMissed, faults: faults(of: device))
    }

    /// What is wrong with the telemetry of a device that speaks, gravest first.
    private func faults(of device: DeviceID) -> [TelemetryFault] {
        var faults: [TelemetryFault] = []
        let known = clocks[device.index]
        if known.state.isWrong, let offset = known.offset, let since = known.since {
            faults.append(
                .clockSkew(
                    offset: offset, isUnset: known.state == .unset, since: since,
                    shown: known.lastArrival))
        }
        if let lost = detector.lost(of: device) {
            faults.append(
                .sensorLost(
                    lost.signals, since: lost.since, shown: lastArrivals[device.index],
                    silentAfter: detector.silentAfter(of: device)))
        }
        return faults
    }
}
