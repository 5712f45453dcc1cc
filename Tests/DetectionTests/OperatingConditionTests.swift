import Primitives
import Testing
import Windows

@testable import Detection

/// When a machine counts as running: the text, the state of a window, settling after a start.
@Suite struct OperatingConditionTests {
    private func check(
        _ text: String, _ expected: [OperatingCondition.Comparison]?,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(
            OperatingCondition(parsing: text)?.comparisons == expected, "\(text)",
            sourceLocation: location)
    }

    @Test func parsing() {
        check("current > 2", [.init(signal: "current", relation: .above, threshold: 2)])
        check("a >= -1e3", [.init(signal: "a", relation: .atLeast, threshold: -1_000)])
        check("  a   <  0.5 ", [.init(signal: "a", relation: .below, threshold: 0.5)])
        check(
            "current <= 2.5 and pump.speed,stage=1 >= 300",
            [
                .init(signal: "current", relation: .atMost, threshold: 2.5),
                .init(signal: "pump.speed,stage=1", relation: .atLeast, threshold: 300),
            ])
        for text in [
            "", " ", "current", "current >", "> 2", "current > x", "current > nan",
            "current > inf", "current == 2", "current > 2 and", "current > 2 or a > 1",
            "current > 2 a > 1", "current>2", "current > 2 and a", "a > 1 and b > 2 and",
            "a > 1 AND b > 2", "a > 1 b",
        ] {
            check(text, nil)
        }
    }

    /// A window from `low` to `high` of signal `a`.
    private func holding(_ text: String, low: Double, high: Double) -> Holding? {
        guard let condition = OperatingCondition(parsing: text) else { return nil }
        return condition.holding { place in
            guard condition.comparisons[place].signal == "a" else { return nil }
            return Bench.summary(.init((low + high) / 2, spread: (high - low) / 2))
        }
    }

    @Test(arguments: [
        ("a > 2", 3.0, 4.0, Holding.throughout), ("a > 2", 0, 1, .never), ("a > 2", 0, 2, .never),
        ("a > 2", 1, 3, .partly), ("a >= 2", 2, 2, .throughout), ("a < 2", 2, 2, .never),
        ("a < 2", 0, 1, .throughout), ("a <= 2", 2, 2, .throughout), ("a <= 2", 2, 3, .partly),
        ("a > 2 and a < 4", 3, 3.5, .throughout), ("a > 2 and a < 4", 3, 5, .partly),
        ("a > 2 and a < 4", 1, 5, .partly),
        // Where one comparison never holds, the others do not matter.
        ("a > 2 and a < 4", 5, 6, .never), ("a > 7 and a > 2", 1, 3, .never),
        ("a > 2 and a > 7", 1, 3, .never),
    ])
    func holdings(_ text: String, _ low: Double, _ high: Double, _ expected: Holding) {
        #expect(holding(text, low: low, high: high) == expected)
    }

    @Test func anAbsentSignalSaysNothing() {
        #expect(holding("b > 2", low: 0, high: 9) == nil)
        #expect(holding("a > 2 and b > 2", low: 3, high: 9) == nil)
    }

    private func machine(settling: TimeSpan = .zero) throws -> Bench {
        let running = try #require(OperatingCondition(parsing: "current > 2"))
        return Bench(
            DetectionPolicy(running: running, settling: settling),
            signals: ["pump.current", "pump.vibration"])
    }

    @Test func withoutAConditionAMachineAlwaysRuns() {
        var bench = Bench(DetectionPolicy(), signals: ["pump.current"])
        #expect(bench.feed(0).operating == .running)
        #expect(bench.feed([nil]).operating == .running)
    }

    /// Off until first seen running; the last state holds while the signal is absent.
    @Test func theLastStateHolds() throws {
        var bench = try machine()
        #expect(bench.feed([nil, .init(1)]).operating == .off)
        #expect(bench.feed(5, 1).operating == .running)
        #expect(bench.feed([nil, .init(1)]).operating == .running)
        #expect(bench.feed([.init(2, spread: 1), .init(1)]).operating == .transient)
        #expect(bench.feed([nil, .init(1)]).operating == .transient)
        #expect(bench.feed(0, 1).operating == .off)
        #expect(bench.feed([nil, .init(1)]).operating == .off)
    }

    @Test func settlingCountsFromTheStart() throws {
        var bench = try machine(settling: .minutes(30))
        var states: [OperatingState] = []
        for current in [0.0, 5, 5, 5, 5, 0, 5] { states.append(bench.feed(current, 1).operating) }
        #expect(
            states == [
                .off, .transient, .transient, .transient, .running, .off, .transient,
            ])
    }

    /// While off or settling nothing is judged and the device's row says so.
    @Test func nothingIsJudgedWhileNotRunning() throws {
        var bench = try machine()
        var random = Random(seed: 3)
        bench.commission(&random, levels: [5, 1], noise: 0.01)
        for _ in 0..<50 {
            let assessment = bench.feed(0, 100)
            #expect(assessment.state == .notRunning)
            #expect(assessment.score == 0)
            #expect(assessment.health == 100)
            #expect(assessment.signals.allSatisfy { $0.state == .notRunning && $0.score == 0 })
        }
        let back = bench.feed(5, 1)
        #expect(back.state == .normal)
        #expect(back.raw < 1, "\(back.raw)")
    }
}
