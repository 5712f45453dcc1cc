import Primitives
import Testing
import Windows

@testable import Detection

/// The health index as part of a device: which signals, when it begins, pauses and lost sensors.
@Suite struct DeviceIndexTests {
    private static let names = ["m.load", "m.heat", "m.flow"]

    /// Three signals that move together, each with noise of its own.
    private static func means(_ random: inout Random, shift: Double = 0) -> [Double] {
        let load = random.normal()
        return [
            20 + load, 60 + load + 0.3 * random.normal() + shift, 5 - load + 0.3 * random.normal(),
        ]
    }

    private static func bench(
        _ random: inout Random, policy: DetectionPolicy = DetectionPolicy(commissioning: .days(2))
    ) -> Bench {
        var bench = Bench(policy, signals: names)
        for _ in 0..<450 { bench.feed(means(&random).map { .init($0) }) }
        return bench
    }

    /// A shift that no signal shows by itself, against what the others say.
    @Test func aShiftAgainstTheOthersIsAbnormal() {
        var random = Random(seed: 11)
        var bench = Self.bench(&random)
        var quiet = 0.0
        for _ in 0..<300 {
            let assessment = bench.feed(Self.means(&random).map { .init($0) })
            #expect(!assessment.index.isEvent && assessment.state == .normal)
            quiet = max(quiet, assessment.index.distance)
        }
        var last = bench.feed(Self.means(&random).map { .init($0) })
        for _ in 0..<60 { last = bench.feed(Self.means(&random, shift: 2.5).map { .init($0) }) }
        #expect(last.index.isEvent && last.state == .abnormal && last.score >= 0.5)
        #expect(last.index.distance > 1.5 * quiet)
        #expect(last.signals.allSatisfy { $0.score < 0.5 })
        #expect(last.leading == last.signals[1].signal)
    }

    /// The more signals, the further from normal they are by chance: a healthy machine stays
    /// normal.
    @Test(arguments: [1, 8, 20, 40, 64], [0, 0.8])
    func manySignalsAreNoEvent(width: Int, memory: Double) {
        var random = Random(seed: UInt64(width))
        var index = HealthIndex(width: width, commissioning: 2_000)
        var values = [Double](repeating: 0, count: width)
        var events = 0
        for _ in 0..<8_000 {
            for place in values.indices {
                values[place] = memory * values[place] + random.normal()
            }
            if index.take(values).isEvent { events += 1 }
        }
        #expect(events == 0)
    }

    /// What was raised ends when the machine is back where it was, however many signals it has.
    @Test func anAlertEndsWithItsEvent() {
        var random = Random(seed: 19)
        var bench = Bench(
            DetectionPolicy(commissioning: .days(2)), signals: (0..<40).map { "m.s\($0)" })
        var alerts = ConditionAlertMachine()
        var told: [ConditionAlert.Kind] = []
        for window in 0..<1_000 {
            let isOff = 600..<700 ~= window
            let windows = (0..<40).map { signal in
                Bench.Window(10 + random.normal() + (isOff && signal < 20 ? 2.5 : 0))
            }
            if let alert = alerts.update(bench.feed(windows)) { told.append(alert.kind) }
        }
        #expect(told == [.abnormal, .normal])
    }

    /// Without the sensor that falls silent the others are still watched; it is missed, not judged.
    @Test func aLostSensorIsLeftOut() {
        var random = Random(seed: 12)
        var bench = Self.bench(&random)
        for _ in 0..<60 {
            let means = Self.means(&random)
            let assessment = bench.feed([.init(means[0]), nil, .init(means[2])])
            #expect(!assessment.index.isEvent)
        }
        #expect(bench.detector.index.lost == [1])
        var last = bench.feed([nil, nil, nil])
        for _ in 0..<60 {
            let means = Self.means(&random)
            last = bench.feed([.init(means[0]), nil, .init(means[2] + 4)])
        }
        #expect(last.index.isEvent)
        #expect(bench.detector.index.contributions[1].square == 0)
        last = bench.feed(Self.means(&random).map { .init($0) })
        #expect(bench.detector.index.lost.isEmpty)
    }

