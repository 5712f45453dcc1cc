import GRDB
import Primitives
import Testing

@testable import Engine
@testable import Store
@testable import Windows

/// Rows of windows that late readings have amended.
@Suite struct AmendmentRowsTests {
    let store: TestStore
    private static let minute = TimeSpan.seconds(60)

    init() throws { store = try TestStore() }

    private static func start(_ minute: Int64) -> Timestamp { Sample.time + Self.minute * minute }

    private static func late(
        _ minute: Int64, _ offset: Int64, _ value: Double, signal: SignalID = Sample.vibration
    ) -> LateReading {
        LateReading(
            signal: signal, start: start(minute), time: start(minute) + .seconds(offset),
            value: value)
    }

    private func step(
        _ sequence: Int, closing minutes: [Int64] = [], late: [LateReading] = []
    ) -> EngineStep {
        var step = EngineStep(
            sequence: sequence, advancedTo: Self.start(10), counters: EngineCounters())
        if sequence == 1 {
            step.devices = [Sample.device(signals: [Sample.vibration, Sample.temperature])]
            step.signals = [
                Signal(id: Sample.vibration, device: Sample.pump, name: "pump.vibration_rms"),
                Signal(id: Sample.temperature, device: Sample.pump, name: "pump.temperature"),
            ]
        }
        step.closed = minutes.map { Sample.closed(start: Self.start($0)) }
        step.late = late
        return step
    }

    private func windows(_ table: String = "window") throws -> [String] {
        try store.rows(
            """
            SELECT (start - \(Sample.time.nanoseconds)) / 60000000000, signal, count, min, max,
                mean, sd, first, last
            FROM \(table) ORDER BY start, signal
            """)
    }

    private func findings() throws -> [String] {
        try DatabaseCheck(store.database).run().flatMap(\.findings)
    }

