import Primitives
import Testing
import Windows

@testable import Detection

/// One device as a whole: signals that come later, components, and what must not matter.
@Suite struct DeviceDetectorTests {
    static let limits = SignalLimits(alarmHigh: 40, tripHigh: 60)

    /// A recorded history of three signals: load, a vibration that load explains, a temperature.
    private func history(seed: UInt64, windows: Int = 900) -> [[Double]] {
        var random = Random(seed: seed)
        return (0..<windows).map { index in
            let load = 50 + 20 * random.uniform()
            let worn = index > 600 ? 0.05 * Double(index - 600) : 0
            return [load, 10 + 0.2 * load + random.normal() + worn, 70 + 2 * random.normal()]
        }
    }

    private func policy(scale: Double = 1) -> DetectionPolicy {
        DetectionPolicy(
            signals: [
                .init(name: "load"),
                .init(
                    name: "vibration", direction: .up,
                    limits: .init(alarmHigh: 40 * scale, tripHigh: 60 * scale),
                    explainedBy: ["load"]),
                .init(name: "temperature"),
            ],
            components: [.init(name: "bearing", signals: ["vibration", "temperature"])])
    }

    private static let names = ["pump.load", "pump.vibration", "pump.temperature"]

    private func assess(
        _ rows: [[Double]], policy: DetectionPolicy, names: [String] = Self.names
    ) -> [DeviceAssessment] {
        var bench = Bench(policy, signals: names)
        return rows.map { row in bench.feed(row.map { Bench.Window($0) }) }
    }

    @Test func equalHistoriesGiveEqualAssessments() {
        let rows = history(seed: 4)
        let left = assess(rows, policy: policy())
        let right = assess(rows, policy: policy())
        #expect(left.last?.signals == right.last?.signals)
        for (a, b) in zip(left, right) {
            guard a.raw.bitPattern == b.raw.bitPattern, a.health.bitPattern == b.health.bitPattern,
                a.components == b.components
            else {
                Issue.record("\(a) is not \(b)")
                return
            }
        }
        #expect((left.last?.raw ?? 0) > 5, "the history contains wear")
    }

    /// Units do not matter: vibration in other units, limits with it, gives the same deviations.
    @Test(arguments: [0.001, 25.4, 1_000_000])
    func scalingASignalChangesNoDeviation(_ factor: Double) {
        let rows = history(seed: 5)
        let scaled = rows.map { [$0[0], $0[1] * factor, $0[2]] }
        let left = assess(rows, policy: policy())
        let right = assess(scaled, policy: policy(scale: factor))
        for (a, b) in zip(left, right) {
            let before = a.signals[1]
            let after = b.signals[1]
            guard abs(before.raw - after.raw) < 1e-6, before.zone == after.zone,
                abs(before.deviation - after.deviation) < 1e-6,
                abs((before.limitDeviation ?? 0) - (after.limitDeviation ?? 0)) < 1e-6,
                abs(a.health - b.health) < 1e-6
            else {
                Issue.record("\(before) is not \(after)")
                return
            }
        }
    }

    @Test func anUnrelatedSignalChangesNoOther() {
        let rows = history(seed: 6)
        var random = Random(seed: 66)
        let wider = rows.map { $0 + [1_000 * random.normal()] }
        let left = assess(rows, policy: policy())
        let right = assess(wider, policy: policy(), names: Self.names + ["weather.wind"])
        for (a, b) in zip(left, right) {
            for (before, after) in zip(a.signals, b.signals) {
                guard before.raw == after.raw, before.score == after.score,
                    before.deviation == after.deviation, before.state == after.state
                else {
                    Issue.record("\(before) is not \(after)")
                    return
                }
            }
            #expect(a.components == b.components)
        }
    }

    /// Load moves the vibration by 4 standard deviations; explained, that is no deviation.
    @Test func whatLoadExplainsIsNormal() {
        let rows = history(seed: 7, windows: 600)
        let explained = assess(rows, policy: policy()).suffix(100)
        #expect(explained.allSatisfy { $0.signals[1].scale < 1.5 })
        var blind = policy()
        blind.signals[1].explainedBy = []
        #expect(assess(rows, policy: blind).suffix(100).allSatisfy { $0.signals[1].scale > 1.3 })
        // The vibration of full load at no load is far from normal, though inside the usual range.
        var bench = Bench(policy(), signals: Self.names)
        for row in rows { bench.feed(row.map { Bench.Window($0) }) }
        #expect((bench.feed(50, 24, 70).signals[1].deviation) > 3)
        #expect(abs(bench.feed(70, 24, 70).signals[1].deviation) < 1)
    }

    /// A signal that appears after commissioning has no baseline, only limits.
    @Test func lateSignals() throws {
        var bench = Bench(
            DetectionPolicy(
                signals: [.init(name: "pressure", limits: Self.limits)],
                components: [.init(name: "seal", signals: ["pressure"])]),
            signals: ["pump.vibration"])
        var random = Random(seed: 1)
        bench.commission(&random, levels: [10])
        #expect(bench.feed(10).components.first?.evidence == [])
        bench.add("pump.pressure")
        for _ in 0..<200 {
            let signal = try #require(bench.feed(10, 20 + random.normal()).signals.last)
            #expect(signal.state == .learning)
            #expect(signal.raw == 0)
            #expect(signal.expected.isNaN)
        }
        let alarm = bench.feed(10, 45)
        #expect(alarm.signals.last?.state == .abnormal)
        #expect(alarm.components.first?.zone == .alarm)
        #expect(alarm.components.first?.evidence == [1])
        // A summary of a signal nobody announced is passed over.
        let stranger = bench.feed([.init(10), .init(20), .init(5)])
        #expect(stranger.signals.map(\.signal.rawValue) == [0, 1])
        // Places follow the signals that are present.
        let alone = bench.feed([nil, .init(45)])
        #expect(alone.components.first?.evidence == [0])
    }

