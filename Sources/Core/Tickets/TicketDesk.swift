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
    private var machines: [[TicketMachine]] = []
    private var policies: [[TicketPolicy]] = []
    private var lastReasons: [[TicketReason?]] = []

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
        self.policies.append(policies)
        machines.append(policies.map { _ in TicketMachine() })
        lastReasons.append(policies.map { _ in nil })
    }

    /// Starts a device over under other policies: its class became known.
    package mutating func setPolicies(_ policies: [TicketPolicy], of device: DeviceID) {
        self.policies[device.index] = policies
        machines[device.index] = policies.map { _ in TicketMachine() }
        lastReasons[device.index] = policies.map { _ in nil }
    }

    /// Decides about every component of a device. `subject` names component `i` in words; it is
    /// asked only when there is something to write.
    package mutating func decide(
        _ assessment: DeviceAssessment, risks: [ComponentRisk],
        subject: (Int) -> TicketSubject, deviceName: String, advice: [ComponentAdvice]
    ) -> (changes: [TicketChange], decisions: [Decision]) {
        var changes: [TicketChange] = []
        var decisions: [Decision] = []
        let device = assessment.device.index
        for component in machines[device].indices {
            let condition = assessment.components[component]
            let evidence = TicketEvidence(
                time: assessment.end, window: assessment.end - assessment.start,
                operating: assessment.operating, isLearning: assessment.learned < 1,
                condition: condition, risk: risks[component],
                since: condition.evidence.compactMap { assessment.signals[$0].since }.min(),
                hasExplanation: machines[device].indices.contains { other in
                    other != component
                        && (machines[device][other].open?.severity ?? .advice) >= .warning
                },
                hasSignals: condition.evidence.contains {
                    assessment.signals[$0].quality == .good
                })
            let decision = machines[device][component].decide(
                evidence, policy: policies[device][component]
            ) { firstSeen in
                TicketAuthor.identifier(
                    device: deviceName, component: advice[component].component,
                    failureMode: advice[component].failureMode, firstSeen: firstSeen)
            }
            if decision.reason != lastReasons[device][component] {
                lastReasons[device][component] = decision.reason
                decisions.append(
                    Decision(
                        device: assessment.device, component: component, time: assessment.end,
                        reason: decision.reason))
            }
            let machine = machines[device][component]
            guard let kind = decision.kind, let open = machine.open ?? machine.closed else {
                continue
            }
            let ticket = TicketAuthor.compose(
                open, subject: subject(component), assessment: assessment, condition: condition,
                risk: risks[component])
            changes.append(
                TicketChange(
                    ticket: ticket, revision: open.revision, kind: kind, time: assessment.end,
                    previousSeverity: decision.previousSeverity, reason: decision.reason))
        }
        return (changes, decisions)
    }
}

extension TicketDesk {
    package func encode(_ device: DeviceID, into state: inout StateWriter) {
        state.put(each: Array(machines[device.index].indices)) { state, component in
            machines[device.index][component].encode(into: &state)
            state.put(lastReasons[device.index][component]) { $0.put($1.rawValue) }
        }
    }

    /// Takes up the tickets of a device; its class must have as many components as it had.
    package mutating func restore(
        _ device: DeviceID, from state: inout StateReader
    ) throws(StateFailure) {
        guard try state.int() == machines[device.index].count else {
            throw .invalid("number of components")
        }
        var restored: [TicketMachine] = []
        var reasons: [TicketReason?] = []
        for _ in machines[device.index] {
            restored.append(try TicketMachine(from: &state))
            reasons.append(
                try state.optional { (state) throws(StateFailure) in
                    try state.word(TicketReason.self)
                })
        }
        machines[device.index] = restored
        lastReasons[device.index] = reasons
    }
}
