package import Detection
package import Primitives
package import Prognosis
package import Windows

/// Assessments and risks in, ticket changes out: advisory generation (ISO 13374).
///
/// What comes in: one assessment and one risk per component for every closed window. What goes
/// out: a ``TicketChange`` now and then, and a decision with a reason always. What always holds: at
/// most one open ticket per device and component; revisions count up by one; the same evidence
/// gives the same ticket, identifier included; a backlog opens a ticket at once, closes none, and
/// everything else it changes about one is told as one change. Deliberately absent: writing
/// anything down.
package struct TicketDesk: Sendable {
    private var devices: [[TicketPlace]] = []
    /// Devices that may have held tickets.
    private var holding: Set<DeviceID> = []

    /// A decision about one component, reported when its reason differs from the last one.
    package struct Decision: Equatable, Sendable {
        package var device: DeviceID
        package var component: Int
        package var time: Timestamp
        package var reason: TicketReason
    }

    package init() {}

    /// Makes room for the next device; devices are added in order of their ids.
    package mutating func addDevice(_ policies: [TicketPolicy]) {
        devices.append(policies.map { TicketPlace(policy: $0) })
    }

    /// Starts a device over under other policies: its class became known.
    package mutating func setPolicies(_ policies: [TicketPolicy], of device: DeviceID) {
        devices[device.index] = policies.map { TicketPlace(policy: $0) }
    }

    /// Decides about every component of a device. `subject` names component `i` in words; it is
    /// asked only when there is something to write.
    package mutating func decide(
        _ assessment: DeviceAssessment, risks: [ComponentRisk], isShelved: Bool = false,
        exemption: TicketReason? = nil, judgedLate: Timestamp? = nil,
        subject: (Int) -> TicketSubject, deviceName: String, advice: [ComponentAdvice]
    ) -> (changes: [TicketChange], decisions: [Decision]) {
        var changes: [TicketChange] = []
        var decisions: [Decision] = []
        let device = assessment.device.index
        for component in devices[device].indices {
            let condition = assessment.components[component]
            var evidence = TicketEvidence(
                time: assessment.end, window: assessment.end - assessment.start,
                operating: assessment.operating,
                isLearning: assessment.learned < 1 && !condition.hasReference,
                condition: condition, risk: risks[component],
                since: condition.evidence.compactMap { assessment.signals[$0].since }.min(),
                hasExplanation: hasExplanation(device, besides: component),
                hasSignals: condition.evidence.contains {
                    assessment.signals[$0].quality.isBelieved
                }, isShelved: isShelved, exemption: exemption)
            evidence.pause = assessment.pause
            evidence.judgedLate = judgedLate
            var place = devices[device][component]
            defer { devices[device][component] = place }
            let before = place.machine.open
            let decision = place.machine.decide(evidence, policy: place.policy) { firstSeen in
                TicketAuthor.identifier(
                    device: deviceName, component: advice[component].component,
                    failureMode: advice[component].failureMode, firstSeen: firstSeen)
            }
            if decision.reason != place.lastReason {
                place.lastReason = decision.reason
                decisions.append(
                    Decision(
                        device: assessment.device, component: component, time: assessment.end,
                        reason: decision.reason))
            }
            let told = place.tell(decision, before: before, judgedLate: judgedLate)
            guard decision.kind != nil || told != nil,
                let open = place.machine.open ?? place.machine.closed
            else { continue }
            let ticket = TicketAuthor.compose(
                open, subject: subject(component), assessment: assessment, condition: condition,
                risk: risks[component])
            place.latest = ticket
            guard let told, let kind = told.kind else { continue }
            changes.append(
                TicketChange(
                    ticket: ticket, revision: open.revision, kind: kind, time: open.lastChange,
                    previousSeverity: told.previousSeverity, reason: told.reason))
        }
        if judgedLate != nil { noteHeld(assessment.device) }
        return (changes, decisions)
    }

    private mutating func noteHeld(_ device: DeviceID) {
        if devices[device.index].contains(where: { $0.held != nil }) { holding.insert(device) }
    }

    /// Tells what backlogs changed about tickets and was held since `time` or longer.
    package mutating func tellHeld(since time: Timestamp) -> [TicketChange] {
        var changes: [TicketChange] = []
        for device in holding {
            let index = device.index
            for component in devices[index].indices {
                guard let held = devices[index][component].held, held.since <= time else {
                    continue
                }
                _ = devices[index][component].takeHeld()
                let place = devices[index][component]
                guard let open = place.machine.open, let ticket = place.latest else { continue }
                let told = held.change(to: open)
                guard let kind = told.kind else { continue }
                changes.append(
                    TicketChange(
                        ticket: ticket, revision: open.revision, kind: kind,
                        time: open.lastChange, previousSeverity: told.previousSeverity,
                        reason: told.reason))
            }
            if !devices[index].contains(where: { $0.held != nil }) { holding.remove(device) }
        }
        return changes
    }

    /// `true` when another component of the device has an open ticket of at least `warning`.
    private func hasExplanation(_ device: Int, besides component: Int) -> Bool {
        devices[device].indices.contains { other in
            other != component
                && (devices[device][other].machine.open?.severity ?? .advice) >= .warning
        }
    }

    /// Takes an operator's decision about a ticket at `time`.
    package mutating func apply(
        _ command: OperatorCommand, toTicket id: String, at time: Timestamp
    ) throws(CommandRefusal) -> TicketChange {
        for device in devices.indices {
            for component in devices[device].indices
            where devices[device][component].latest?.id == id {
                let decision = try devices[device][component].machine.apply(
                    command.action, toTicket: id, at: time)
                // What a person decides tells the ticket as it stands.
                _ = devices[device][component].takeHeld()
                let machine = devices[device][component].machine
                guard let ticket = devices[device][component].latest,
                    let open = machine.open ?? machine.closed, let kind = decision.kind
                else { throw .noSuchTicket }
                return TicketChange(
                    ticket: ticket, revision: open.revision, kind: kind, time: open.lastChange,
                    previousSeverity: nil, reason: decision.reason,
                    operatorNote: TicketChange.OperatorNote(command))
            }
        }
        throw .noSuchTicket
    }

    /// Closes the ticket about a component that was opened by `time`, if there is one, because of
    /// an event that `command` tells of.
    package mutating func close(
        _ component: Int, of device: DeviceID, at time: Timestamp, because reason: TicketReason,
        _ command: OperatorCommand
    ) -> TicketChange? {
        let index = device.index
        guard let ticket = devices[index][component].latest,
            let decision = devices[index][component].machine.close(at: time, because: reason)
        else { return nil }
        _ = devices[index][component].takeHeld()
        guard let closed = devices[index][component].machine.closed else { return nil }
        return TicketChange(
            ticket: ticket, revision: closed.revision, kind: .closed, time: closed.lastChange,
            previousSeverity: nil, reason: decision.reason,
            operatorNote: TicketChange.OperatorNote(command))
    }

    /// A component begins a new life: what was gathered about it is forgotten.
    package mutating func startOver(_ component: Int, of device: DeviceID) {
        devices[device.index][component].machine.startOver()
    }

    package func componentCount(of device: DeviceID) -> Int { devices[device.index].count }
}

extension TicketDesk {
    package func encode(_ device: DeviceID, into state: inout StateWriter) {
        state.put(each: devices[device.index]) { state, place in place.encode(into: &state) }
    }

    /// Takes up the tickets of a device; its class must have as many components as it had.
    package mutating func restore(
        _ device: DeviceID, advice: [ComponentAdvice], knowsHeld: Bool = true,
        from state: inout StateReader
    ) throws(StateFailure) {
        var restored = devices[device.index]
        guard try state.int() == restored.count else { throw .invalid("number of components") }
        for component in restored.indices {
            try restored[component].restore(
                from: &state, advice: advice[component], knowsHeld: knowsHeld)
        }
        devices[device.index] = restored
        noteHeld(device)
    }
}
