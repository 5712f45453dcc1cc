package import Primitives
package import Windows

/// What is known about a device's telemetry at a tick.
package struct Listening: Sendable {
    package var device: Device
    package var className: String
    /// Arrival of its latest line; `distantPast` when none ever came.
    package var heard: Timestamp
    /// Usual time between windows with data.
    package var usualGap: TimeSpan
    /// How long it must have sent nothing to be silent; `nil` when that is not asked.
    package var silence: TimeSpan?
    /// End of the last time it was shelved for or in work: a pause until then is nobody's concern.
    package var quietUntil: Timestamp
    /// Neither in work nor retired.
    package var isMissed: Bool
    /// What is wrong with the telemetry while the device speaks, gravest first.
    package var faults: [TelemetryFault]

    package init(
        device: Device, className: String, heard: Timestamp, usualGap: TimeSpan,
        silence: TimeSpan?, quietUntil: Timestamp = .distantPast, isMissed: Bool = true,
        faults: [TelemetryFault] = []
    ) {
        self.device = device
        self.className = className
        self.heard = heard
        self.usualGap = usualGap
        self.silence = silence
        self.quietUntil = quietUntil
        self.isMissed = isMissed
        self.faults = faults
    }

    /// Devices of one site share power and network; so do those that name none.
    var site: String? { device.attributes.first { $0.key == "site" }?.value }
}