    @Test func aLateReadingAmendsItsWindow() throws {
        var writer = try store.writer()
        let outcome = try writer.write(step(1, closing: [0, 1]))
        #expect(outcome.windows == 2)
        _ = try writer.write(step(2, late: [Self.late(0, 59, 63)]))
        // 60 readings with mean 1.5 and deviation 0.25, and one of 63.
        let mean = 1.5 + 61.5 / 61
        let deviation = ((59 * 0.0625 + 61.5 * (63 - mean)) / 60).squareRoot()
        #expect(
            try windows() == [
                "0|1|61|1.0|63.0|\(mean)|\(deviation)|1.25|1.75",
                "1|1|60|1.0|2.0|1.5|0.25|1.25|1.75",
            ])
        #expect(try windows("window_closed") == ["0|1|60|1.0|2.0|1.5|0.25|1.25|1.75"])
        #expect(try store.rows("SELECT value FROM late_reading") == ["63.0"])
        #expect(try findings() == [])
    }

    @Test func aWindowThatHadNoneIsMade() throws {
        var writer = try store.writer()
        _ = try writer.write(step(1, closing: [0]))
        _ = try writer.write(
            step(
                2,
                late: [
                    Self.late(0, 1, 20, signal: Sample.temperature), Self.late(5, 2, 4),
                    Self.late(5, 1, 8),
                ]))
        #expect(
            try windows().suffix(2) == [
                "0|2|1|20.0|20.0|20.0|0.0|20.0|20.0",
                "5|1|2|4.0|8.0|6.0|2.8284271247461903|8.0|4.0",
            ])
        #expect(try windows("window_closed") == ["0|2|0||||||", "5|1|0||||||"])
        #expect(try findings() == [])
    }

    /// Whatever their order, in whichever steps, however often: the same rows to the last bit.
    @Test(arguments: 1...30)
    func rowsAreAFunctionOfTheSetOfReadings(seed: UInt64) throws {
        var random = Random(seed: seed)
        var readings: [LateReading] = []
        for minute in 0..<Int64(5) {
            for offset in 0..<Int64(1 + random.below(12)) {
                let value = 1e3 + random.normal()
                readings.append(
                    Self.late(
                        minute, offset, value,
                        signal: random.below(2) == 0 ? Sample.vibration : Sample.temperature))
            }
        }
        var rows: [[String]] = []
        for turn in 0..<3 {
            let other = try AmendmentRowsTests()
            var writer = try other.store.writer()
            _ = try writer.write(other.step(1, closing: [0, 1, 2]))
            // Repeated by their sender, in another order every time.
            var sent =
                turn == 0 ? readings : readings + readings.filter { _ in random.below(2) == 0 }
            if turn > 0 {
                for index in sent.indices { sent.swapAt(index, random.below(sent.count)) }
            }
            var sequence = 2
            while !sent.isEmpty {
                let count = turn == 0 ? sent.count : 1 + random.below(sent.count)
                let step = other.step(sequence, late: Array(sent.prefix(count)))
                sent.removeFirst(count)
                sequence += 1
                for _ in 0...random.below(2) { _ = try writer.write(step) }
            }
            // A writer of another process repeats everything under other numbers.
            var second = try other.store.writer()
            var again = other.step(sequence, late: readings)
            (again.devices, again.signals) = (
                other.step(1).devices, other.step(1).signals
            )
            _ = try second.write(again)
            rows.append(try other.windows() + other.windows("window_closed"))
            #expect(try other.findings() == [])
        }
        #expect(rows[0] == rows[1] && rows[1] == rows[2])
    }

    @Test func aRepetitionReplaces() throws {
        var writer = try store.writer()
        _ = try writer.write(step(1, late: [Self.late(0, 1, 5), Self.late(0, 1, 7)]))
        _ = try writer.write(step(2, late: [Self.late(0, 2, 3)]))
        _ = try writer.write(step(3, late: [Self.late(0, 2, 9)]))
        #expect(try windows() == ["0|1|2|7.0|9.0|8.0|1.4142135623730951|7.0|9.0"])
    }

    /// After a crash a window may close that a late reading had made before.
    @Test func aWindowThatClosesAfterAllKeepsBoth() throws {
        var writer = try store.writer()
        _ = try writer.write(step(1, closing: [0], late: [Self.late(3, 1, 63)]))
        let outcome = try writer.write(step(2, closing: [3]))
        #expect(outcome.windows == 1 && outcome.windowsKept == 0)
        #expect(try windows()[1].hasPrefix("3|1|61|1.0|63.0|2.508"))
        #expect(try windows("window_closed") == ["3|1|60|1.0|2.0|1.5|0.25|1.25|1.75"])
        // The step again, and the same window in another step: it is there.
        _ = try writer.write(step(2, closing: [3]))
        #expect(try writer.write(step(3, closing: [3])).windowsKept == 1)
        #expect(try windows()[1].hasPrefix("3|1|61|1.0|63.0|2.508"))
        #expect(try findings() == [])
    }

    /// What was judged is what is judged again.
    @Test func theSecondFoldSeesWindowsAsTheyWereClosed() throws {
        var writer = try store.writer()
        _ = try writer.write(step(1, closing: [0, 1]))
        let history = StepHistory(store.database)
        let before = try history.steps(after: 0)
        _ = try writer.write(
            step(
                2,
                late: [
                    Self.late(0, 1, 99), Self.late(1, 1, 20, signal: Sample.temperature),
                    Self.late(7, 1, 3),
                ]))
        #expect(try Array(history.steps(after: 0).prefix(1)) == before)
        #expect(try history.steps(after: 1).flatMap(\.frames).isEmpty)
    }

    @Test func theOldestAmendmentsBecomeFinal() throws {
        var writer = try StepWriter(
            store.database, configuration: Sample.configuration, configurationVersion: "c1",
            gateway: "gw-1", lateReadingsMost: 32, logger: Sample.silentLogger)
        _ = try writer.write(step(1, closing: [0, 1, 2, 3]))
        for minute in 0..<Int64(6) {
            _ = try writer.write(
                step(
                    Int(minute) + 2,
                    late: (0..<Int64(10)).map { Self.late(minute, $0, Double($0)) }))
            #expect(try Int(store.rows("SELECT count(*) FROM late_reading")[0])! <= 32)
        }
        // Every window has its readings, those of the oldest are not kept.
        #expect(
            try store.rows("SELECT count FROM window ORDER BY start")
                == ["70", "70", "70", "70", "10", "10"])
        #expect(try windows("window_closed").map { $0.prefix(1) } == ["3", "4", "5"])
        let status = try ReadModel(store.database.directory).status()
        #expect(status.amendmentsFinal == 3 && status.windowsAmended == 3)
        #expect(status.lateReadings == 30)
        #expect(try findings() == [])
    }

    @Test func theyGoWithTheirWindows() throws {
        var writer = try store.writer(
            retention: Retention(sizeMost: 1 << 30, windows: .seconds(600)))
        _ = try writer.write(step(1, closing: [0, 1, 2]))
        _ = try writer.write(
            step(2, late: [Self.late(0, 1, 1), Self.late(2, 1, 1)]))
        var last = step(3, closing: [11])
        last.advancedTo = Self.start(12)
        _ = try writer.write(last)
        for table in ["window", "window_closed", "late_reading"] {
            let starts = try store.rows("SELECT DISTINCT start FROM \(table) ORDER BY start")
            #expect(starts.first == "\(Self.start(2).nanoseconds)", "\(table)")
        }
        // What belongs to a removed one makes none that would be a part of it only.
        var later = step(4, late: [Self.late(1, 1, 5), Self.late(2, 2, 5)])
        later.advancedTo = Self.start(12)
        _ = try writer.write(later)
        #expect(try store.rows("SELECT count(*) FROM late_reading") == ["2"])
        #expect(try ReadModel(store.database.directory).status().lateReadingsUnkept == 1)
    }

    @Test func anAmendedRowThatIsAnotherIsFound() throws {
        var writer = try store.writer()
        _ = try writer.write(step(1, closing: [0], late: [Self.late(0, 1, 1)]))
        #expect(try findings() == [])
        try store.execute("UPDATE window SET mean = 0")
        #expect(
            try findings() == [
                "the window of P-101/pump.vibration_rms that starts at "
                    + "\(Sample.time.nanoseconds) is not what was closed and its late readings give"
            ])
    }

    @Test func theCounterIsKept() throws {
        var writer = try store.writer()
        var counted = step(1, late: [Self.late(0, 1, 1)])
        counted.counters.readingsAmending = 17
        _ = try writer.write(counted)
        #expect(try store.rows("SELECT readings_amending FROM runtime") == ["17"])
    }
}
