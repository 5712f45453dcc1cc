import Primitives
import Testing
import Windows

@testable import Detection

/// Each state of a machine, from conditions over several signals, and what they are needed for.
@Suite struct OperatingWatchTests {
    /// A compressor: it turns, and it is loaded.
    private func machine(
        idle: String? = "speed > 100", minimum: TimeSpan = .zero, settling: TimeSpan = .zero
    ) throws -> Bench {
        let running = try #require(OperatingCondition(parsing: "speed > 100 and current > 20"))
        return Bench(
            DetectionPolicy(
                running: running, idle: idle.flatMap(OperatingCondition.init(parsing:)),
                minimumDuration: minimum, settling: settling, commissioning: .hours(5)),
            signals: ["pump.speed", "pump.current", "pump.vibration"])
    }

    private func state(_ bench: inout Bench, _ speed: Double, _ current: Double) -> OperatingState {
        bench.feed(speed, current, 1).operation?.state ?? .off
    }

    @Test func eachOfTheFourStates() throws {
        var bench = try machine()
        #expect(state(&bench, 1_500, 30) == .running)
        #expect(state(&bench, 1_500, 12) == .idle)
        #expect(state(&bench, 0, 0) == .off)
        // It stands with current on: neither running nor idle.
        #expect(state(&bench, 0, 30) == .off)
        let turning = bench.feed([.init(1_500), .init(20, spread: 10), .init(1)])
        #expect(turning.operation?.state == .transient)
        let stirring = bench.feed([.init(100, spread: 50), .init(0), .init(1)])
        #expect(stirring.operation?.state == .transient)
    }

    @Test func whatDoesNotRunIsOffWithoutAConditionForIdle() throws {
        var bench = try machine(idle: nil)
        #expect(state(&bench, 1_500, 30) == .running)
        #expect(state(&bench, 1_500, 12) == .off)
    }

