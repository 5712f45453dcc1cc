import Primitives
import Testing
import Windows

@testable import Detection

/// The quality of signals as their own history tells it, on machines whose windows are made up.
@Suite struct SignalQualityTests {
    private static let limits = SignalLimits(alarmHigh: 60, tripHigh: 80)
    private static let running = OperatingCondition(parsing: "current > 5")

    private static func bench(
        _ signals: [String] = ["level"], commissioned: Bool = true, running: Bool = false,
        explainedBy: [String] = [], random: inout Random
    ) -> Bench {
        let policy = DetectionPolicy(
            signals: [
                .init(
                    name: "level", direction: .both, limits: limits, explainedBy: explainedBy)
            ],
            components: [.init(name: "tank", signals: ["level"])],
            running: running ? Self.running : nil)
        var bench = Bench(policy, signals: signals.map { "tank." + $0 })
        if commissioned {
            bench.commission(&random, levels: signals.map { $0 == "current" ? 20 : 10 })
        }
        return bench
    }

    /// `level:stuck@12` per change of quality, with the windows since `start`.
    private func told(_ assessment: DeviceAssessment, _ bench: Bench) -> [String] {
        assessment.qualityChanges.map { change in
            let windows = (change.since - Bench.start).nanoseconds / bench.window.nanoseconds
            return "\(change.signal.rawValue):\(change.quality.rawValue)@\(windows)"
        }
    }

    // MARK: Stuck

    /// Stuck beyond its trip limit: no sign of it in health, score or zone.
    @Test(arguments: [1, 10, 60]) func aStuckSensorSaysNothingAboutTheMachine(_ count: Int) throws {
        var random = Random(seed: 3)
        var bench = Self.bench(random: &random)
        for _ in 0..<200 { bench.feed([.init(10 + random.normal(), count: count)]) }
        var history: [String] = []
        let begin = (bench.time - Bench.start).nanoseconds / bench.window.nanoseconds
        var trips = 0
        for window in 0..<100 {
            let assessment = bench.feed([.init(85, spread: 0, count: count)])
            let signal = try #require(assessment.signals.first)
            history += told(assessment, bench)
            if assessment.components[0].zone >= .trip { trips += 1 }
            guard window >= 2 else { continue }
            #expect(signal.state == .stuck && signal.quality == .stuck)
            #expect(signal.score == 0 && signal.deviation == 0 && signal.zone == .within)
            #expect(assessment.health > 95 && assessment.score == 0, "\(assessment.health)")
            #expect(assessment.components[0].evidence.count == 1)
            #expect(assessment.components[0].heldZone == .within)
        }
        // A ticket needs two windows beyond the limit.
        #expect(trips <= 1)
        #expect(history.count == 1 && history[0].hasPrefix("0:stuck@"))
        for _ in 0..<10 {
            let assessment = bench.feed([.init(10 + random.normal(), count: count)])
            history += told(assessment, bench)
        }
        #expect(history.last == "0:good@\(begin + 100)")
    }

    /// What happened once is no habit: the second time it is found as soon.
    @Test func aSensorThatSticksAgainIsFoundAgain() {
        var random = Random(seed: 3)
        var bench = Self.bench(random: &random)
        for _ in 0..<2 {
            for _ in 0..<50 { bench.feed(10 + random.normal()) }
            let found = (0..<100).first { _ in
                bench.feed([.init(12, spread: 0)]).signals[0].quality == .stuck
            }
            #expect(found.map { $0 <= 2 } == true)
            for _ in 0..<90 { bench.feed([.init(12, spread: 0)]) }
        }
    }

    /// Wear that was there when the sensor broke is there still.
    @Test func aStuckSensorHealsNothing() throws {
        var random = Random(seed: 4)
        var bench = Self.bench(random: &random)
        var worn = bench.feed(10)
        for _ in 0..<100 { worn = bench.feed(50 + random.normal()) }
        #expect(worn.health < 50 && worn.score > 0.5)
        for _ in 0..<100 {
            let assessment = bench.feed([.init(10, spread: 0)])
            guard assessment.signals[0].quality == .stuck else { continue }
            #expect(abs(assessment.health - worn.health) < 5)
            #expect(assessment.score == 0 && assessment.heldScore > 0.5)
            #expect(assessment.components[0].raw > 5)
        }
        for _ in 0..<100 { bench.feed(65 + random.normal()) }
        for _ in 0..<100 {
            let assessment = bench.feed([.init(10, spread: 0)])
            guard assessment.signals[0].quality == .stuck else { continue }
            #expect(assessment.components[0].zone == .within)
            #expect(assessment.components[0].heldZone == .alarm)
        }
    }

