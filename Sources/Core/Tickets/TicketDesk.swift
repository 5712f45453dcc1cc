package import Detection
package import Primitives
package import Prognosis
package import Windows

/// Assessments and risks in, ticket changes out: advisory generation (ISO 13374).
///
/// What comes in: one assessment and one risk per component for every closed window. What goes
/// out: a ``TicketChange`` now and then, and a decision with a reason always. What always holds: at
/// most one open ticket per device and component; revisions count up by one; the same evidence
/// gives the same ticket, identifier included. Deliberately absent: writing anything down.
package struct TicketDesk: Sendable {
    /// What is known about the tickets of one component.
    private struct Place: Sendable {
        var policy: TicketPolicy
        var machine = TicketMachine()
        var lastReason: TicketReason?
        /// The ticket as last written: what an operator's change is about.
        var latest: Ticket?
    }

    private var devices: [[Place]] = []

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
        devices.append(policies.map { Place(policy: $0) })
    }

    /// Starts a device over under other policies: its class became known.
    package mutating func setPolicies(_ policies: [TicketPolicy], of device: DeviceID) {
        devices[device.index] = policies.map { Place(policy: $0) }
    }

    /// Decides about every component of a device. `subject` names component `i` in words; it is
    /// asked only when there is something to write.
    package mutating func decide(
        _ assessment: DeviceAssessment, risks: [ComponentRisk], isShelved: Bool = false,
        exemption: TicketReason? = nil,
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
            var place = devices[device][component]
            defer { devices[device][component] = place }
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
            guard let kind = decision.kind, let open = place.machine.open ?? place.machine.closed
            else { continue }
            let ticket = TicketAuthor.compose(
                open, subject: subject(component), assessment: assessment, condition: condition,
                risk: risks[component])
            place.latest = ticket
            changes.append(
                TicketChange(
                    ticket: ticket, revision: open.revision, kind: kind, time: open.lastChange,
                    previousSeverity: decision.previousSeverity, reason: decision.reason))
        }
        return (changes, decisions)
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
            let decision = devices[index][component].machine.close(at: time, because: reason),
            let closed = devices[index][component].machine.closed
        else { return nil }
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
        state.put(each: devices[device.index]) { state, place in
            place.machine.encode(into: &state)
            state.put(place.lastReason) { $0.put($1.rawValue) }
            state.put(place.latest) { $1.encode(into: &$0) }
        }
    }

    /// Takes up the tickets of a device; its class must have as many components as it had.
    package mutating func restore(
        _ device: DeviceID, advice: [ComponentAdvice], from state: inout StateReader
    ) throws(StateFailure) {
        var restored = devices[device.index]
        guard try state.int() == restored.count else { throw .invalid("number of components") }
        for component in restored.indices {
            restored[component].machine = try TicketMachine(from: &state)
            restored[component].lastReason = try state.optional { (state) throws(StateFailure) in
                try state.word(TicketReason.self)
            }
            restored[component].latest = try state.optional { (state) throws(StateFailure) in
                try Ticket(from: &state, advice: advice[component])
            }
        }
        devices[device.index] = restored
    }
}
