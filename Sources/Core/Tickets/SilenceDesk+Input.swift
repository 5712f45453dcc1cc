package import Primitives
package import Windows

/// A committed change of a ticket about silence, as a restart takes it over.
package struct RecordedSilence: Equatable, Sendable {
    package var ticket: String
    package var revision: Int
    package var kind: TicketChange.Kind
    package var time: Timestamp
    package var reason: TicketReason
    package var device: String
    package var failure: TelemetryFailure
    package var firstSeen: Timestamp
    package var openedAt: Timestamp

    package init(
        ticket: String, revision: Int, kind: TicketChange.Kind, time: Timestamp,
        reason: TicketReason, device: String, failure: TelemetryFailure, firstSeen: Timestamp,
        openedAt: Timestamp
    ) {
        self.ticket = ticket
        self.revision = revision
        self.kind = kind
        self.time = time
        self.reason = reason
        self.device = device
        self.failure = failure
        self.firstSeen = firstSeen
        self.openedAt = openedAt
    }
}

/// What enters from outside: operators' decisions, and what was committed before a restart.
extension SilenceDesk {
    /// Takes an operator's decision about a ticket at `time`.
    package mutating func apply(
        _ command: OperatorCommand, toTicket id: String, at time: Timestamp,
        _ listening: (DeviceID) -> Listening
    ) throws(CommandRefusal) -> TicketChange {
        guard let index = cases.firstIndex(where: { $0.ticket.id == id }) else {
            throw .noSuchTicket
        }
        let (kind, reason) = try cases[index].ticket.take(command.action, at: time)
        let change = change(
            of: cases[index], kind, reason, listening, note: TicketChange.OperatorNote(command))
        if kind == .closed {
            for member in cases[index].members {
                guard cases[index].failure.isSilence else {
                    settledFaults[member.device.index] = cases[index].failure
                    continue
                }
                settled[member.device.index] = listening(member.device).heard
            }
            cases.remove(at: index)
        }
        return change
    }

    /// Closes the ticket about a device that is out of use for good, if there is one; an outage it
    /// is part of goes on without it.
    package mutating func retire(
        _ device: DeviceID, at time: Timestamp, _ command: OperatorCommand,
        _ listening: (DeviceID) -> Listening
    ) -> TicketChange? {
        for index in cases.indices where cases[index].failure == .siteOutage {
            cases[index].members.removeAll { $0.device == device }
        }
        guard
            let index = cases.firstIndex(where: {
                $0.failure != .siteOutage && $0.anchor == device
            })
        else { return nil }
        var standing = cases.remove(at: index)
        standing.ticket.revise(at: time)
        return change(
            of: standing, .closed, .retired, listening, note: TicketChange.OperatorNote(command))
    }

    /// Takes a committed change over. `device` is the one the ticket is filed under.
    package mutating func adopt(
        _ recorded: RecordedSilence, device: DeviceID, _ listening: (DeviceID) -> Listening
    ) {
        let known = cases.firstIndex { $0.ticket.id == recorded.ticket }
        if recorded.kind == .closed {
            if let known { cases.remove(at: known) }
            if recorded.reason == .closedByOperator, !recorded.failure.isSilence {
                settledFaults[device.index] = recorded.failure
            }
            return
        }
        var standing =
            known.map { cases[$0] }
            ?? SilenceCase(
                failure: recorded.failure, anchor: device, site: listening(device).site,
                ticket: OpenTicket(
                    id: recorded.ticket, severity: recorded.failure.severity,
                    firstSeen: recorded.firstSeen,
                    openedAt: recorded.openedAt, reason: recorded.reason),
                members: [], silentAtFirst: 1)
        guard known == nil || recorded.revision > standing.ticket.revision else { return }
        standing.ticket.revision = recorded.revision
        standing.ticket.lastChange = max(standing.ticket.lastChange, recorded.time)
        switch recorded.kind {
        case .opened, .updated, .reopened:
            standing.members = silent(in: standing, at: recorded.time, listening)
            standing.silentAtFirst = standing.members.count
            standing.ticket.recoveredAt = nil
        case .recovered:
            standing.members = []
            standing.ticket.recoveredAt = recorded.time
        case .acknowledged: standing.ticket.handling = .acknowledged
        case .planned: standing.ticket.handling = .planned
        case .escalated, .deescalated, .closed: break
        }
        if let known { cases[known] = standing } else { cases.append(standing) }
    }

    /// Who a committed case stands for: its device, and of an outage everybody at the site who had
    /// not been heard since about then.
    private func silent(
        in standing: SilenceCase, at time: Timestamp, _ listening: (DeviceID) -> Listening
    ) -> [SilenceCase.Member] {
        countedFrom.indices.map { listening(DeviceID(rawValue: Int32($0))) }.filter { known in
            if known.device.id == standing.anchor { return true }
            return standing.failure == .siteOutage && known.site == standing.site
                && !isCovered(known.device.id) && time - known.heard > known.usualGap * 2
        }.map { SilenceCase.Member(device: $0.device.id, heard: $0.heard) }
    }
}

extension SilenceDesk {
    /// By name: ids belong to a process.
    package func encode(into state: inout StateWriter, name: (DeviceID) -> String) {
        state.put(each: cases) { $1.encode(into: &$0, name: name) }
        state.put(countedFrom.count)
        for index in countedFrom.indices {
            state.put(name(DeviceID(rawValue: Int32(index))))
            state.put(countedFrom[index])
            state.put(settled[index]) { $0.put($1) }
            state.put(settledFaults[index]) { $0.put($1.rawValue) }
        }
        state.put(nextScan)
    }

    /// Takes up the cases of an earlier process; every device must be known by now. State of before
    /// there were faults lacks who has had one settled.
    package mutating func restore(
        from state: inout StateReader, knowsFaults: Bool,
        device: (String) throws(StateFailure) -> DeviceID
    ) throws(StateFailure) {
        var restored: [SilenceCase] = []
        for _ in 0..<(try state.count()) {
            restored.append(try SilenceCase(from: &state, device: device))
        }
        var from = countedFrom
        var settlements = settled
        var faults = settledFaults
        for _ in 0..<(try state.count()) {
            let index = try device(try state.string()).index
            from[index] = try state.timestamp()
            settlements[index] = try state.optionalTimestamp()
            guard knowsFaults else { continue }
            faults[index] = try state.optional { (state) throws(StateFailure) in
                try state.word(TelemetryFailure.self)
            }
        }
        nextScan = try state.timestamp()
        cases = restored
        countedFrom = from
        settled = settlements
        settledFaults = faults
    }
}