    @Test func whatIsStuckIsNotLearned() throws {
        var random = Random(seed: 5)
        var bench = Self.bench(commissioned: false, random: &random)
        var window = 0
        while bench.detector.isLearning {
            // Flat for half of the time.
            bench.feed([window % 200 < 100 ? .init(10 + random.normal()) : .init(40, spread: 0)])
            window += 1
        }
        let signal = try #require(bench.feed(10).signals.first)
        #expect(abs(signal.expected - 10) < 0.5, "\(signal.expected)")
        #expect(signal.scale < 2, "\(signal.scale)")
    }

    /// Never varied; a switch; a slow signal with steps; a set point: constant by nature.
    @Test(arguments: ["constant", "switch", "slow", "setpoint"])
    func constantByNatureIsNotStuck(_ kind: String) {
        var random = Random(seed: 6)
        var bench = Bench(DetectionPolicy(), signals: ["tank.level"])
        var value = 20.0
        var stuck = 0
        for window in 0..<5_000 {
            var spread = 0.0
            switch kind {
            case "switch": value = random.below(40) == 0 ? 1 - min(value, 1) : min(value, 1)
            case "slow":
                // Steps of 0.5 every few hours; around a step both values are seen.
                if random.below(20) == 0 {
                    value += random.below(2) == 0 ? 0.5 : -0.5
                    spread = 0.25
                }
            case "setpoint": if window % 144 == 0 { value = Double(20 + random.below(5)) }
            default: break
            }
            let assessment = bench.feed([.init(value, spread: spread)])
            if assessment.signals[0].quality == .stuck { stuck += 1 }
        }
        // A run of more than twice what has happened twice is rare, and ends.
        #expect(stuck <= 50, "\(kind): \(stuck)")
    }

    /// A machine that is off says the same for as long as it is off.
    @Test(arguments: [true, false]) func aMachineThatIsOffIsNotStuck(knowsWhenOff: Bool) {
        var random = Random(seed: 7)
        var bench = Self.bench(
            ["level", "current"], running: knowsWhenOff, random: &random)
        var stuck = 0
        for day in 0..<20 {
            for window in 0..<144 {
                let isOn = window < 60 || day == 0
                let assessment = bench.feed([
                    isOn ? .init(10 + random.normal()) : .init(0, spread: 0),
                    isOn ? .init(20 + random.normal()) : .init(0, spread: 0),
                ])
                stuck += assessment.signals.count { $0.quality == .stuck }
            }
        }
        #expect(stuck == 0)
    }

    /// A flat load sensor must not make the machine look wrong that it explains.
    @Test func aStuckSignalExplainsNothing() throws {
        var random = Random(seed: 8)
        var bench = Self.bench(
            ["level", "load"], commissioned: false, explainedBy: ["load"], random: &random)
        func next(_ random: inout Random) -> (load: Double, level: Double) {
            let load = 30 + 20 * random.uniform()
            return (load, load / 2 + 0.2 * random.normal())
        }
        while bench.detector.isLearning {
            let said = next(&random)
            bench.feed(said.level, said.load)
        }
        var worst = 100.0
        for _ in 0..<300 {
            let said = next(&random)
            let assessment = bench.feed([.init(said.level), .init(30, spread: 0)])
            worst = min(worst, assessment.health)
        }
        #expect(worst > 90, "\(worst)")
    }

    // MARK: No data

