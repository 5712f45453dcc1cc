import Primitives
import Windows

/// Tickets about what is wrong with the telemetry of a device that speaks: its clock, a sensor.
///
/// Like a silence a fault is no wear, and like a silence it is not folded again from windows. A
/// device has one ticket about its telemetry: silence comes before every fault, and the first fault
/// before the next.
extension SilenceDesk {
    /// A fault that does not last is no work for anybody.
    static let faultLasts = TimeSpan.hours(1)

    /// Opens cases for devices whose faults have lasted; at a scan.
    mutating func watchFaults(
        at now: Timestamp, _ listening: (DeviceID) -> Listening
    ) -> [TicketChange] {
        var changes: [TicketChange] = []
        let devices = countedFrom.indices.map { DeviceID(rawValue: Int32($0)) }
        let known = devices.filter { !isCovered($0) }.map(listening)
        for device in known.sorted(by: { $0.device.name < $1.device.name }) {
            let index = device.device.id.index
            if let settled = settledFaults[index],
                !device.faults.contains(where: { $0.failure == settled })
            {
                settledFaults[index] = nil
            }
            guard device.isMissed, now >= device.quietUntil,
                let fault = device.faults.first(where: { fault in
                    // After a silence the fault must show again before it is believed.
                    now - fault.since >= fault.patience && settledFaults[index] != fault.failure
                        && device.heard - fault.shown <= max(device.usualGap * 3, .minutes(15))
                })
            else { continue }
            changes += open(fault, of: device, at: now, listening)
        }
        return changes
    }

    private mutating func open(
        _ fault: TelemetryFault, of known: Listening, at now: Timestamp,
        _ listening: (DeviceID) -> Listening
    ) -> [TicketChange] {
        let device = known.device.id
        let member = SilenceCase.Member(device: device, heard: known.heard)
        if let old = cases.firstIndex(where: { $0.anchor == device && $0.failure == fault.failure })
        {
            guard !cases[old].isActive else { return [] }
            cases[old].members = [member]
            cases[old].ticket.recoveredAt = nil
            cases[old].ticket.reason = Self.reason(of: fault.failure)
            cases[old].ticket.revise(at: now)
            return [change(of: cases[old], .updated, .conditionReturned, listening)]
        }
        guard !cases.contains(where: { $0.anchor == device && $0.isActive }) else { return [] }
        let yielded = makeRoom(of: device, at: now, listening)
        let reason = Self.reason(of: fault.failure)
        let opened = SilenceCase(
            failure: fault.failure, anchor: device, site: known.site,
            ticket: OpenTicket(
                id: TicketAuthor.identifier(
                    device: known.device.name, component: SilenceAuthor.component,
                    failureMode: fault.failure.rawValue, firstSeen: fault.since),
                severity: fault.failure.severity, firstSeen: fault.since, openedAt: now,
                reason: reason),
            members: [member], silentAtFirst: 1)
        cases.append(opened)
        return yielded + [change(of: opened, .opened, reason, listening)]
    }

    private static func reason(of failure: TelemetryFailure) -> TicketReason {
        failure == .clockSkew ? .wrongClock : .sensorMissing
    }

    /// Recovers a case when its fault is gone, and in time closes it. A device that has fallen
    /// silent has not become right.
    mutating func followFault(
        _ standing: inout SilenceCase, at now: Timestamp, _ listening: (DeviceID) -> Listening
    ) -> [TicketChange] {
        if standing.ticket.recoveredAt != nil {
            return closeWhenQuiet(&standing, at: now, listening)
        }
        let known = listening(standing.anchor)
        guard !known.faults.contains(where: { $0.failure == standing.failure }) else { return [] }
        standing.members = []
        standing.ticket.recoveredAt = now
        standing.ticket.revise(at: now)
        return [change(of: standing, .recovered, .faultGone, listening)]
    }

    /// Closes the cases about faults of devices of which none is free for a ticket about silence.
    mutating func makeRoom(
        in group: [DeviceID], at now: Timestamp, _ listening: (DeviceID) -> Listening
    ) -> [TicketChange] {
        let isFree = group.contains { device in !cases.contains { $0.anchor == device } }
        guard !isFree,
            let host = group.first(where: { device in
                cases.contains { $0.anchor == device && !$0.failure.isSilence }
            })
        else { return [] }
        return makeRoom(of: host, at: now, listening)
    }

    /// Closes what is open about a device and not about its silence now.
    private mutating func makeRoom(
        of device: DeviceID, at now: Timestamp, _ listening: (DeviceID) -> Listening
    ) -> [TicketChange] {
        guard
            let place = cases.firstIndex(where: { standing in
                standing.anchor == device && !(standing.failure.isSilence && standing.isActive)
            })
        else { return [] }
        var yielding = cases.remove(at: place)
        yielding.ticket.reason = .gaveWay
        yielding.ticket.revise(at: now)
        return [change(of: yielding, .closed, .gaveWay, listening)]
    }
}