    /// The signals of conditions may appear in any order, and the first one present is meant.
    @Test func signalsAreFoundWhenTheyBecomeKnown() throws {
        let running = try #require(OperatingCondition(parsing: "current > 2"))
        var bench = Bench(
            DetectionPolicy(running: running),
            signals: ["pump.level", "pump.current,phase=1", "pump.current,phase=2"])
        #expect(bench.feed([.init(9), .init(1), .init(9)]).operation?.state == .off)
        #expect(bench.feed([.init(9), nil, .init(9)]).operation?.state == .running)
        #expect(
            bench.feed([.init(9), nil, nil]).operation?.state == .running, "the last one holds")
    }

    /// Idle, off and transient windows are neither learned from nor judged.
    @Test(arguments: [(1_500.0, 12.0), (0, 0)])
    func onlyRunningIsLearnedFromAndJudged(_ speed: Double, _ current: Double) throws {
        var bench = try machine()
        for _ in 0..<100 {
            let assessment = bench.feed(speed, current, 900)
            #expect(assessment.state == .notRunning && assessment.operating != .running)
            #expect(assessment.learned == 0)
        }
        var random = Random(seed: 4)
        bench.commission(&random, levels: [1_500, 30, 1], noise: 0.01)
        #expect(bench.feed(1_500, 30, 1).state == .normal)
        for _ in 0..<20 { #expect(bench.feed(speed, current, 900).score == 0) }
    }

    /// Half an hour at ten-minute windows: the third one decides.
    @Test func aStateCountsWhenItHasLasted() throws {
        var bench = try machine(minimum: .minutes(30))
        var states: [OperatingState] = []
        for current in [30.0, 30, 30, 30, 12, 12, 30, 12, 12, 12, 30, 30, 30] {
            states.append(state(&bench, 1_500, current))
        }
        #expect(
            states == [
                .transient, .transient, .running, .running, .transient, .transient, .running,
                .transient, .transient, .idle, .transient, .transient, .running,
            ])
        let tally = try #require(bench.feed(1_500, 30, 1).operation?.tally)
        // The dip of twenty minutes was none; what lasted counts from its beginning.
        #expect(tally.running == .minutes(7 * 10 + 4 * 10))
        #expect(tally.idle == .minutes(30))
        #expect(tally.starts == 1)
    }

    /// After a start it runs, and is not judged until it has settled; the time counts.
    @Test func settlingIsTransientAndCountsAsRunning() throws {
        var bench = try machine(settling: .minutes(20))
        #expect(state(&bench, 0, 0) == .off)
        #expect(state(&bench, 1_500, 30) == .transient)
        #expect(state(&bench, 1_500, 30) == .transient)
        let settled = bench.feed(1_500, 30, 1)
        #expect(settled.operation?.state == .running && settled.operating == .running)
        #expect(settled.operation?.tally.running == .minutes(30))
        #expect(settled.operation?.tally.starts == 1)
    }

    /// What is done about a machine is no reason not to count: it is judged by nobody, but it runs.
    @Test func aMachineInWorkIsCountedAndNotJudged() throws {
        var bench = try machine()
        _ = state(&bench, 0, 0)
        let frame = WindowFrame(
            device: DeviceID(rawValue: 0), start: bench.time, end: bench.time + bench.window,
            summaries: [(1_500, 0), (30, 1), (1, 2)].map { mean, signal in
                Bench.summary(.init(mean), signal: signal)
            })
        let inWork = bench.detector.assess(frame, isInWork: true)
        #expect(inWork.operating == .off && inWork.state == .notRunning)
        #expect(inWork.operation?.state == .running)
        #expect(inWork.operation?.tally.running == .minutes(10))
        #expect(inWork.operation?.tally.starts == 1)
    }

    /// A machine heard of once an hour, in windows of ten minutes; then nothing for a day.
    @Test func itsOwnRhythmIsNoGap() throws {
        var bench = try machine()
        for hour in 0..<12 {
            if hour > 0 { bench.time = bench.time + .minutes(50) }
            _ = state(&bench, 1_500, 30)
        }
        // The first gap is no habit yet.
        #expect(bench.detector.tally?.running == .hours(10) + .minutes(20))
        bench.time = bench.time + .days(1)
        _ = state(&bench, 1_500, 30)
        #expect(bench.detector.tally?.running == .hours(10) + .minutes(30))
    }

    @Test func withoutAConditionNothingIsCounted() {
        var bench = Bench(DetectionPolicy(), signals: ["pump.current"])
        #expect(bench.feed(5).operation == nil)
        #expect(bench.feed(5).operating == .running)
    }

    /// Written down and read back in the middle of everything, it goes on as if nothing had been;
    /// under another load signal the count stays.
    @Test(arguments: [7, 31, 100, 140, 203, 299])
    func aRestartDoesNotShow(_ cut: Int) throws {
        var random = Random(seed: 21)
        let policy = DetectionPolicy(loadSignal: "current", minimumDuration: .minutes(20))
        var bench = Bench(policy, signals: ["pump.current"])
        var twin = bench
        for window in 0..<400 {
            let current = window / 9 % 2 == 0 ? 20 + random.normal() : 0.1 * random.normal()
            let spread = window % 9 == 0 ? 30.0 : 0.1
            let one = bench.feed([.init(current, spread: spread)])
            let two = twin.feed([.init(current, spread: spread)])
            #expect(one.operation == two.operation, "window \(window)")
            guard window == cut else { continue }
            var state = StateWriter()
            twin.detector.encodeOperation(into: &state)
            var learned = StateWriter()
            twin.detector.encode(into: &learned)
            var fresh = Bench(policy, signals: ["pump.current"])
            var reader = StateReader(state.bytes)
            try fresh.detector.restoreOperation(from: &reader)
            #expect(reader.isAtEnd)
            var rest = StateReader(learned.bytes)
            try fresh.detector.restore(from: &rest)
            twin.detector = fresh.detector

            var other = Bench(DetectionPolicy(loadSignal: "power"), signals: ["pump.power"])
            var again = StateReader(state.bytes)
            try other.detector.restoreOperation(from: &again)
            let kept = try #require(other.feed([nil]).operation)
            #expect(kept.tally.starts == two.operation?.tally.starts)
        }
        #expect(bench.feed(20).operation?.tally.starts ?? 0 > 10)
    }
}
