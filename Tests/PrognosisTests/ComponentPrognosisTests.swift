import Detection
import Primitives
import Testing
import Windows

@testable import Detection
@testable import Prognosis

/// From windows to blocks to risks: what counts, and every reason for a number or for none.
@Suite struct ComponentPrognosisTests {
    static let window = TimeSpan.minutes(10)

    /// One component of one device, fed window after window.
    private struct Run {
        var prognosis = ComponentPrognosis(
            policy: PrognosisPolicy(component: "bearing"), component: 0)
        var time = Timestamp(seconds: 1_767_571_200)
        var window = ComponentPrognosisTests.window

        @discardableResult mutating func feed(
            _ deviation: Double, limit: Double? = 30, learned: Double = 1,
            hasReference: Bool = false, quality: DataQuality = .good,
            operating: OperatingState = .running,
            times count: Int = 1
        ) -> ComponentRisk {
            var risk: ComponentRisk?
            for _ in 0..<count {
                let signal = SignalAssessment(
                    signal: SignalID(rawValue: 7), policy: 0, mean: 0, count: 10, quality: quality,
                    state: .normal, expected: learned < 1 && !hasReference ? .nan : 0, scale: 1,
                    deviation: deviation, raw: deviation, score: 0, fraction: nil,
                    limitDeviation: learned < 1 && !hasReference ? nil : limit, zone: .within,
                    since: nil,
                    degradation: 0)
                let condition = ComponentCondition(
                    component: 0, degradation: 0, raw: 0, current: 0, deviatingSignals: 0,
                    zone: .within, evidence: [0], hasReference: hasReference)
                risk = prognosis.update(
                    DeviceAssessment(
                        device: DeviceID(rawValue: 0), start: time, end: time + window,
                        operating: operating, state: .normal, learned: learned, raw: 0, score: 0,
                        health: 100, signals: [signal], components: [condition]))
                time = time + window
            }
            guard let risk else { preconditionFailure("BUG: nothing fed") }
            return risk
        }

        /// Feeds wear, a tenth more every block, until the prognosis carries a date; after every
        /// block as many more windows that say nothing as `soiled` asks for.
        mutating func wear(soiled: Int = 0) -> ComponentRisk {
            var level = 1.0
            while level < 40 {
                let risk = feed(level, times: 24)
                if risk.remaining != nil { return risk }
                let end = time
                if soiled > 0 { feed(999, quality: .noisy, times: soiled) }
                time = end
                level *= 1.1
            }
            preconditionFailure("BUG: wear is never dated")
        }
    }

    private func check(
        _ risk: ComponentRisk, _ reason: RiskReason, _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(risk.reason == reason, sourceLocation: location)
        #expect((risk.probability != nil) == (reason == .trendToLimit), sourceLocation: location)
        #expect((risk.remaining != nil) == (reason == .trendToLimit), sourceLocation: location)
        #expect((risk.leading != nil) == (reason == .trendToLimit), sourceLocation: location)
        #expect(risk.horizon == .days(14), sourceLocation: location)
    }

    @Test(arguments: RiskReason.allCases)
    func everyReasonIsReached(_ reason: RiskReason) {
        var run = Run()
        switch reason {
        case .learning:
            check(run.feed(0, learned: 0.5, times: 100), reason)
        case .noLimit:
            run.feed(0, learned: 0.5, times: 100)
            check(run.feed(9, limit: nil, times: 300), reason)
        case .tooShort:
            run.feed(0, learned: 0.5, times: 100)
            check(run.feed(0, times: 1), reason)
            check(run.feed(0, times: 5 * 24), reason)
        case .noTrend:
            check(run.feed(0, times: 7 * 24), reason)
        case .trendToLimit:
            let risk = run.wear()
            check(risk, reason)
            #expect(risk.leading == SignalID(rawValue: 7))
        }
    }

    /// Another component of the device is learned anew: this one is followed as before.
    @Test func anotherComponentsLearningDoesNotStopIt() {
        var run = Run()
        run.feed(0, learned: 0.5, hasReference: true, times: 24)
        check(run.feed(0, learned: 0.5, hasReference: true), .tooShort)
    }