/// Who has stopped sending: tickets of component `telemetry`.
///
/// What comes in: ticks, and what is known of each device's telemetry. What goes out: ticket
/// changes. What always holds: at most one case stands for a device; devices of one site that fall
/// silent together have one ticket; only speaking ends a silence, and silence ends no fault; a time
/// during which nobody listened (the program was stopped, the clock was set) is nobody's silence. A
/// silence is dated at the tick at which it became one, however late it is noticed.
///
/// Unlike every other decision this one cannot be folded again from committed windows, because a
/// window does not say when its lines arrived: after a restart committed changes are taken over
/// (``adopt(_:)``).
package struct SilenceDesk: Sendable {
    /// As many devices of a site make an outage; two do when the site has no third.
    static let outageDevices = 3
    /// Devices fall silent together when their last lines are no further apart than twice their
    /// usual gaps, and not less than this.
    static let togetherLeast = TimeSpan.minutes(1)
    /// Everybody is looked at again after this long at most.
    static let scanInterval = TimeSpan.minutes(1)

    var cases: [SilenceCase] = []
    /// Per device: silence is counted from here when its last line is older.
    var countedFrom: [Timestamp] = []
    /// Per device: when it was last heard at the time somebody closed its case; until it speaks
    /// there is no new one.
    var settled: [Timestamp?] = []
    /// Per device: the fault about which somebody closed the ticket; until it is gone there is no
    /// new one.
    var settledFaults: [TelemetryFailure?] = []
    /// Devices that have fallen silent and were not told of yet.
    private var fallen: [DeviceID] = []
    var nextScan = Timestamp.distantPast
    private let closeAfter: TimeSpan

    package init(closeAfter: TimeSpan) {
        self.closeAfter = closeAfter
    }

    /// Makes room for the next device, known since `time`.
    package mutating func addDevice(at time: Timestamp) {
        countedFrom.append(time)
        settled.append(nil)
        settledFaults.append(nil)
        nextScan = min(nextScan, time)
    }

    /// Gives up the devices that have fallen silent since the last time.
    package mutating func takeFallen() -> [DeviceID] {
        defer { fallen = [] }
        return fallen
    }

    /// Nobody listened for `span` before now.
    package mutating func noteDeaf(_ span: TimeSpan, heard: (DeviceID) -> Timestamp) {
        for index in countedFrom.indices {
            let last = max(heard(DeviceID(rawValue: Int32(index))), countedFrom[index])
            countedFrom[index] = last + span
        }
    }

    /// Looks at who speaks again and who has fallen silent, at a tick. `tick` is the length of one.
    package mutating func watch(
        at now: Timestamp, tick: TimeSpan, _ listening: (DeviceID) -> Listening
    ) -> [TicketChange] {
        var changes: [TicketChange] = []
        for index in cases.indices {
            var standing = cases[index]
            changes +=
                standing.failure.isSilence
                ? follow(&standing, at: now, listening)
                : followFault(&standing, at: now, listening)
            cases[index] = standing
        }
        cases.removeAll { $0.ticket.reason == .quietPeriodOver }
        guard now >= nextScan else { return changes }
        let silent = fallenSilent(by: now, listening)
        for candidate in silent where !isCovered(candidate.device) {
            let due = candidate.crossing + tick - TimeSpan(nanoseconds: 1)
            changes += open(candidate, at: min(now, due.floored(to: tick)), listening)
        }
        return changes + watchFaults(at: now, listening)
    }

    func isCovered(_ device: DeviceID) -> Bool {
        cases.contains { $0.failure.isSilence && $0.contains(device) }
    }

    private struct Candidate {
        var device: DeviceID
        var name: String
        /// When its silence became one.
        var crossing: Timestamp
    }

    /// Everybody whose silence has become one by `now`, in order of that moment, then by name.
    private mutating func fallenSilent(
        by now: Timestamp, _ listening: (DeviceID) -> Listening
    ) -> [Candidate] {
        var candidates: [Candidate] = []
        var next = now + Self.scanInterval
        let covered = Set(
            cases.filter(\.failure.isSilence).flatMap { $0.members.map(\.device) })
        for index in countedFrom.indices {
            let device = DeviceID(rawValue: Int32(index))
            guard !covered.contains(device) else { continue }
            let known = listening(device)
            guard let silence = known.silence, mayBeSilent(known) else { continue }
            let crossing = silentFrom(known) + silence
            if crossing <= now {
                candidates.append(
                    Candidate(device: device, name: known.device.name, crossing: crossing))
            } else {
                next = min(next, crossing)
            }
        }
        nextScan = next
        return candidates.sorted { ($0.crossing, $0.name) < ($1.crossing, $1.name) }
    }

    private func mayBeSilent(_ known: Listening) -> Bool {
        settled[known.device.id.index] != known.heard
    }

    private func silentFrom(_ known: Listening) -> Timestamp {
        max(known.heard, countedFrom[known.device.id.index], known.quietUntil)
    }

    /// Opens a case for a device, or for its site when others went silent with it.
    private mutating func open(
        _ candidate: Candidate, at time: Timestamp, _ listening: (DeviceID) -> Listening
    ) -> [TicketChange] {
        let known = listening(candidate.device)
        if let outage = cases.firstIndex(where: { isPart(known, of: $0, listening) }) {
            cases[outage].members.append(
                SilenceCase.Member(device: candidate.device, heard: known.heard))
            fallen.append(candidate.device)
            return []
        }
        let group = silentTogether(with: known, at: candidate.crossing, listening)
        let failure: TelemetryFailure = group.count > 1 ? .siteOutage : .silent
        let members = group.map { SilenceCase.Member(device: $0.device.id, heard: $0.heard) }
        fallen += members.map(\.device)
        if let old = cases.firstIndex(where: { standing in
            !standing.isActive && standing.failure == failure
                && (failure == .silent
                    ? standing.anchor == candidate.device : standing.site == known.site)
        }) {
            cases[old].members = members
            cases[old].silentAtFirst = members.count
            cases[old].endingSince = nil
            cases[old].ticket.recoveredAt = nil
            cases[old].ticket.reason = failure == .silent ? .noTelemetry : .siteSilent
            cases[old].ticket.revise(at: time)
            return [change(of: cases[old], .updated, .conditionReturned, listening)]
        }
        // A device has one ticket about its telemetry: one about a fault gives way.
        let yielded = makeRoom(in: group.map(\.device.id), at: time, listening)
        // So does one that has recovered.
        let anchor = group.first { member in
            !cases.contains { $0.anchor == member.device.id }
        }
        guard let anchor else {
            return yielded + group.flatMap { reopenAlone($0, at: time, listening) }
        }
        let reason: TicketReason = failure == .silent ? .noTelemetry : .siteSilent
        let since = group.map(silentFrom).min() ?? time
        let opened = SilenceCase(
            failure: failure, anchor: anchor.device.id, site: known.site,
            ticket: OpenTicket(
                id: TicketAuthor.identifier(
                    device: anchor.device.name, component: SilenceAuthor.component,
                    failureMode: failure.rawValue, firstSeen: since),
                severity: .warning, firstSeen: since, openedAt: time, reason: reason),
            members: members, silentAtFirst: members.count)
        cases.append(opened)
        return yielded + [change(of: opened, .opened, reason, listening)]
    }

    /// `true` when the device, slower to be missed than others, went silent with an outage.
    private func isPart(
        _ known: Listening, of standing: SilenceCase, _ listening: (DeviceID) -> Listening
    ) -> Bool {
        guard standing.failure == .siteOutage, standing.isActive, standing.endingSince == nil,
            standing.site == known.site
        else { return false }
        return silentFrom(known) - standing.ticket.firstSeen
            <= togetherness(known, listening(standing.anchor))
    }

    /// How far apart the last lines of devices that fell silent together may be.
    private func togetherness(_ one: Listening, _ other: Listening) -> TimeSpan {
        max(one.usualGap * 2, other.usualGap * 2, Self.togetherLeast)
    }

    /// Every device of an outage has a ticket of its own that has only just recovered: those go on.
    private mutating func reopenAlone(
        _ known: Listening, at time: Timestamp, _ listening: (DeviceID) -> Listening
    ) -> [TicketChange] {
        guard let old = cases.firstIndex(where: { $0.anchor == known.device.id }) else { return [] }
        cases[old].members = [SilenceCase.Member(device: known.device.id, heard: known.heard)]
        cases[old].ticket.recoveredAt = nil
        cases[old].ticket.revise(at: time)
        return [change(of: cases[old], .updated, .conditionReturned, listening)]
    }

    /// The device and those of its site that stopped at about the same time, by name; the device
    /// alone when they are too few.
    private func silentTogether(
        with first: Listening, at time: Timestamp, _ listening: (DeviceID) -> Listening
    ) -> [Listening] {
        var group: [Listening] = []
        var population = 0
        for index in countedFrom.indices {
            let other = listening(DeviceID(rawValue: Int32(index)))
            guard other.site == first.site, other.silence != nil, mayBeSilent(other),
                !isCovered(other.device.id)
            else { continue }
            population += 1
            let apart = abs((silentFrom(other) - silentFrom(first)).nanoseconds)
            let isQuiet = time - silentFrom(other) > other.usualGap * 2
            if other.device.id == first.device.id
                || (isQuiet && apart <= togetherness(other, first).nanoseconds)
            {
                group.append(other)
            }
        }
        let isOutage =
            group.count >= Self.outageDevices || (group.count == 2 && population == 2)
        return isOutage ? group.sorted { $0.device.name < $1.device.name } : [first]
    }

    /// Lets members that speak again go; recovers and in time closes the case.
    private mutating func follow(
        _ standing: inout SilenceCase, at now: Timestamp, _ listening: (DeviceID) -> Listening
    ) -> [TicketChange] {
        if standing.ticket.recoveredAt != nil {
            return closeWhenQuiet(&standing, at: now, listening)
        }
        let before = standing.members.count
        standing.members.removeAll { listening($0.device).heard > $0.heard }
        if standing.members.count < before {
            standing.endingSince = standing.endingSince ?? now
            nextScan = now
        }
        if let ending = standing.endingSince {
            // The site is back; who is not has a silence of its own, counted from here.
            for member in standing.members {
                countedFrom[member.device.index] = max(countedFrom[member.device.index], ending)
            }
            standing.members.removeAll { member in
                now - ending >= listening(member.device).silence ?? .zero
            }
        }
        guard !standing.isActive else { return [] }
        standing.ticket.recoveredAt = now
        standing.ticket.revise(at: now)
        return [change(of: standing, .recovered, .telemetryReturned, listening)]
    }

    func closeWhenQuiet(
        _ standing: inout SilenceCase, at now: Timestamp, _ listening: (DeviceID) -> Listening
    ) -> [TicketChange] {
        guard let recoveredAt = standing.ticket.recoveredAt, now - recoveredAt >= closeAfter
        else { return [] }
        standing.ticket.reason = .quietPeriodOver
        standing.ticket.revise(at: now)
        return [change(of: standing, .closed, .quietPeriodOver, listening)]
    }

    func change(
        of standing: SilenceCase, _ kind: TicketChange.Kind, _ reason: TicketReason,
        _ listening: (DeviceID) -> Listening, note: TicketChange.OperatorNote? = nil
    ) -> TicketChange {
        TicketChange(
            ticket: SilenceAuthor.compose(standing, listening), revision: standing.ticket.revision,
            kind: kind, time: standing.ticket.lastChange, previousSeverity: nil, reason: reason,
            operatorNote: note)
    }
}
