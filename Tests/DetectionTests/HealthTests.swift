import Primitives
import Testing
import Windows

@testable import Detection

/// Scores, health and the alert log.
@Suite struct HealthTests {
    @Test(arguments: [
        (0.0, LimitZone.within, 0.0), (4, .within, 0.5), (12, .within, 0.75), (0, .alarm, 0.8),
        (36, .alarm, 0.9), (0, .trip, 0.95), (396, .trip, 0.99),
    ])
    func scores(_ raw: Double, _ zone: LimitZone, _ score: Double) {
        #expect(HealthScale.score(raw: raw, zone: zone) == score)
    }

    @Test(arguments: [
        (0.0, nil, LimitZone.within, 0.0), (3, nil, .within, 0), (11, nil, .within, 0.3),
        (1e9, nil, .within, 0.6), (2.9, 0.05, .within, 0.05), (2.9, 0.9, .within, 0.1),
        (3, 0.25, .within, 0.25), (9, 1, .alarm, 1), (0, nil, .trip, 1), (0, 0, .trip, 1),
    ])
    func degradation(_ raw: Double, _ fraction: Double?, _ zone: LimitZone, _ expected: Double) {
        let found = HealthScale.degradation(raw: raw, fraction: fraction, zone: zone)
        #expect(abs(found - expected) < 1e-6)
    }

    /// Health at 100 as commissioned, then down step by step as a signal walks to its limit.
    @Test func healthFallsOnTheWayToTheLimit() throws {
        let limits = SignalLimits(alarmHigh: 130, tripHigh: 150)
        var bench = Bench(
            DetectionPolicy(
                signals: [.init(name: "vibration", direction: .up, limits: limits)]),
            signals: ["pump.vibration"])
        var random = Random(seed: 21)
        bench.commission(&random, levels: [100])
        var lowest = 100.0
        for _ in 0..<500 { lowest = min(lowest, bench.feed(100 + random.normal()).health) }
        #expect(lowest > 97, "\(lowest)")
        var last = 101.0
        var level = 100.0
        var halfway: Double?
        while level < 150 {
            level = min(level + 0.05, 150)
            let assessment = bench.feed(level)
            #expect(assessment.health <= last + 1e-9, "at \(level)")
            if level == 125 || (level > 125 && halfway == nil) { halfway = assessment.health }
            last = assessment.health
        }
        let middle = try #require(halfway)
        #expect(abs(middle - 50) < 5, "\(middle)")
        #expect(last == 0)
    }

    // The alert machine.

    private func alerts(
        _ scores: [Double], operating: (Int) -> OperatingState = { _ in .running }
    ) -> [(index: Int, kind: ConditionAlert.Kind)] {
        var bench = Bench(DetectionPolicy(), signals: ["pump.a", "pump.b"])
        var machine = ConditionAlertMachine()
        var raised: [(Int, ConditionAlert.Kind)] = []
        for (index, score) in scores.enumerated() {
            var assessment = bench.feed(1, 1)
            assessment.score = score
            assessment.signals[1].score = score
            assessment.operating = operating(index)
            guard let alert = machine.update(assessment) else { continue }
            #expect(alert.time == assessment.end)
            #expect(alert.score == score)
            #expect(alert.signal == SignalID(rawValue: score > 0 ? 1 : 0))
            raised.append((index, alert.kind))
        }
        return raised
    }

    /// A loose connector or a dead sensor clears nothing.
    @Test func alertsStandWhileNoSensorCanBeBelieved() {
        var bench = Bench(DetectionPolicy(), signals: ["pump.a", "pump.b"])
        var machine = ConditionAlertMachine()
        var kinds: [ConditionAlert.Kind] = []
        for index in 0..<40 {
            var assessment = bench.feed(1, 1)
            assessment.score = index < 3 ? 0.9 : 0
            if index >= 3 {
                for place in assessment.signals.indices {
                    assessment.signals[place].quality = .noisy
                }
            }
            if let alert = machine.update(assessment) { kinds.append(alert.kind) }
        }
        #expect(kinds == [.abnormal])
    }

    /// Nor does the loss of the one sensor that said so, while others say that all is well.
    @Test func alertsStandWhileTheirSensorCannotBeBelieved() {
        var bench = Bench(DetectionPolicy(), signals: ["pump.a", "pump.b"])
        var machine = ConditionAlertMachine()
        var kinds: [ConditionAlert.Kind] = []
        for index in 0..<60 {
            var assessment = bench.feed(1, 1)
            assessment.score = index < 3 ? 0.9 : 0
            assessment.heldScore = (3..<40).contains(index) ? 0.9 : 0
            if let alert = machine.update(assessment) { kinds.append(alert.kind) }
            if index == 39 { #expect(kinds == [.abnormal]) }
        }
        #expect(kinds == [.abnormal, .normal])
    }

    private func check(
        _ scores: [Double], _ expected: [(Int, ConditionAlert.Kind)],
        operating: (Int) -> OperatingState = { _ in .running },
        _ location: SourceLocation = #_sourceLocation
    ) {
        let found = alerts(scores, operating: operating)
        #expect(found.map(\.index) == expected.map(\.0), sourceLocation: location)
        #expect(found.map(\.kind) == expected.map(\.1), sourceLocation: location)
    }

    private func run(_ score: Double, _ count: Int) -> [Double] {
        [Double](repeating: score, count: count)
    }

    @Test func alertsHaveOnDelayAndDeadband() {
        check(run(0.5, 2) + [0.49], [])
        check(run(0.5, 3), [(2, .abnormal)])
        check(run(0.9, 50), [(2, .abnormal)])
        check(run(0.9, 2) + [0.1] + run(0.9, 2), [])
        // Between 0.35 and 0.5 nothing changes in either direction.
        check(run(0.9, 3) + run(0.4, 100), [(2, .abnormal)])
        check(run(0.4, 100), [])
        check(run(0.9, 3) + run(0, 11), [(2, .abnormal)])
        check(run(0.9, 3) + run(0, 12), [(2, .abnormal), (14, .normal)])
        check(run(0.9, 3) + run(0, 11) + [0.4] + run(0, 11), [(2, .abnormal)])
        check(
            run(0.9, 3) + run(0, 12) + run(0.9, 3),
            [(2, .abnormal), (14, .normal), (17, .abnormal)])
    }

    /// A machine that is off neither raises nor clears, and does not interrupt a run.
    @Test func offWindowsSayNothing() {
        check(run(0.9, 100), [], operating: { _ in .off })
        check(run(0.9, 3) + run(0, 100), [(2, .abnormal)], operating: { $0 < 3 ? .running : .off })
        check(
            [0.9, 0.9, 0, 0.9], [(3, .abnormal)],
            operating: { $0 == 2 ? .transient : .running })
    }
}
