import Primitives
import Testing

@testable import Detection

/// Two levels are found where there are two, and nowhere else.
@Suite struct LoadSplitTests {
    private enum Shape: String, CaseIterable {
        case noise, normal, uniform, sine, exponential, constant, toggling, drift, peaks
    }

    private func values(_ shape: Shape, _ random: inout Random, count: Int = 256) -> [Double] {
        (0..<count).map { index in
            switch shape {
            case .noise: random.normal()
            case .normal: 20 + random.normal()
            case .uniform: 30 * random.uniform()
            case .sine: 10 + 9 * Math.cosine(Double(index) * 0.37)
            case .exponential: random.exponential()
            case .constant: 20
            case .toggling: random.uniform() < 0.5 ? 20 : 20.01
            case .drift: 10 + Double(index) / 10
            case .peaks: 20 + random.normal() + (random.uniform() < 0.04 ? 60 : 0)
            }
        }
    }

    @Test(arguments: Shape.allCases.map(\.rawValue))
    func oneLevelIsNotCutInTwo(_ name: String) throws {
        let shape = try #require(Shape(rawValue: name))
        var random = Random(seed: 31)
        for _ in 0..<50 {
            for count in [128, 200, 256] {
                let found = LoadSplit.threshold(of: values(shape, &random, count: count))
                #expect(found == nil, "\(name): \(found ?? 0)")
            }
        }
    }

    /// Off and load, however wide the load and however rare one of them.
    @Test(arguments: [
        (20.0, 1.0, 0.5), (20, 1, 0.05), (20, 1, 0.85), (20, 3, 0.3), (1e6, 1e4, 0.5),
        (0.002, 1e-4, 0.5), (400, 20, 0.85),
    ])
    func twoLevelsAreFound(_ load: Double, _ scatter: Double, _ off: Double) throws {
        var random = Random(seed: 8)
        for _ in 0..<50 {
            let values = (0..<256).map { index in
                Double(index) < off * 256
                    ? 0.05 * scatter * random.normal() : load + scatter * random.normal()
            }
            let threshold = try #require(LoadSplit.threshold(of: values))
            #expect(threshold > 0.15 * load && threshold < 0.85 * load, "\(threshold) of \(load)")
        }
    }

    /// A load anywhere between a third and the whole, off a quarter of the time.
    @Test func aWideLoadIsOneLevel() throws {
        var random = Random(seed: 9)
        for _ in 0..<50 {
            let values = (0..<256).map { _ in
                random.uniform() < 0.25 ? 0.1 * random.normal() : 10 + 20 * random.uniform()
            }
            let threshold = try #require(LoadSplit.threshold(of: values))
            #expect(threshold > 0.5 && threshold < 10, "\(threshold)")
        }
    }

    /// Windows in which the machine turns lie anywhere in between: every tenth one here. So do a
    /// few wild readings.
    @Test func whatLiesBetweenDoesNotHideThem() throws {
        var random = Random(seed: 10)
        for _ in 0..<50 {
            var values = (0..<256).map { index in
                if index % 10 == 0 { return 20 * random.uniform() }
                return index % 2 == 0 ? 0.1 * random.normal() : 20 + random.normal()
            }
            values[7] = 1e9
            values[99] = -1e9
            let threshold = try #require(LoadSplit.threshold(of: values))
            #expect(threshold > 2 && threshold < 18, "\(threshold)")
        }
    }

    private func machine() -> Bench {
        Bench(
            DetectionPolicy(
                signals: [
                    SignalPolicy(name: "current", limits: SignalLimits(physicalHigh: 1_000))
                ], loadSignal: "current"),
            window: .minutes(1), signals: ["pump.current"])
    }

    /// It counts as running until both levels have been seen; then it is known when it stands.
    @Test func learnsOnTheWay() {
        var bench = machine()
        var random = Random(seed: 12)
        var states: [OperatingState] = []
        for window in 0..<600 {
            let runs = window / 50 % 2 == 0
            let current = runs ? 20 + random.normal() : 0.05 * random.normal()
            states.append(bench.feed(current).operation?.state ?? .off)
        }
        #expect(states[..<128].allSatisfy { $0 == .running })
        for window in 128..<600 {
            #expect(states[window] == (window / 50 % 2 == 0 ? .running : .off), "\(window)")
        }
    }

    /// What the sensor cannot say is not learned from, nor is a window without readings of it.
    @Test func wildReadingsTeachNothing() {
        var bench = machine()
        for window in 0..<400 {
            let state = bench.feed(window % 2 == 0 ? 20 : 5_000).operation?.state
            #expect(state == .running)
        }
        bench.feed([nil])
        #expect(bench.feed(20).operation?.state == .running)
    }

    /// The threshold outlives a month of standing still, and follows a new sensor.
    @Test func memory() {
        var split = LoadSplit(window: .minutes(10))
        var random = Random(seed: 13)
        func feed(days: Int, off: Double, load: Double, duty: (Int) -> Bool) {
            for window in 0..<(days * 144) {
                split.learn((duty(window) ? load : off) * (1 + 0.02 * random.normal()))
            }
        }
        feed(days: 7, off: 0.1, load: 20) { $0 / 30 % 2 == 0 }
        let first = split.threshold ?? 0
        #expect(first > 1 && first < 19)
        feed(days: 40, off: 0.1, load: 20) { _ in false }
        let standing = split.threshold ?? 0
        #expect(standing > 1 && standing < 19)
        // Now in milliamperes.
        feed(days: 20, off: 100, load: 20_000) { $0 / 30 % 2 == 0 }
        #expect(split.threshold ?? 0 > 1_000)
        var state = StateWriter()
        split.encode(into: &state)
        #expect(state.bytes.count < 2_200)
        var again = LoadSplit(window: .minutes(10))
        var reader = StateReader(state.bytes)
        #expect(throws: Never.self) { try again.restore(from: &reader) }
        #expect(again == split)
    }
}
