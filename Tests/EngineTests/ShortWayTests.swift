import Engine
import Primitives
import Testing
import Windows

/// The short ways of the hot path (foreseen order, looking ahead, expected places) against a plain
/// account of the same lines: whatever the order, every reading is in its window once.
@Suite struct ShortWayTests {
    /// Statistics of one signal in one window, kept the obvious way.
    private struct Account {
        var count = 0
        var minimum = Double.infinity
        var maximum = -Double.infinity
        var sum = 0.0
        var firstTime = Int64.max
        var first = 0.0
        var lastTime = Int64.min
        var last = 0.0

        mutating func add(_ value: Double, at time: Int64) {
            count += 1
            sum += value
            minimum = min(minimum, value)
            maximum = max(maximum, value)
            if time < firstTime {
                firstTime = time
                first = value
            }
            if time >= lastTime {
                lastTime = time
                last = value
            }
        }
    }

    private struct Key: Hashable {
        var device: String
        var signal: String
        var window: Int64
    }

    private enum Order: CaseIterable {
        case steady
        case shuffled
        /// Steady for a while, then shuffled, and again.
        case changing
    }

    /// A line, and what it adds to the accounts.
    private static func line(
        _ device: Int, at time: Int64, _ random: inout Random, _ accounts: inout [Key: Account]
    ) -> String {
        // Seldom another field, another order or another form: then the ordinary way is taken.
        var fields = [("a", false), ("b", false), ("long_name_of_a_field", false)]
        if device % 7 == 0 { fields.append(("extra", false)) }
        if random.below(50) == 0 { fields.swapAt(0, 1) }
        if random.below(50) == 0 { fields.append(("text", true)) }
        var texts: [String] = []
        for (name, isText) in fields {
            if isText {
                texts.append("\(name)=\"x\"")
                continue
            }
            let thousandths = random.below(2_000_000) - 1_000
            let value = Double(thousandths) / 1_000
            let text = random.below(20) == 0 ? "\(value)e0" : "\(value)"
            texts.append("\(name)=\(text)")
            let key = Key(
                device: "d\(device)", signal: "m.\(name)", window: time / 60_000_000_000)
            accounts[key, default: Account()].add(value, at: time)
        }
        return "m,device=d\(device) \(texts.joined(separator: ",")) \(time)\n"
    }

    @Test(arguments: [50, 3_000])
    func everyReadingIsInItsWindowOnce(_ devices: Int) {
        for order in Order.allCases {
            var random = Random(seed: 0x51AB + UInt64(devices))
            var accounts: [Key: Account] = [:]
            let run = EngineRun(
                .byEvent(classes: [
                    MachineClass(
                        name: "m", windows: WindowPolicy(length: .minutes(1), lateness: .minutes(1))
                    )
                ]))
            var sequence = Array(0..<devices)
            let rounds = devices < 100 ? 60 : 8
            var lines = 0
            for round in 0..<rounds {
                if order == .shuffled || order == .changing && round % 4 > 1 {
                    for place in sequence.indices.reversed() {
                        sequence.swapAt(place, random.below(place + 1))
                    }
                }
                var block = ""
                for device in sequence {
                    // Up to half a minute out of order, across the ends of windows too.
                    let seconds = Int64(1_767_225_600 + 20 * round)
                    // No instant twice: that would be one reading.
                    let time =
                        (seconds - Int64(random.below(30))) * 1_000_000_000 + Int64(round)
                    block += Self.line(device, at: time, &random, &accounts)
                    lines += 1
                }
                run.send(block)
            }
            run.finish()
            #expect(run.counters.linesAccepted == UInt64(lines), "\(order)")
            #expect(run.refused.isEmpty, "\(order)")
            compare(run, accounts, "\(order) of \(devices)")
        }
    }

    /// A line that says less comes first, so that fields are known in another order than later
    /// lines have them in; or one names a field twice.
    @Test(arguments: ["a=1,b=2,c=3", "c=3,b=2,a=1", "b=2,a=1,c=3"])
    func fieldsInAnotherOrderThanTheyFirstCame(_ fields: String) {
        for first in ["a=1,c=3", "c=3", "c=3,c=3,b=2"] {
            let run = EngineRun(.byEvent())
            run.send("m,device=d \(first) 1000000000\n")
            for second in 2...9 { run.send("m,device=d \(fields) \(second)000000000\n") }
            run.finish()
            for summary in run.closed.flatMap(\.frame.summaries) {
                let value = ["m.a": 1.0, "m.b": 2, "m.c": 3][run.registry[summary.signal].name]
                #expect(summary.minimum == value && summary.maximum == value, "after \(first)")
            }
        }
    }

