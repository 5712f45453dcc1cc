import Primitives
import Testing
import Windows

@testable import Detection

/// Which windows are believed.
@Suite struct DataQualityTests {
    private func check(
        _ window: Bench.Window, limits: SignalLimits? = nil, within: Double? = 1,
        expected: Double = 10, _ quality: DataQuality,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let baseline = within.map {
            Baseline(intercept: expected, terms: [], scale: 1, withinWindow: $0)
        }
        let summary = Bench.summary(window)
        let isNoisy = DataQuality.isNoisy(summary, baseline: baseline, expected: expected)
        let found: DataQuality =
            DataQuality.isOutOfRange(summary, limits: limits)
            ? .outOfRange : (isNoisy ? .noisy : .good)
        #expect(found == quality, sourceLocation: location)
    }

    @Test func judgements() {
        check(.init(10, spread: 1), .good)
        check(.init(10, spread: 6), .good)
        check(.init(10, spread: 6.1), .noisy)
        // The same scatter around a level that moved as far: a change of state, not of sensor.
        check(.init(30, spread: 7), .good)
        check(.init(-10, spread: 7), .good)
        check(.init(16.9, spread: 7), .noisy)
        // Too little known to say.
        check(.init(10, spread: 99, count: 2), .good)
        check(.init(10, spread: 99), within: nil, .good)
        check(.init(10, spread: 99), within: 0, .good)
        // What the sensor cannot say is refused whatever the rest.
        let range = SignalLimits(physicalLow: 0, physicalHigh: 20)
        check(.init(10, spread: 10), limits: range, within: nil, .good)
        check(.init(10, spread: 10.1), limits: range, within: nil, .outOfRange)
        check(.init(20, spread: 0.1), limits: range, .outOfRange)
        check(.init(0, spread: 0.1, count: 1), limits: range, .outOfRange)
        check(.init(-99, spread: 0), limits: SignalLimits(physicalHigh: 20), .good)
    }

    /// A window that is not believed moves nothing, and the signal's row says why.
    @Test(arguments: [
        (Bench.Window(13, spread: 40), ConditionState.abnormal, DataQuality.noisy),
        (Bench.Window(500, spread: 0.1), .outOfRange, .outOfRange),
    ])
    func badWindowsAreNotJudged(
        _ window: Bench.Window, _ state: ConditionState, _ quality: DataQuality
    ) throws {
        let limits = SignalLimits(alarmHigh: 60, tripHigh: 80, physicalHigh: 400)
        var bench = Bench(
            DetectionPolicy(signals: [.init(name: "level", direction: .up, limits: limits)]),
            signals: ["tank.level"])
        var random = Random(seed: 8)
        bench.commission(&random, levels: [10])
        let before = bench.feed(10)
        for _ in 0..<30 {
            let assessment = bench.feed([window])
            let signal = try #require(assessment.signals.first)
            #expect(signal.quality == quality)
            #expect(signal.state == state)
            #expect(signal.zone == .within)
            #expect(signal.score == 0)
            #expect(assessment.health == 100)
        }
        let after = bench.feed(10)
        #expect(abs(after.raw - before.raw) < 0.5, "\(before.raw) and \(after.raw)")
    }

    /// A broken sensor's readings are not learned as normal either.
    @Test func outOfRangeIsNotLearned() throws {
        let policy = DetectionPolicy(
            signals: [.init(name: "level", limits: .init(physicalHigh: 400))])
        var bench = Bench(policy, signals: ["tank.level"])
        var random = Random(seed: 8)
        var index = 0
        while bench.detector.isLearning, index < 1_000 {
            bench.feed(index % 3 == 0 ? 500 : 10 + random.normal())
            index += 1
        }
        let signal = try #require(bench.feed(10).signals.first)
        #expect(abs(signal.expected - 10) < 0.3)
        #expect(abs(signal.scale - 1) < 0.25)
    }
}
