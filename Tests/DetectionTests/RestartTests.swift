import Primitives
import Testing
import Windows

@testable import Detection

/// A component begins a new life.
@Suite struct RestartTests {
    /// Its signals are learned again from what they say now; those of others keep their reference
    /// and are judged meanwhile.
    @Test func onlyTheComponentIsLearnedAgain() {
        var random = Random(seed: 3)
        let policy = DetectionPolicy(
            components: [
                ComponentSignals(name: "bearing", signals: ["a"]),
                ComponentSignals(name: "seal", signals: ["b"]),
                ComponentSignals(name: "cover", signals: []),
            ], commissioning: .hours(10))
        var bench = Bench(policy, signals: ["pump.a", "pump.b"])
        bench.commission(&random, levels: [10, 100])
        let before = bench.feed(10, 100)
        #expect(before.components.map(\.hasReference) == [true, true, false])
        // Who has no signals has nothing to learn.
        bench.detector.restart(2)
        #expect(!bench.detector.isLearning)
        bench.detector.restart(0)
        let after = bench.feed(20, 130)
        #expect(after.learned < 1)
        #expect(after.components.map(\.hasReference) == [false, true, false])
        #expect(after.signals[0].expected.isNaN && after.signals[0].raw == 0)
        #expect(after.signals[1].expected == before.signals[1].expected)
        #expect(after.signals[1].raw > 0)
        bench.commission(&random, levels: [20, 130])
        let again = bench.feed(20, 130)
        #expect(abs(again.signals[0].expected - 20) < 1)
        #expect(again.signals[1].expected == before.signals[1].expected)
    }

    /// In work it counts as off, and after it as started.
    @Test func nothingIsJudgedOrLearnedInWork() {
        var bench = Bench(DetectionPolicy(commissioning: .hours(10)), signals: ["pump.a"])
        let start = bench.time
        let frame = WindowFrame(
            device: DeviceID(rawValue: 0), start: start, end: start + bench.window,
            summaries: [Bench.summary(Bench.Window(10))])
        let fresh = bench.detector.assess(frame, isInWork: true)
        #expect(fresh.operating == .off && fresh.state == .notRunning && fresh.learned == 0)
        bench.feed(10)
        #expect(bench.feed(10).operating == .running)
    }
}