    /// Series without a number are never read the short way, however many they are.
    @Test func manySeriesOfTexts() {
        var random = Random(seed: 3)
        let run = EngineRun(.byEvent())
        var sequence = Array(0..<3_000)
        for round in 1...3 {
            for place in sequence.indices.reversed() {
                sequence.swapAt(place, random.below(place + 1))
            }
            run.send(sequence.map { "m,device=d\($0) s=\"\(round)\" \(round)\n" }.joined())
        }
        run.finish()
        #expect(run.counters.linesAccepted == 9_000)
        #expect(run.steps.flatMap(\.texts).count == 9_000)
    }

    /// Signals of a second measurement have no reading in a window that the first has opened.
    @Test func aWindowThatOnlyOtherSignalsHave() {
        let run = EngineRun(.byEvent())
        for minute in 0..<3 {
            for second in [1, 2, 3] {
                let time = minute * 60 + second
                run.send("m,device=a v=\(time) \(time)000000000\n")
            }
            for second in [4, 5] {
                let time = minute * 60 + second
                run.send("n,device=a w=\(time) \(time)000000000\n")
            }
        }
        run.finish()
        #expect(
            run.frames == [
                "a 0...60 v:3@2.0 w:2@4.5", "a 60...120 v:3@62.0 w:2@64.5",
                "a 120...180 v:3@122.0 w:2@124.5",
            ])
    }

    /// Lines that are held for a jump of the clock are contradicted by any other line.
    @Test func aPlainLineContradictsAJump() {
        let run = EngineRun(.byEvent())
        for _ in 0..<3 { run.send("m,device=a v=1 5000000000\n") }
        run.send("m,device=a v=1 900000000000000000\n")
        run.send("m,device=a v=1 5000000000\n")
        run.finish()
        #expect(run.refusals == ["clock_skew 1"])
        #expect(run.counters.linesAccepted == 4)
    }

    /// A device whose clock stands still is believed until its stamps are too old.
    @Test func aStampThatGrowsOld() {
        var configuration = EngineConfiguration(
            generic: MachineClass(
                name: "generic", windows: WindowPolicy(length: .days(1))))
        configuration.clock.maximumAge = .hours(1)
        let run = EngineRun(configuration)
        for minutes in [0, 1, 60, 61] as [Int64] {
            run.send(
                "m,device=a v=1 86400000000000\n", at: Timestamp(seconds: 86_400 + 60 * minutes))
        }
        run.flush()
        #expect(run.refusals == ["clock_skew 1"])
        #expect(run.counters.linesAccepted == 3)
    }

    /// By another listener the same series counts in milliseconds.
    @Test func stampsOfAnotherPrecision() {
        let run = EngineRun(.byEvent())
        for _ in 0..<3 { run.send("m,device=a v=1 1000\n") }
        run.send("m,device=a v=2 20\n", precision: .milliseconds)
        run.finish()
        #expect(run.closed.first?.frame.summaries.first?.first == 1)
        #expect(run.closed.first?.frame.summaries.first?.last == 2)
    }

    private func compare(_ run: EngineRun, _ accounts: [Key: Account], _ what: String) {
        var left = accounts
        var wrong: [String] = []
        for frame in run.closed.map(\.frame) {
            for summary in frame.summaries {
                let key = Key(
                    device: run.registry[frame.device].name,
                    signal: run.registry[summary.signal].name,
                    window: frame.start.nanoseconds / 60_000_000_000)
                guard let account = left.removeValue(forKey: key) else {
                    wrong.append("\(key) is not expected, or twice")
                    continue
                }
                let mean = account.sum / Double(account.count)
                let isRight =
                    summary.count == account.count && summary.minimum == account.minimum
                    && summary.maximum == account.maximum && summary.first == account.first
                    && summary.last == account.last && abs(summary.mean - mean) < 1e-6
                if !isRight { wrong.append("\(key): \(summary) is not \(account)") }
            }
        }
        #expect(left.isEmpty, "\(what): missing \(left.first.map { "\($0)" } ?? "")")
        #expect(wrong.isEmpty, "\(what): \(wrong.first ?? "")")
    }
}