    @Test func aLostSensorIsTold() throws {
        var random = Random(seed: 9)
        var bench = Self.bench(["level", "other"], random: &random)
        for _ in 0..<100 { bench.feed(30 + random.normal(), 10 + random.normal()) }
        let before = bench.feed(30, 10)
        #expect(before.health < 90)
        let begin = (bench.time - Bench.start).nanoseconds / bench.window.nanoseconds
        var history: [String] = []
        for window in 0..<60 {
            let assessment = bench.feed([nil, .init(10 + random.normal())])
            history += told(assessment, bench)
            let row = assessment.signals.first { $0.signal.rawValue == 0 }
            if window < 4 {
                #expect(row == nil)
            } else {
                #expect(row?.state == .noData && row?.count == 0 && row?.mean.isNaN == true)
            }
            #expect(abs(assessment.health - before.health) < 2)
            #expect(assessment.components[0].evidence.isEmpty)
        }
        #expect(history == ["0:no_data@\(begin)"])
        #expect(bench.detector.lost?.signals == ["tank.level"])
        history += told(bench.feed(10, 10), bench)
        #expect(history.last == "0:good@\(begin + 60)")
        #expect(bench.detector.lost == nil)
    }

    /// A signal that speaks every tenth window, or with gaps of its own, is not lost between.
    @Test func slowSignalsAreNotLost() {
        var random = Random(seed: 10)
        var bench = Self.bench(["level", "other"], commissioned: false, random: &random)
        var lost = 0
        for window in 0..<5_000 {
            let speaks = window % 10 == 0 || random.below(30) == 0
            let assessment = bench.feed([speaks ? .init(10) : nil, .init(10)])
            lost += assessment.signals.count { $0.quality == .noData }
        }
        #expect(lost == 0)
    }

    @Test func whatAMachineThatIsOffDoesNotSayIsNotLost() {
        var random = Random(seed: 11)
        var bench = Self.bench(["level", "current"], running: true, random: &random)
        for _ in 0..<200 {
            let assessment = bench.feed([nil, .init(0)])
            #expect(assessment.signals.count == 1)
        }
        #expect(bench.detector.lost == nil)
    }

    // MARK: Gap

    @Test func aWindowOfAFewReadingsIsAGap() throws {
        var random = Random(seed: 12)
        var bench = Self.bench(random: &random)
        for _ in 0..<20 { bench.feed([.init(10 + random.normal(), count: 60)]) }
        let gap = try #require(bench.feed([.init(70, count: 3)]).signals.first)
        #expect(gap.quality == .gap && gap.score == 0 && gap.zone == .within)
        #expect(gap.state == .normal)
        let half = try #require(bench.feed([.init(10, count: 20)]).signals.first)
        #expect(half.quality == .good)
        // For good it is a new rate.
        var gaps = 0
        for _ in 0..<100 {
            let assessment = bench.feed([.init(10 + random.normal(), count: 3)])
            gaps += assessment.signals.count { $0.quality == .gap }
        }
        #expect(gaps == 15)
    }

    /// Who reports changes only has as many readings as there are changes.
    @Test func irregularSignalsHaveNoGaps() {
        var random = Random(seed: 13)
        var bench = Self.bench(commissioned: false, random: &random)
        var gaps = 0
        for _ in 0..<2_000 {
            let count = 1 + Int(40 * random.uniform() * random.uniform())
            let assessment = bench.feed([.init(10 + random.normal(), count: count)])
            gaps += assessment.signals.count { $0.quality == .gap }
        }
        #expect(gaps <= 2, "\(gaps)")
    }

    @Test func gapsAreNotLearned() throws {
        var random = Random(seed: 14)
        var bench = Self.bench(commissioned: false, random: &random)
        var window = 0
        while bench.detector.isLearning {
            let isGap = window > 40 && window % 3 == 0
            bench.feed([
                isGap
                    ? .init(30, count: 2) : .init(10 + random.normal(), count: 60)
            ])
            window += 1
        }
        let signal = try #require(bench.feed([.init(10, count: 60)]).signals.first)
        #expect(abs(signal.expected - 10) < 0.3 && signal.scale < 1.3)
    }

    // MARK: Quantised

