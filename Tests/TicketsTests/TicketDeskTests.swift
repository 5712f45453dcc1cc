import Primitives
import Testing
import Windows

@testable import Detection
@testable import Prognosis
@testable import Tickets

/// The desk of one device with two components: bearing (signal 0) and seal (signal 1).
@Suite struct TicketDeskTests {
    private struct Office {
        var desk = TicketDesk()
        var time = Scene.start
        let advice = [
            ComponentAdvice(component: "bearing", failureMode: "VIB"),
            ComponentAdvice(component: "seal", failureMode: "ELP"),
        ]
        var changes: [TicketChange] = []
        var decisions: [TicketDesk.Decision] = []

        init() {
            desk.addDevice(policies)
        }

        var policies: [TicketPolicy] {
            advice.map {
                TicketPolicy(settings: TicketPolicySettings(), advice: $0, isGeneric: false)
            }
        }

        /// One window of an hour; each component's signal is `nil` when absent.
        mutating func feed(
            bearing: Said? = .quiet, seal: Said? = .quiet, quality: DataQuality = .good,
            times count: Int = 1
        ) {
            for _ in 0..<count { step([bearing, seal], quality) }
        }

        private mutating func step(_ said: [Said?], _ quality: DataQuality) {
            time = time + Scene.window
            var scene = Scene()
            scene.time = time
            let told = said.map { scene.evidence($0 ?? .quiet) }
            var signals: [SignalAssessment] = []
            var conditions: [ComponentCondition] = []
            for (index, evidence) in told.enumerated() {
                var condition = evidence.condition
                condition.component = index
                if said[index] != nil {
                    condition.evidence = [signals.count]
                    signals.append(
                        SignalAssessment(
                            signal: SignalID(rawValue: Int32(index)), policy: nil, mean: 1,
                            count: 10, quality: quality, state: .normal, expected: 0, scale: 1,
                            deviation: condition.raw, raw: condition.raw, score: 0, fraction: nil,
                            limitDeviation: nil, zone: condition.zone, since: evidence.since,
                            degradation: 0))
                }
                conditions.append(condition)
            }
            let assessment = DeviceAssessment(
                device: DeviceID(rawValue: 0), start: time - Scene.window, end: time,
                operating: .running, state: .normal, learned: 1, raw: 0, score: 0, health: 90,
                signals: signals, components: conditions)
            let present = signals.indices.map { (name: "signal \($0)", unit: String?.none) }
            let found = desk.decide(
                assessment, risks: told.map(\.risk),
                subject: { component in
                    TicketSubject(
                        device: "P-101", deviceClass: "pump", attributes: [],
                        advice: advice[component], signals: present)
                }, deviceName: "P-101", advice: advice)
            changes += found.changes
            decisions += found.decisions
        }
    }

    private func check(
        _ office: Office, _ expected: [String], _ location: SourceLocation = #_sourceLocation
    ) {
        let told = office.changes.map {
            "\($0.ticket.component) \($0.kind) \($0.revision) \($0.reason.rawValue)"
        }
        #expect(told == expected, sourceLocation: location)
    }

    @Test func aLifeOfATicket() throws {
        var office = Office()
        office.feed(times: 5)
        office.feed(bearing: .riskWarning, times: 2)
        office.feed(bearing: .riskUrgent)
        office.feed(times: 24 + 168)
        check(
            office,
            [
                "bearing opened 1 failure_risk", "bearing escalated 2 severity_rose",
                "bearing recovered 3 condition_cleared", "bearing closed 4 quiet_period_over",
            ])
        let first = try #require(office.changes.first)
        #expect(
            first.ticket.id
                == TicketAuthor.identifier(
                    device: "P-101", component: "bearing", failureMode: "VIB",
                    firstSeen: Scene.start + .hours(6)))
        #expect(Set(office.changes.map(\.ticket.id)).count == 1)
        #expect(office.changes.map(\.id) == (1...4).map { "\(first.ticket.id)-\($0)" })
        #expect(office.changes[1].previousSeverity == .warning)
        #expect(
            office.changes.map(\.time)
                == [7, 8, 32, 200].map { Scene.start + TimeSpan.hours($0) })
    }

    /// A decision is told when its reason differs from the last one, not at every window.
    @Test func decisionsAreToldOnce() {
        var office = Office()
        office.feed(times: 50)
        office.feed(bearing: .uneasy, times: 50)
        office.feed(times: 50)
        let told = office.decisions.map { "\($0.component) \($0.reason.rawValue)" }
        #expect(
            told == [
                "0 within_normal", "1 within_normal", "0 awaiting_persistence", "0 within_normal",
            ])
        #expect(office.decisions[2].time == Scene.start + .hours(51))
    }

    /// Wear in the bearing shows at the seal too: no second ticket without its own date or limit.
    @Test func anotherTicketExplains() {
        var office = Office()
        office.feed(bearing: .riskWarning, seal: .quiet, times: 2)
        office.feed(bearing: .riskWarning, seal: .deviationLong, times: 20)
        check(office, ["bearing opened 1 failure_risk"])
        #expect(office.decisions.last?.reason == .explainedByOther)
        office.feed(bearing: .riskWarning, seal: .trip, times: 2)
        check(office, ["bearing opened 1 failure_risk", "seal opened 1 trip_limit"])
        var alone = Office()
        alone.feed(bearing: .deviationLong)
        alone.feed(bearing: .deviationLong, seal: .deviationLong)
        check(
            alone,
            ["bearing opened 1 persistent_deviation", "seal opened 1 persistent_deviation"])
    }

    /// The component's sensors fall silent, or talk nonsense, while the machine runs on.
    @Test func aLostSensorRecoversNothing() {
        var mute = Office()
        mute.feed(bearing: .alarm, times: 3)
        mute.feed(bearing: nil, times: 500)
        check(mute, ["bearing opened 1 alarm_limit"])
        mute.feed(times: 24)
        check(mute, ["bearing opened 1 alarm_limit", "bearing recovered 2 condition_cleared"])
        var broken = Office()
        broken.feed(bearing: .alarm, times: 3)
        broken.feed(quality: .outOfRange, times: 500)
        check(broken, ["bearing opened 1 alarm_limit"])
    }

    /// A class that becomes known starts the device over.
    @Test func newPoliciesStartOver() {
        var office = Office()
        office.feed(bearing: .alarm, times: 2)
        office.desk.setPolicies(office.policies, of: DeviceID(rawValue: 0))
        office.feed(bearing: .alarm, times: 2)
        check(office, [])
        office.feed(bearing: .alarm)
        check(office, ["bearing opened 1 alarm_limit"])
    }

    @Test func equalEvidenceGivesEqualTickets() {
        var left = Office()
        var right = Office()
        for said in Said.allCases where !said.saysNothing {
            left.feed(bearing: said, seal: .alarm, times: 30)
            right.feed(bearing: said, seal: .alarm, times: 30)
        }
        #expect(left.changes == right.changes)
        #expect(left.decisions == right.decisions)
        #expect(left.changes.count > 5)
    }
}
