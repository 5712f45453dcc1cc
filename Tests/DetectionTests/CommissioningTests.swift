import Primitives
import Testing

@testable import Detection

/// The time a machine is only learned from: what counts, how much is kept, and that what was
/// learned never moves again.
@Suite struct CommissioningTests {
    static let running = OperatingCondition([
        .init(signal: "current", relation: .above, threshold: 2)
    ])

    /// Off, starting and settling windows neither count nor teach.
    @Test func onlyRunningWindowsCount() throws {
        var bench = Bench(
            DetectionPolicy(
                running: Self.running, settling: .minutes(20), commissioning: .hours(10)),
            signals: ["pump.current", "pump.vibration"])
        var random = Random(seed: 2)
        for cycle in 0..<10 {
            for _ in 0..<7 { #expect(bench.feed(0, 900).state == .notRunning) }
            bench.feed([.init(2, spread: 2), .init(900)])
            for _ in 0..<2 { #expect(bench.feed(5, 900).operating == .transient) }
            for _ in 0..<6 {
                let done = bench.feed(5, 1 + 0.1 * random.normal())
                let expected = Double(cycle) / 10
                #expect(done.learned > expected && done.learned <= expected + 0.1 + 1e-9)
            }
        }
        #expect(!bench.detector.isLearning)
        let vibration = try #require(bench.feed(5, 1).signals.last)
        #expect(abs(vibration.expected - 1) < 0.1, "\(vibration.expected)")
        #expect(vibration.scale < 0.3)
    }

    /// Long windows: time alone is not enough, thirty rows are needed.
    @Test func takesAtLeastThirtyWindows() {
        var bench = Bench(
            DetectionPolicy(commissioning: .hours(1)), window: .hours(1), signals: ["a.b"])
        for index in 1..<30 {
            #expect(abs(bench.feed(1).learned - Double(index) / 30) < 1e-12)
            #expect(bench.detector.isLearning)
        }
        #expect(bench.feed(1).learned == 1)
        #expect(!bench.detector.isLearning)
    }

    @Test(arguments: [
        (TimeSpan.days(3), TimeSpan.minutes(1)), (.days(30), .seconds(1)), (.hours(1), .hours(1)),
        (.zero, .minutes(1)), (.minutes(513), .minutes(1)), (.days(1), .milliseconds(900)),
    ])
    func theRecordIsBounded(_ commissioning: TimeSpan, _ window: TimeSpan) {
        var record = CommissioningRecord(
            DetectionPolicy(commissioning: commissioning), window: window)
        var windows = 0
        while record.progress(of: commissioning) < 1, windows < 3_000_000 {
            record.add(means: [1], scatter: [0.1], span: window)
            windows += 1
        }
        #expect(record.progress(of: commissioning) == 1)
        #expect(record.rows.count <= CommissioningRecord.maximumRows)
        #expect(record.rows.count == record.scatter.count)
        #expect(record.rows.count >= Baseline.minimumRows)
        let needed = max(commissioning.seconds / window.seconds, 30)
        #expect(Double(windows) < needed + 2, "\(windows) windows for \(needed)")
        record.add(means: [1], scatter: [0.1], span: window)
        #expect(record.rows.count <= CommissioningRecord.maximumRows)
    }

    /// Kept rows come from all of the commissioning time, not from its beginning.
    @Test func theRecordCoversTheWholeTime() {
        var record = CommissioningRecord(
            DetectionPolicy(commissioning: .minutes(5_120)), window: .minutes(1))
        for index in 0..<5_120 {
            record.add(means: [Double(index)], scatter: [], span: .minutes(1))
        }
        #expect(record.rows.count == 512)
        #expect((record.rows.last?.first ?? 0) > 5_100)
    }

    /// Slow wear over seven weeks, from 0 to 8 standard deviations: seen in full, never learned
    /// away. The same machine without it stays normal.
    @Test func slowDriftIsSeenNotLearned() throws {
        var last: [Double] = []
        var expectations: [Double] = []
        for slope in [0.0, 8.0 / 49] {
            var bench = Bench(DetectionPolicy(), signals: ["pump.vibration"])
            var random = Random(seed: 77)
            bench.commission(&random, levels: [20])
            let start = bench.time
            let expected = try #require(bench.feed(20).signals.first?.expected)
            var assessment = bench.feed(20)
            for _ in 0..<(49 * 144) {
                let days = (bench.time - start).hours / 24
                assessment = bench.feed(20 + slope * days + random.normal())
                #expect(assessment.signals.first?.expected == expected)
            }
            last.append(assessment.raw)
            expectations.append(expected)
        }
        #expect(expectations[0] == expectations[1])
        #expect(last[0] < 1.5, "\(last)")
        #expect(abs(last[1] - 8) < 1.6, "\(last)")
    }

    /// The device says `learning`, and limits are watched all the same.
    @Test func limitsHoldWhileLearning() {
        let limits = SignalLimits(alarmHigh: 50, tripHigh: 100)
        var bench = Bench(
            DetectionPolicy(signals: [.init(name: "vibration", limits: limits)]),
            signals: ["pump.vibration"])
        let calm = bench.feed(20)
        #expect(calm.state == .learning)
        #expect(calm.signals.first?.state == .learning)
        #expect(calm.signals.first?.expected.isNaN == true)
        let alarm = bench.feed(60)
        #expect(alarm.state == .abnormal)
        #expect(alarm.signals.first?.zone == .alarm)
        #expect(alarm.score == 0.8)
        let trip = bench.feed(100)
        #expect(trip.score == 0.95)
        #expect(trip.health == 0)
    }
}