    /// Without a sensor the distance is the least there is, whatever that sensor might say.
    @Test func leavingOutIsExact() {
        var random = Random(seed: 13)
        var moments = StateMoments(width: 3)
        var filter = SensorFilter(width: 3)
        for count in 0..<600 {
            filter.take(Self.means(&random), count: count)
            if count > 40 { moments.take(filter) } else { moments.pass(filter) }
        }
        let whole = StateModel(moments)
        var part = whole
        part.leave(out: 1)
        for (load, flow) in [(20.2, 5.0), (20.0, 5.4), (19.5, 4.6)] {
            var least = Double.infinity
            for step in -3_000...3_000 {
                filter.settle(at: [load, 60 + 0.001 * Double(step), flow])
                least = min(least, whole.distance(of: filter))
            }
            #expect(abs(part.distance(of: filter) - least) < 1e-4)
            #expect(part.contributions(of: filter)[1] == 0 && least > 0.1)
        }
    }

    /// What scatters far more than it ever did moves nothing.
    @Test func aLooseConnectorIsNoEvent() {
        var random = Random(seed: 18)
        var bench = Self.bench(&random)
        for _ in 0..<60 {
            let means = Self.means(&random)
            let assessment = bench.feed([
                .init(means[0]), .init(means[1] + 15 * random.normal(), spread: 40),
                .init(means[2]),
            ])
            #expect(assessment.signals[1].quality == .noisy && !assessment.index.isEvent)
        }
    }

    /// The machine comes back from being off: its signals have to come back first, and what was
    /// before the pause has no part in it.
    @Test func aPauseIsNoEvent() {
        var random = Random(seed: 14)
        let policy = DetectionPolicy(
            running: OperatingCondition(parsing: "load > 10"), commissioning: .days(2))
        var bench = Self.bench(&random, policy: policy)
        for _ in 0..<6 {
            for _ in 0..<40 { bench.feed([.init(0), .init(15), .init(0)]) }
            for window in 0..<60 {
                let means = Self.means(&random, shift: window < 15 ? -5 : 0)
                #expect(!bench.feed(means.map { .init($0) }).index.isEvent)
            }
        }
        for _ in 0..<30 { bench.feed(Self.means(&random, shift: 400).map { .init($0) }) }
        for _ in 0..<40 { bench.feed([.init(0), .init(15), .init(0)]) }
        let after = (0..<30).map { _ in bench.feed(Self.means(&random).map { .init($0) }).index }
        #expect(after[24].isEvent && !after[25].isEvent && after[25].distance < 4.5)
    }

    /// A signal that comes to be known while half of the commissioning is still to come is looked
    /// at; later ones are not.
    @Test func lateSignals() {
        var random = Random(seed: 15)
        var bench = Bench(DetectionPolicy(commissioning: .days(2)), signals: ["m.a", "m.b"])
        for _ in 0..<100 { bench.feed(5 + random.normal(), 6 + random.normal()) }
        bench.add("m.c")
        for _ in 0..<430 {
            bench.feed(5 + random.normal(), 6 + random.normal(), 7 + random.normal())
        }
        #expect(bench.detector.index.isCommissioned)
        #expect(bench.detector.index.positions == [0, 1, 2])
        bench.add("m.d")
        for _ in 0..<50 { bench.feed(5, 6, 7, 8) }
        #expect(bench.detector.index.positions == [0, 1, 2])
    }

    /// Numbers that stand for states have no distance from anything.
    @Test func statesAreNoQuantities() {
        var random = Random(seed: 16)
        let policy = DetectionPolicy(
            signals: [SignalPolicy(name: "mode", kind: .state)], commissioning: .days(2))
        var bench = Bench(policy, signals: ["m.a", "m.mode"])
        for _ in 0..<500 { bench.feed(5 + random.normal(), 1) }
        #expect(bench.detector.index.positions == [0])
        let assessment = bench.feed(5, 99)
        #expect(assessment.signals[1].record.raw == 0)
    }

    /// Readings one by one: time is what lies between them, not the length of their windows.
    @Test func readingsOneByOne() {
        var random = Random(seed: 17)
        var detector = DeviceDetector(
            policy: DetectionPolicy(commissioning: .days(1), tick: .reading),
            window: .milliseconds(1))
        detector.addSignal(.init(rawValue: 0), named: "m.a")
        var time = Bench.start
        var readings = 0
        while detector.isLearning, readings < 2_000 {
            let summary = Bench.summary(.init(10 + random.normal(), spread: 0, count: 1))
            _ = detector.assess(
                .init(
                    device: .init(rawValue: 0), start: time, end: time + .milliseconds(1),
                    summaries: [summary]))
            time = time + .minutes(5)
            readings += 1
        }
        #expect(280...300 ~= readings, "\(readings)")
    }
}