    /// A level that lies between two steps: rounding alone moves it by a whole step.
    private func quantised(step: Double, noise: Double) throws -> SignalAssessment {
        var random = Random(seed: 15)
        var bench = Bench(
            DetectionPolicy(components: [.init(name: "tank", signals: ["level"])]),
            signals: ["tank.level"])
        func window(_ level: Double, _ random: inout Random) -> Bench.Window {
            // One reading of a sensor with this noise and this step.
            let reading = level + noise * random.normal()
            return .init(step * (reading / step).rounded(), spread: 0, count: 1)
        }
        // Learned a little above a step, with short visits to other ones.
        var index = 0
        func visit() -> Double {
            index += 1
            return index % 30 == 0 ? 2 * step : (index % 10 == 0 ? step : 0)
        }
        while bench.detector.isLearning {
            bench.feed([window(10.1 * step + visit(), &random)])
        }
        var last = bench.feed([window(10.6 * step, &random)])
        for _ in 0..<200 { last = bench.feed([window(10.6 * step + visit(), &random)]) }
        return try #require(last.signals.first)
    }

    @Test(arguments: [0.5, 1.0, 0.1]) func stepsWidenWhatIsTolerated(_ step: Double) throws {
        let signal = try quantised(step: step, noise: 0.05 * step)
        #expect(signal.quality == .quantised)
        #expect(signal.raw < 3, "\(signal.raw)")
    }

    @Test func fineStepsAreNoQuantisation() throws {
        let signal = try quantised(step: 0.01, noise: 0.5)
        #expect(signal.quality == .good)
    }

    @Test(arguments: [
        (0.25, 0.1, 0.25), (0.1, 0.05, 0.1), (3, 1, 3), (0.001, 0.3, nil), (1, 20, nil),
    ])
    func theStepIsFound(_ step: Double, _ noise: Double, _ expected: Double?) throws {
        var random = Random(seed: 16)
        var size = StepSize()
        for _ in 0..<3_000 {
            // A little more than one step around a level that wanders.
            let readings = (0..<2).map { _ in
                step * ((7 + 2 * random.uniform() + noise / step * random.normal())).rounded()
            }
            size.note(Self.summary(readings))
        }
        guard let expected else {
            #expect(size.size == nil, "\(size)")
            return
        }
        let found = try #require(size.size, "\(size)")
        #expect(abs(found / expected - 1) < 1e-6)
    }

    /// Two values are a switch, and continuous readings have no step.
    @Test func switchesAndContinuousSignalsHaveNoStep() {
        var random = Random(seed: 17)
        var twoValued = StepSize()
        var continuous = StepSize()
        var single = StepSize()
        for _ in 0..<5_000 {
            twoValued.note(Self.summary([Double(random.below(2)), Double(random.below(2))]))
            continuous.note(Self.summary([random.normal(), random.normal(), random.normal()]))
            single.note(Self.summary([random.normal()]))
        }
        #expect(twoValued.size == nil)
        #expect(continuous.size == nil)
        #expect(single.size == nil)
    }

    private static func summary(_ readings: [Double]) -> WindowSummary {
        let mean = readings.reduce(0, +) / Double(readings.count)
        return WindowSummary(
            signal: SignalID(rawValue: 0), count: readings.count, minimum: readings.min() ?? 0,
            maximum: readings.max() ?? 0, mean: mean, deviation: 0, first: readings[0],
            last: readings[readings.count - 1])
    }

    // MARK: State

    /// Whatever is fed, the state written and read goes on as the one that was not.
    @Test func aRestartChangesNothing() throws {
        var random = Random(seed: 18)
        var bench = Self.bench(["level", "other"], commissioned: false, random: &random)
        func window(_ random: inout Random) -> Bench.Window? {
            switch random.below(12) {
            case 0: return nil
            case 1, 2: return .init(40, spread: 0, count: 1 + random.below(60))
            case 3: return .init(10, spread: 60, count: 10)
            default: return .init((10 + random.normal()).rounded(), count: 1 + random.below(60))
            }
        }
        for round in 0..<800 {
            let windows = [window(&random), window(&random)]
            var other = bench
            if round % 50 == 0 {
                var state = StateWriter()
                bench.detector.encode(into: &state)
                var reader = StateReader(state.bytes)
                try other.detector.restore(from: &reader)
                #expect(reader.isAtEnd)
            }
            guard windows.contains(where: { $0 != nil }) else { continue }
            let expected = String(reflecting: bench.feed(windows))
            #expect(String(reflecting: other.feed(windows)) == expected)
        }
    }
}