    @Test func membership() {
        let names = [
            "pump.vibration,axis=x", "pump.vibration,axis=y", "motor.current", "pump.flow",
        ]
        var bench = Bench(
            DetectionPolicy(components: [
                .init(name: "all", signals: ["*"]),
                .init(name: "bearing", signals: ["vibration"]),
                .init(name: "one axis", signals: ["pump.vibration,axis=y"]),
                .init(name: "motor", signals: ["motor.current", "current"]),
                .init(name: "absent", signals: ["speed"]),
            ]), signals: names)
        let components = bench.feed(1, 2, 3, 4).components
        #expect(components.map(\.evidence) == [[0, 1, 2, 3], [0, 1], [1], [2], []])
        #expect(components.map(\.component) == [0, 1, 2, 3, 4])
    }

    /// Strongest first; the component takes the worst of its believed signals.
    @Test func aComponentTakesTheWorst() throws {
        var bench = Bench(
            DetectionPolicy(components: [
                .init(name: "bearing", signals: ["a", "b"]), .init(name: "seal", signals: ["c"]),
            ]), signals: ["pump.a", "pump.b", "pump.c"])
        var random = Random(seed: 12)
        bench.commission(&random, levels: [100, 100, 100])
        var assessment = bench.feed(100, 100, 100)
        for _ in 0..<100 { assessment = bench.feed(105, 109, 100) }
        let bearing = try #require(assessment.components.first)
        let seal = try #require(assessment.components.last)
        #expect(bearing.evidence == [1, 0])
        #expect(bearing.raw == assessment.signals[1].raw)
        #expect(bearing.degradation == assessment.signals[1].degradation)
        #expect(bearing.current == assessment.signals[1].deviation)
        #expect(bearing.deviatingSignals == 2)
        #expect(seal.deviatingSignals == 0)
        #expect(seal.raw < 1)
        #expect(assessment.raw == bearing.raw)
    }

    /// A deviating sensor that falls silent, or is no longer believed, has not become normal: its
    /// last smoothed deviation still speaks for the component.
    @Test(arguments: [nil, Bench.Window(900)])
    func aLostSensorIsNotNormal(_ lost: Bench.Window?) throws {
        let policy = DetectionPolicy(
            signals: [.init(name: "a", limits: .init(physicalHigh: 500))],
            components: [.init(name: "bearing", signals: ["a", "b"])])
        var bench = Bench(policy, signals: ["pump.a", "pump.b"])
        var random = Random(seed: 13)
        bench.commission(&random, levels: [100, 100])
        for _ in 0..<100 { bench.feed(110, 100) }
        let before = try #require(bench.feed(110, 100).components.first)
        #expect(before.raw > 6 && before.deviatingSignals == 1)
        for _ in 0..<100 {
            let after = try #require(bench.feed([lost, .init(100)]).components.first)
            #expect(after.raw == before.raw)
            #expect(after.current < 1, "nothing of this window deviates")
            #expect(after.deviatingSignals == 0)
            #expect(after.degradation < 0.1)
        }
        for _ in 0..<200 { bench.feed(100, 100) }
        let healed = try #require(bench.feed(100, 100).components.first)
        #expect(healed.raw < 1)
    }

    /// A raw value is never below zero, running or not.
    @Test func betterThanNormalIsNormal() {
        var bench = Bench(
            DetectionPolicy(
                signals: [.init(name: "vibration", direction: .up)],
                running: .init([.init(signal: "current", relation: .above, threshold: 2)])),
            signals: ["pump.current", "pump.vibration"])
        var random = Random(seed: 9)
        bench.commission(&random, levels: [5, 20], noise: 0.5)
        for _ in 0..<50 { #expect(bench.feed(5, 10).signals[1].raw == 0) }
        #expect(bench.feed(0, 10).signals[1].raw == 0)
    }

    /// Devices are judged by themselves; a class that becomes known starts its device over.
    @Test func devicesAreIndependent() {
        var detector = Detector()
        let window = TimeSpan.minutes(10)
        for device in 0..<2 {
            detector.addDevice(DetectionPolicy(commissioning: .hours(5)), window: window)
            detector.addSignal(
                SignalID(rawValue: Int32(device)), named: "pump.a",
                of: DeviceID(rawValue: Int32(device)))
        }
        func frame(_ device: Int32, _ index: Int64, _ mean: Double) -> WindowFrame {
            WindowFrame(
                device: DeviceID(rawValue: device), start: Bench.start + window * index,
                end: Bench.start + window * (index + 1),
                summaries: [Bench.summary(.init(mean), signal: Int(device))])
        }
        var learned: [Double] = []
        for index in 0..<30 {
            learned.append(detector.assess(frame(0, Int64(index), 10)).learned)
        }
        #expect(learned.last == 1)
        #expect(detector.assess(frame(1, 30, 500)).learned < 0.1)
        #expect(detector.assess(frame(0, 31, 10)).state == .normal)
        let limits = SignalLimits(alarmHigh: 5)
        detector.setPolicy(
            DetectionPolicy(signals: [.init(name: "a", limits: limits)]), window: window,
            of: DeviceID(rawValue: 0), signals: [(SignalID(rawValue: 0), "pump.a")])
        let fresh = detector.assess(frame(0, 32, 10))
        #expect(fresh.learned < 0.1)
        #expect(fresh.signals.first?.zone == .alarm)
    }
}