    @Test func aNewLifeForgetsTheTrend() {
        var run = Run()
        check(run.wear(), .trendToLimit)
        run.prognosis.restart()
        check(run.feed(0), .tooShort)
    }

    /// A block is four hours of windows, at least six of them.
    @Test func blocks() {
        var run = Run()
        run.feed(0, times: 23)
        #expect(run.feed(0).isNew, "24 windows of ten minutes are four hours")
        run.feed(0, times: 23)
        #expect(run.feed(0).isNew)
        var slow = Run()
        slow.window = .hours(1)
        slow.feed(0, times: 5)
        #expect(slow.feed(0).isNew, "four hours hold only four windows: two more are waited for")
    }

    /// Off, bad and unlimited windows add nothing, however many there are.
    @Test func onlyRunningGoodWindowsCount() {
        var run = Run()
        for _ in 0..<100 {
            #expect(!run.feed(9, operating: .off).isNew)
            #expect(!run.feed(9, operating: .transient).isNew)
            #expect(!run.feed(9, quality: .outOfRange).isNew)
            #expect(!run.feed(9, quality: .noisy).isNew)
            #expect(!run.feed(9, limit: nil).isNew)
            #expect(!run.feed(9, learned: 0.9).isNew)
        }
        run.feed(0, times: 5)
        #expect(!run.feed(0, operating: .off, times: 500).isNew, "five windows make no block")
        #expect(run.feed(0).isNew, "the sixth does")
    }

    /// What is not believed cannot bend the trend: the same windows, with or without bad ones
    /// between them.
    @Test func badWindowsChangeNoTrend() {
        var clean = Run()
        let expected = clean.wear()
        var soiled = Run()
        let risk = soiled.wear(soiled: 30)
        #expect(risk == expected)
    }

    /// Between blocks only time passes, and nothing is new.
    @Test func lifeShrinksBetweenBlocks() throws {
        var run = Run()
        let dated = run.wear()
        #expect(dated.isNew)
        let before = try #require(dated.remaining)
        let risk = run.feed(5, operating: .off, times: 60)
        let after = try #require(risk.remaining)
        #expect(!risk.isNew)
        #expect(risk.probability == dated.probability)
        #expect(before.p50.nanoseconds - after.p50.nanoseconds == TimeSpan.hours(10).nanoseconds)
        let probability = try #require(risk.probability)
        #expect(probability >= 0.001 && probability <= 0.98)
    }

    /// One wild window in a block is outvoted by its median.
    @Test func aWildWindowIsOutvoted() {
        var calm = Run()
        var wild = Run()
        for _ in 0..<10 {
            calm.feed(2, times: 24)
            wild.feed(2, times: 23)
            wild.feed(1e9)
        }
        #expect(calm.prognosis.update(probe(calm)) == wild.prognosis.update(probe(wild)))
    }

    private func probe(_ run: Run) -> DeviceAssessment {
        DeviceAssessment(
            device: DeviceID(rawValue: 0), start: run.time, end: run.time, operating: .off,
            state: .notRunning, learned: 1, raw: 0, score: 0, health: 100, signals: [],
            components: [
                ComponentCondition(
                    component: 0, degradation: 0, raw: 0, current: 0, deviatingSignals: 0,
                    zone: .within, evidence: [])
            ])
    }

    @Test func devicesAndComponentsAreIndependent() {
        var prognosticator = Prognosticator()
        let policies = [
            PrognosisPolicy(component: "bearing"),
            PrognosisPolicy(component: "seal", horizon: .days(3)),
        ]
        prognosticator.addDevice(policies)
        prognosticator.addDevice([])
        var assessment = probe(Run())
        assessment.components = [0, 1].map { component in
            ComponentCondition(
                component: component, degradation: 0, raw: 0, current: 0, deviatingSignals: 0,
                zone: .within, evidence: [])
        }
        let risks = prognosticator.update(assessment)
        #expect(risks.map(\.component) == [0, 1])
        #expect(risks.map(\.horizon) == [.days(14), .days(3)])
        assessment.device = DeviceID(rawValue: 1)
        #expect(prognosticator.update(assessment) == [])
        prognosticator.setPolicies([policies[1]], of: DeviceID(rawValue: 1))
        #expect(prognosticator.update(assessment).map(\.horizon) == [.days(3)])
    }
}
