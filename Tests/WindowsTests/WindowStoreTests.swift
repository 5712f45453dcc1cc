import Primitives
import Testing
import Windows

/// Many windows open at once, against a model that simply keeps every reading.
@Suite struct WindowStoreTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        var length: Int64
        var lateness: Int64
        var start: Int64
        var testDescription: String { "\(length) s, \(lateness) s late, from \(start)" }
    }

    struct Reading {
        var time: Int64
        var value: Double
    }

    /// Readings stamped up to `lateness` before or after their arrival, in any order, with ticks
    /// in between: none may be refused, mixed up or lost.
    func check(_ shape: Shape, seed: UInt64) {
        var random = Random(seed: seed)
        let bench = WindowBench()
        let device = bench.addDevice(length: shape.length, lateness: shape.lateness, signals: 3)
        var model: [Int64: [[Reading]]] = [:]
        var arrival = shape.start
        for index in 0..<400 {
            arrival += Int64(random.below(random.below(10) == 0 ? 200 : 8))
            let offset = Int64(random.below(Int(2 * shape.lateness) + 1)) - shape.lateness
            let time = arrival + offset
            let signal = random.below(3)
            let taken = bench.send(
                Double(index), to: device, signal: signal, at: time, arrival: arrival)
            #expect(taken, "seed \(seed): time \(time) at \(arrival)")
            let window = Timestamp(seconds: time).floored(to: .seconds(shape.length))
            model[window.nanoseconds, default: [[], [], []]][signal].append(
                Reading(time: time, value: Double(index)))
            if random.below(5) == 0 { bench.tick(arrival) }
        }
        bench.finish()
        let starts = model.keys.sorted()
        #expect(bench.frames.map(\.start.nanoseconds) == starts, "seed \(seed)")
        for frame in bench.frames {
            let expected = model[frame.start.nanoseconds] ?? []
            #expect(frame.end == frame.start + .seconds(shape.length), "seed \(seed)")
            let signals = expected.indices.filter { !expected[$0].isEmpty }
            #expect(frame.summaries.map(\.signal.index) == signals, "seed \(seed)")
            for summary in frame.summaries {
                compare(summary, with: expected[summary.signal.index], seed: seed)
            }
        }
    }

    private func compare(_ summary: WindowSummary, with readings: [Reading], seed: UInt64) {
        let values = readings.map(\.value)
        #expect(summary.count == values.count, "seed \(seed)")
        #expect(summary.minimum == values.min(), "seed \(seed)")
        #expect(summary.maximum == values.max(), "seed \(seed)")
        let mean = values.reduce(0, +) / Double(values.count)
        #expect(abs(summary.mean - mean) < 1e-9, "seed \(seed)")
        // Among readings of one instant the earliest arrival is first and the latest is last.
        let earliest = readings.map(\.time).min()
        let latest = readings.map(\.time).max()
        #expect(
            summary.first == readings.first { $0.time == earliest }?.value, "seed \(seed)")
        #expect(summary.last == readings.last { $0.time == latest }?.value, "seed \(seed)")
    }

    static let shapes = [
        Shape(length: 60, lateness: 0, start: 0),
        Shape(length: 60, lateness: 10, start: 0),
        Shape(length: 10, lateness: 20, start: 1_000_000),
        Shape(length: 10, lateness: 60, start: 0),
        Shape(length: 7, lateness: 100, start: -3_000),
        Shape(length: 1, lateness: 33, start: -500),
        Shape(length: 3_600, lateness: 5, start: -10_000),
    ]

    @Test(arguments: shapes, 1...10)
    func keepsWindowsApart(shape: Shape, seed: UInt64) {
        check(shape, seed: seed)
    }

    /// Five windows can be open with windows of 10 s and 20 s lateness: one about to close, and
    /// those up to the window of a stamp 20 s ahead.
    @Test func everyOpenWindowHasASlotOfItsOwn() {
        let bench = WindowBench()
        let device = bench.addDevice(length: 10, lateness: 20)
        bench.send(1, to: device, at: 9, arrival: 9)
        for (value, time) in [(5.0, Int64(49)), (4, 39), (3, 29), (2, 19)] {
            #expect(bench.send(value, to: device, at: time, arrival: 29))
        }
        bench.finish()
        #expect(
            bench.closed(device) == [
                "0...10 1@1.0", "10...20 1@2.0", "20...30 1@3.0", "30...40 1@4.0",
                "40...50 1@5.0",
            ])
    }

    @Test(arguments: [
        (60, 0, 1), (60, 10, 2), (60, 30, 2), (60, 31, 4), (10, 20, 8), (10, 60, 16),
        (1, 3_600, 8_192),
    ])
    func slotsFollowFromThePolicy(length: Int64, lateness: Int64, slots: Int) {
        let policy = WindowPolicy(length: .seconds(length), lateness: .seconds(lateness))
        #expect(policy.slots == slots)
    }

    /// A signal found while windows are open has slots of its own.
    @Test func newSignalsDisturbNothing() {
        let bench = WindowBench()
        let device = bench.addDevice(length: 10, lateness: 20)
        bench.send(1, to: device, at: 5)
        bench.send(2, to: device, at: 15)
        bench.addSignal(of: device)
        bench.send(7, to: device, signal: 1, at: 5, arrival: 15)
        bench.send(8, to: device, signal: 1, at: 25)
        bench.finish()
        #expect(
            bench.closed(device) == ["0...10 1@1.0 1@7.0", "10...20 1@2.0", "20...30 1@8.0"])
    }

    @Test func aLineWithoutReadingsOpensNothing() {
        let bench = WindowBench()
        let device = bench.addDevice(length: 60, lateness: 10)
        #expect(bench.admit(device, at: 5))
        #expect(!bench.hasData(device))
        #expect(bench.closingTime == nil)
    }

    @Test func policyChanges() {
        let bench = WindowBench()
        let other = bench.addDevice(length: 60, lateness: 10)
        let device = bench.addDevice(length: 60, lateness: 10, signals: 2)
        bench.send(1, to: other, at: 30)
        bench.send(1, to: device, at: 100)
        bench.send(2, to: device, at: 170)
        #expect(bench.hasData(device))
        bench.tick(240)
        #expect(!bench.hasData(device))
        bench.send(3, to: other, at: 240)
        bench.setPolicy(length: 10, lateness: 40, of: device)
        // The own clock stays where it was: 170.
        #expect(!bench.send(4, to: device, at: 119, arrival: 250))
        for time in [165, 175, 185, 195, 205] as [Int64] {
            #expect(bench.send(Double(time), to: device, signal: 1, at: time, arrival: 250))
        }
        bench.finish()
        #expect(
            bench.closed(device) == [
                "60...120 1@1.0", "120...180 1@2.0", "160...170 1@165.0", "170...180 1@175.0",
                "180...190 1@185.0", "190...200 1@195.0", "200...210 1@205.0",
            ])
        #expect(bench.closed(other) == ["0...60 1@1.0", "240...300 1@3.0"])
    }

    @Test func closingTimeIsTheLeastThatClosesEverything() throws {
        let bench = WindowBench()
        #expect(bench.closingTime == nil)
        let short = bench.addDevice(length: 10, lateness: 5)
        let long = bench.addDevice(length: 100, lateness: 20)
        bench.send(1, to: short, at: 8)
        #expect(bench.closingTime == Timestamp(seconds: 23))
        bench.send(1, to: long, at: 9)
        #expect(bench.closingTime == Timestamp(seconds: 129))
        // A backlog ends by being quiet, not by its event times.
        bench.send(1, to: short, at: 12, arrival: 400)
        let end = try #require(bench.closingTime)
        #expect(end == Timestamp(seconds: 415))
        bench.tick(end - TimeSpan(nanoseconds: 1))
        #expect(bench.hasData(short))
        bench.tick(end)
        #expect(bench.closingTime == nil)
        #expect(bench.frames.count == 3)
    }

    /// Devices whose signals come one by one, in turns, keep what they hold while their room grows
    /// and others take the room they left.
    @Test func signalsThatComeOneByOneWhileWindowsAreOpen() {
        let bench = WindowBench()
        let devices = (0..<3).map { _ in bench.addDevice(length: 60, lateness: 10, signals: 0) }
        for signal in 0..<9 {
            for (place, device) in devices.enumerated() {
                bench.addSignal(of: device)
                for known in 0...signal {
                    bench.send(
                        Double(100 * place + known), to: device, signal: known,
                        at: Int64(signal))
                }
            }
        }
        bench.finish()
        for (place, device) in devices.enumerated() {
            let frame = bench.frames.first { $0.device == device }
            #expect(frame?.summaries.map(\.count) == [9, 8, 7, 6, 5, 4, 3, 2, 1])
            #expect(frame?.summaries.map(\.mean) == (0..<9).map { Double(100 * place + $0) })
        }
    }

    /// The plain way takes a line only where the long one would change nothing but clocks and what
    /// is kept, at its end.
    @Test func whatIsPlain() {
        let bench = WindowBench()
        let device = bench.addDevice(length: 60, lateness: 10, signals: 2)
        #expect(!bench.sendPlainly(1, to: device, at: 30), "there is no window yet")
        bench.send(1, to: device, signal: 0, at: 30)
        #expect(!bench.sendPlainly(3, to: device, signals: 2, at: 31), "a signal's first reading")
        #expect(bench.sendPlainly(2, to: device, at: 31))
        #expect(!bench.sendPlainly(1, to: device, at: 31), "a reading of that time is kept")
        #expect(!bench.sendPlainly(1, to: device, at: 29), "out of order")
        #expect(!bench.sendPlainly(1, to: device, at: 60), "another window")
        bench.send(4, to: device, signal: 1, at: 65)
        #expect(!bench.sendPlainly(4, to: device, signals: 2, at: 66), "they come apart")
        #expect(bench.sendPlainly(4, to: device, at: 65), "another signal of that time")
        #expect(bench.sendPlainly(5, to: device, at: 69))
        #expect(!bench.sendPlainly(1, to: device, at: 70), "the first window is due")
        _ = bench.admit(device, at: 130)
        #expect(!bench.sendPlainly(1, to: device, at: 131), "nothing is open there")
        bench.finish()
        #expect(bench.closed(device) == ["0...60 2@1.5", "60...120 2@4.5 1@4.0"])
    }

    /// Readings that go the plain way give what the long one gives, however many they are.
    @Test func thePlainWayGivesTheSame() {
        let benches = [WindowBench(), WindowBench()]
        let devices = benches.map { $0.addDevice(length: 86_400, lateness: 10, signals: 3) }
        var random = Random(seed: 7)
        for (bench, device) in zip(benches, devices) {
            bench.sendTogether([0, 0, 0], to: device, at: 0)
        }
        for time in 1..<100 {
            let value = random.normal()
            #expect(benches[0].sendPlainly(value, to: devices[0], signals: 3, at: Int64(time)))
            benches[1].sendTogether([value, value, value], to: devices[1], at: Int64(time))
        }
        for bench in benches { bench.finish() }
        #expect(benches[0].summaries(of: devices[0]).map(\.count) == [100, 100, 100])
        #expect(benches[0].frames == benches[1].frames)
    }
}
