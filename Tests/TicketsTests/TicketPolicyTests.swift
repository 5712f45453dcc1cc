import Primitives
import Testing

@testable import Detection
@testable import Prognosis
@testable import Tickets

/// The rules without memory: thresholds, costs, and what an undeclared device may get.
@Suite struct TicketPolicyTests {
    private struct Given {
        var raw = 0.0
        var current: Double?
        var signals = 0
        var lasted: TimeSpan?
        var zone = LimitZone.within
        var probability: Double?
        var p05 = TimeSpan.days(5)
        var p50: TimeSpan?
        var alarms = 0
        var trips = 0
        var isGeneric = false

        var policy: TicketPolicy {
            TicketPolicy(
                settings: TicketPolicySettings(), advice: Scene.advice, isGeneric: isGeneric)
        }

        var evidence: TicketEvidence {
            TicketEvidence(
                time: Scene.start, window: Scene.window, operating: .running, isLearning: false,
                condition: Scene.condition(
                    raw: raw, signals: signals, zone: zone, current: current),
                risk: Scene.risk(probability, p05: p05, p50: p50),
                since: lasted.map { Scene.start - $0 })
        }
    }

    private func check(
        _ given: Given, _ reason: TicketReason?, _ severity: Severity? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let trigger = given.policy.trigger(
            given.evidence, alarms: given.alarms, trips: given.trips)
        #expect(trigger?.reason == reason, sourceLocation: location)
        #expect(trigger?.severity == severity, sourceLocation: location)
    }

    @Test func limits() {
        check(Given(zone: .alarm, alarms: 2), nil)
        check(Given(zone: .alarm, alarms: 3), .alarmLimit, .warning)
        check(Given(zone: .trip, alarms: 1, trips: 1), nil)
        check(Given(zone: .trip, alarms: 2, trips: 2), .tripLimit, .urgent)
        check(Given(zone: .trip, alarms: 9, trips: 9), .tripLimit, .urgent)
    }

    /// Horizon 14 days, lead time 2 days.
    @Test func risk() {
        check(Given(probability: 0.29, p50: .days(1)), nil)
        check(Given(probability: 0.3, p50: .days(15)), .failureRisk, .advice)
        check(Given(probability: 0.3, p50: .days(14)), .failureRisk, .warning)
        check(Given(probability: 0.3, p50: .days(2)), .failureRisk, .urgent)
        check(Given(probability: 0.3, p05: .days(2), p50: .days(9)), .failureRisk, .warning)
        check(
            Given(zone: .alarm, probability: 0.3, p05: .days(2), p50: .days(9)), .failureRisk,
            .urgent)
        check(
            Given(zone: .alarm, probability: 0.3, p05: .days(2), p50: .days(9), alarms: 3),
            .alarmLimit, .urgent)
        check(
            Given(zone: .alarm, probability: 0.3, p50: .days(90), alarms: 3), .alarmLimit, .warning)
        check(Given(probability: 0.98), nil)
    }

    @Test func deviations() {
        check(Given(raw: 6, signals: 2, lasted: .hours(12)), .persistentDeviation, .advice)
        check(Given(raw: 5.9, signals: 2, lasted: .hours(99)), nil)
        check(Given(raw: 6, signals: 2, lasted: .minutes(719)), nil)
        check(Given(raw: 6, current: 2.9, signals: 2, lasted: .hours(99)), nil)
        check(Given(raw: 6, signals: 2), nil)
        check(Given(raw: 10, signals: 1, lasted: .hours(24)), .persistentDeviation, .advice)
        check(Given(raw: 9.9, signals: 1, lasted: .hours(99)), nil)
        check(Given(raw: 10, signals: 1, lasted: .hours(23)), nil)
    }

    /// Without a class: twice the time for a deviation, and never more than a warning.
    @Test func genericDevices() {
        check(Given(raw: 6, signals: 2, lasted: .hours(23), isGeneric: true), nil)
        check(
            Given(raw: 6, signals: 2, lasted: .hours(24), isGeneric: true), .persistentDeviation,
            .advice)
        check(Given(raw: 10, signals: 1, lasted: .hours(47), isGeneric: true), nil)
        check(Given(zone: .trip, alarms: 2, trips: 2, isGeneric: true), .tripLimit, .warning)
        check(Given(probability: 0.9, p50: .hours(1), isGeneric: true), .failureRisk, .warning)
        #expect(ComponentAdvice(component: "device").parts == [])
    }

    @Test func whatKeepsATicketOpen() {
        func stays(_ given: Given) -> Bool { given.policy.stays(given.evidence) }
        #expect(stays(Given(raw: 3)))
        #expect(!stays(Given(raw: 2.99)))
        #expect(stays(Given(zone: .alarm)))
        #expect(stays(Given(probability: 0.15)))
        #expect(!stays(Given(probability: 0.149)))
        #expect(!stays(Given()))
    }

    /// Failure, planned repair, visit; the risk from which acting is cheaper.
    private static let costs: [[Double?]] = [
        [nil, 9, 1, nil], [10, nil, 1, nil], [10, 5, nil, nil], [10, 10, 1, nil], [5, 10, 1, nil],
        [10, 5, 0, nil], [10, 5, -1, nil], [10, 5, 5, 0.5], [10, 1, 1, 0.1], [10, 9, 9, 0.9],
        [40_000, 6_000, 850, 850.0 / 34_850],
    ]

    @Test(arguments: costs)
    private func breakEven(_ row: [Double?]) {
        let (failure, planned, visit, risk) = (row[0], row[1], row[2], row[3])
        let cost = CostModel(failure: failure, plannedRepair: planned, visit: visit)
        #expect(cost.breakEvenRisk == risk)
        let advice = ComponentAdvice(component: "bearing", cost: cost)
        let policy = TicketPolicy(
            settings: TicketPolicySettings(openRisk: 0.3), advice: advice, isGeneric: false)
        #expect(policy.openRisk == max(0.3, risk ?? 0), "costs raise the threshold, never lower it")
        #expect(policy.leadTime == .days(2))
    }

    @Test func severitiesAreOrdered() {
        #expect(Severity.allCases.sorted() == [.advice, .warning, .urgent])
        #expect(Severity.allCases.map(\.name) == ["advice", "warning", "urgent"])
    }
}
