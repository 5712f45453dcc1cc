import Detection
import GRDB
import Primitives
import Testing

@testable import Engine
@testable import Store
@testable import Windows

/// Windows summed up over 15 minutes and over days.
@Suite struct RollupTests {
    let store: TestStore
    private static let minute = TimeSpan.minutes(1)
    /// Midnight.
    private static let day = Timestamp(nanoseconds: 1_770_076_800_000_000_000)

    init() throws { store = try TestStore() }

    /// One window of one signal, as a test thinks of it.
    private struct Part {
        var start: Timestamp
        var signal: SignalID
        var values: [Double]

        var summary: WindowSummary {
            let mean = values.reduce(0, +) / Double(values.count)
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return WindowSummary(
                signal: signal, count: values.count, minimum: values.min()!,
                maximum: values.max()!, mean: mean,
                deviation: values.count > 1
                    ? (squares / Double(values.count - 1)).squareRoot() : 0,
                first: values[0], last: values.last!, expected: Int32(values.count + 1))
        }
    }

    private static let signals = (0..<3).map { SignalID(rawValue: Int32($0)) }

    private static func parts(_ minutes: Range<Int64>, seed: UInt64) -> [Part] {
        var random = Random(seed: seed)
        return minutes.flatMap { minute in
            signals.filter { _ in random.below(8) > 0 }.map { signal in
                Part(
                    start: day + Self.minute * minute, signal: signal,
                    values: (0..<1 + random.below(5)).map { _ in 1e3 + random.normal() })
            }
        }
    }

    /// A step that closes these windows of one device, each as long as `length`.
    private func step(
        _ sequence: Int, _ parts: [Part], at time: Timestamp, length: TimeSpan = minute
    ) -> EngineStep {
        var step = EngineStep(sequence: sequence, advancedTo: time, counters: EngineCounters())
        for start in Set(parts.map(\.start)).sorted() {
            var closed = Sample.closed(
                start: start,
                summaries: parts.filter { $0.start == start }.map(\.summary))
            closed.frame.end = start + length
            closed.assessment.end = start + length
            step.closed.append(closed)
        }
        return step
    }

    private func writer(
        retention: Retention = .standard, rowsAtOnce: Int = RollupRows.rowsAtOnce
    ) throws -> StepWriter {
        var writer = try StepWriter(
            store.database, configuration: Sample.configuration, configurationVersion: "c1",
            gateway: "gw-1", retention: retention, rollupRowsAtOnce: rowsAtOnce,
            logger: Sample.silentLogger)
        writer.introduce(
            devices: [Sample.device(signals: Self.signals)],
            signals: Self.signals.map {
                Signal(id: $0, device: Sample.pump, name: "s\($0.rawValue)")
            })
        return writer
    }

    /// Time goes on and nothing else.
    private func idle(_ writer: inout StepWriter, _ sequence: Int, until time: Timestamp) throws {
        for _ in 0..<50 {
            _ = try writer.write(
                EngineStep(sequence: sequence, advancedTo: time, counters: EngineCounters()))
        }
    }

    /// Time goes on until nothing is left to be done.
    private func settle(_ writer: inout StepWriter, _ sequence: Int) throws {
        for _ in 0..<1_000 {
            try idle(&writer, sequence, until: Self.day + .days(2))
            let left = try store.rows("SELECT count(*) FROM rollup WHERE changed IS NOT NULL")
            if left == ["0"] { return }
        }
    }

    private func rows(_ table: String) throws -> [String] {
        try store.rows(
            """
            SELECT (start - \(Self.day.nanoseconds)) / 60000000000, signal - 1, windows, count,
                min, max, mean, sd, first, last, missing
            FROM \(table) ORDER BY key
            """)
    }

    /// The same from all readings at once.
    private func check(
        _ table: String, _ parts: [Part], minutes: Int64,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var expected: [String: [Part]] = [:]
        for part in parts {
            let minute = (part.start - Self.day).nanoseconds / 60_000_000_000
            expected["\(minute / minutes * minutes)|\(part.signal.rawValue)", default: []]
                .append(part)
        }
        let rows = try rows(table)
        #expect(rows.count == expected.count, sourceLocation: sourceLocation)
        for row in rows {
            let fields = row.split(separator: "|").map(String.init)
            let own = (expected["\(fields[0])|\(fields[1])"] ?? []).sorted { $0.start < $1.start }
            let values = own.flatMap(\.values)
            let mean = values.reduce(0, +) / Double(values.count)
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let deviation = (squares / Double(values.count - 1)).squareRoot()
            #expect(fields[2] == "\(own.count)", sourceLocation: sourceLocation)
            #expect(fields[3] == "\(values.count)", sourceLocation: sourceLocation)
            #expect(fields[4] == "\(values.min()!)", sourceLocation: sourceLocation)
            #expect(fields[5] == "\(values.max()!)", sourceLocation: sourceLocation)
            #expect(abs(Double(fields[6])! - mean) < 1e-9, sourceLocation: sourceLocation)
            #expect(abs(Double(fields[7])! - deviation) < 1e-9, sourceLocation: sourceLocation)
            #expect(fields[8] == "\(own[0].values[0])", sourceLocation: sourceLocation)
            #expect(fields[9] == "\(own.last!.values.last!)", sourceLocation: sourceLocation)
            #expect(fields[10] == "\(own.count)", sourceLocation: sourceLocation)
        }
    }

    private func findings() throws -> [String] {
        try DatabaseCheck(store.database).run().flatMap(\.findings)
    }

    /// However the windows are cut into steps, however little is read at once, whenever the
    /// program ends in between, and with windows that come in any order.
    @Test(arguments: 1...6)
    func aDayInPieces(seed: UInt64) throws {
        var random = Random(seed: seed)
        var parts = Self.parts(0..<1_440, seed: seed)
        if seed % 2 == 0 {
            for index in parts.indices {
                parts.swapAt(index, min(parts.count - 1, index + random.below(40)))
            }
        }
        let rowsAtOnce = [1, 20, 100_000][random.below(3)]
        var writer = try writer(rowsAtOnce: rowsAtOnce)
        var sequence = 1
        var rest = parts[...]
        var now = Self.day
        while !rest.isEmpty {
            let piece = Array(rest.prefix(1 + random.below(200)))
            rest = rest.dropFirst(piece.count)
            now = max(now, piece.map(\.start).max()! + Self.minute)
            // Two windows of a device with one start are one window's signals.
            _ = try writer.write(step(sequence, piece, at: now))
            sequence += 1
            if random.below(5) == 0 { writer = try self.writer(rowsAtOnce: rowsAtOnce) }
        }
        try settle(&writer, sequence)
        try check("window_15min", parts, minutes: 15)
        try check("window_day", parts, minutes: 1_440)
        #expect(try store.rows("SELECT count(*) FROM rollup WHERE changed IS NOT NULL") == ["0"])
        #expect(try findings() == [])
    }

    @Test func notBeforeItsTime() throws {
        let parts = Self.parts(0..<30, seed: 1)
        var writer = try writer()
        _ = try writer.write(step(1, parts, at: Self.day + .minutes(30)))
        // The first quarter ended 15 minutes ago, but its windows have only just come.
        #expect(try rows("window_15min").isEmpty)
        try idle(&writer, 2, until: Self.day + .seconds(45 * 60 - 1))
        #expect(try rows("window_15min").isEmpty)
        try idle(&writer, 2, until: Self.day + .minutes(45))
        #expect(try rows("window_15min").count == 6)
        #expect(try rows("window_day").isEmpty)
        try idle(&writer, 2, until: Self.day + .days(1) + .minutes(15))
        #expect(try rows("window_day").count == 3)
    }

    @Test func lateWindowsAndReadingsAreSummedUpAgain() throws {
        var parts = Self.parts(0..<60, seed: 2)
        let late = Self.parts(60..<70, seed: 3)
        var writer = try writer()
        _ = try writer.write(step(1, parts, at: Self.day + .minutes(60)))
        try idle(&writer, 2, until: Self.day + .days(1) + .hours(1))
        #expect(try rows("window_15min").count == 12)
        parts += late
        var second = step(2, late, at: Self.day + .days(2))
        let place = try #require(parts.firstIndex { $0.signal == Self.signals[0] })
        let time = parts[place].start
        second.late = [
            LateReading(
                signal: Self.signals[0], start: time, time: time + .seconds(59), value: 2_000)
        ]
        _ = try writer.write(second)
        try idle(&writer, 3, until: Self.day + .days(3))
        let rows = try store.rows(
            "SELECT count, max FROM window_day WHERE signal = 1")
        let own = parts.filter { $0.signal == Self.signals[0] }.flatMap(\.values)
        #expect(rows == ["\(own.count + 1)|2000.0"])
        #expect(try findings() == [])
    }

    /// A device whose windows last an hour has days, made of its windows.
    @Test func longWindowsAreInDaysOnly() throws {
        let parts = (0..<48).map { hour in
            Part(
                start: Self.day + .hours(hour), signal: Self.signals[0],
                values: [Double(hour), Double(hour) + 1])
        }
        var writer = try writer()
        _ = try writer.write(
            step(1, parts, at: Self.day + .days(2), length: .hours(1)))
        try idle(&writer, 2, until: Self.day + .days(3))
        #expect(try rows("window_15min").isEmpty)
        #expect(
            try store.rows("SELECT windows, count, min, max, mean FROM window_day ORDER BY key")
                == ["24|48|0.0|24.0|12.0", "24|48|24.0|48.0|36.0"])
        #expect(try findings() == [])
    }

    @Test func windowsOfADayAreInNone() throws {
        let parts = [Part(start: Self.day, signal: Self.signals[0], values: [1])]
        var writer = try writer()
        _ = try writer.write(step(1, parts, at: Self.day + .days(1), length: .days(1)))
        try idle(&writer, 2, until: Self.day + .days(3))
        #expect(try store.rows("SELECT count(*) FROM rollup") == ["0"])
    }

    /// Windows go, what they were summed up to stays, and is not made again from what is left.
    @Test func theyOutliveTheirWindows() throws {
        let parts = Self.parts(0..<100, seed: 4)
        let hour = Retention(sizeMost: 1 << 30, windows: .hours(1))
        var writer = try writer(retention: hour)
        for minute in Int64(0)..<100 {
            let own = parts.filter { $0.start == Self.day + Self.minute * minute }
            _ = try writer.write(
                step(Int(minute) + 1, own, at: Self.day + Self.minute * (minute + 1)))
        }
        #expect(
            try store.rows("SELECT min(start) FROM window_start") != ["\(Self.day.nanoseconds)"])
        try writer.finishRollups()
        try check("window_15min", parts, minutes: 15)
        try check("window_day", parts, minutes: 1_440)
        #expect(try findings() == [])
    }

    /// Windows go before it is time to sum them up: that is done first.
    @Test(arguments: [TimeSpan.minutes(1), .hours(1)])
    func whatIsAboutToGoIsSummedUpFirst(length: TimeSpan) throws {
        let parts = (0..<48).map { index in
            Part(
                start: Self.day + length * index, signal: Self.signals[0],
                values: [Double(index), Double(index) + 1])
        }
        let end = Self.day + length * 48
        var writer = try writer(retention: Retention(sizeMost: 1 << 30, windows: length))
        _ = try writer.write(step(1, parts, at: end, length: length))
        #expect(try store.rows("SELECT count(*) FROM window") == ["1"])
        let table = length < .minutes(15) ? "window_15min" : "window_day"
        let rows = try store.rows("SELECT count FROM \(table) ORDER BY key")
        #expect(rows == (length < .minutes(15) ? ["30", "30", "30", "6"] : ["48", "48"]))
        #expect(try findings() == [])
    }

    @Test func eachHasAnAgeOfItsOwn() throws {
        let retention = Retention(
            sizeMost: 1 << 30, windows: .days(1), quarters: .days(2), days: .days(4))
        var writer = try writer(retention: retention)
        for day in 0..<Int64(8) {
            let start = Self.day + .days(day)
            let part = Part(start: start, signal: Self.signals[0], values: [Double(day)])
            _ = try writer.write(step(Int(day) + 1, [part], at: start + Self.minute))
            try idle(&writer, Int(day) + 1, until: start + .hours(25))
        }
        func days(_ table: String) throws -> [String] {
            try store.rows("SELECT min FROM \(table) ORDER BY key")
        }
        #expect(try days("window") == ["7.0"])
        #expect(try days("window_15min") == ["6.0", "7.0"])
        #expect(try days("window_day") == ["4.0", "5.0", "6.0", "7.0"])
        #expect(try findings() == [])
    }

    /// In a file that is too large windows go first, then quarters of an hour, then days.
    @Test func theFileIsKeptSmallAllTheSame() throws {
        var writer = try writer(retention: Retention(sizeMost: 1, windows: .days(3_650)))
        for day in 0..<Int64(4) {
            let parts = Self.parts(day * 1_440..<day * 1_440 + 60, seed: UInt64(day + 1))
            _ = try writer.write(
                step(Int(day) + 1, parts, at: Self.day + .days(day) + .hours(1)))
        }
        let days = "SELECT count(*) FROM rollup WHERE period_s = 86400"
        #expect(try store.rows(days) == ["4"])
        for minute in Int64(60)..<70 {
            let start = Self.day + .days(3) + Self.minute * minute
            let part = Part(start: start, signal: Self.signals[0], values: [1])
            _ = try writer.write(step(Int(minute), [part], at: start + Self.minute))
        }
        #expect(try store.rows("SELECT count(DISTINCT start) FROM window") == ["1"])
        #expect(try store.rows("SELECT count(*) FROM rollup WHERE period_s = 900") == ["1"])
        #expect(try store.rows(days) == ["1"])
        #expect(try findings() == [])
    }

    @Test func aWrongRowIsFound() throws {
        var writer = try writer()
        _ = try writer.write(step(1, Self.parts(0..<60, seed: 5), at: Self.day + .hours(1)))
        try writer.finishRollups()
        #expect(try findings() == [])
        try store.execute("UPDATE window_15min SET max = max + 1 WHERE signal = 2")
        #expect(try findings().count == 5)
        try store.execute("UPDATE window_15min SET max = max - 1 WHERE signal = 2")
        try store.execute("UPDATE window_day SET count = count + 1 WHERE signal = 1")
        #expect(
            try findings() == [
                "the row of window_day of P-101/s0 that starts at \(Self.day.nanoseconds) is not "
                    + "what its windows give"
            ])
    }

    @Test func viewsAreReadable() throws {
        var writer = try writer()
        let part = Part(start: Self.day, signal: Self.signals[1], values: [1, 3])
        _ = try writer.write(step(1, [part], at: Self.day + .hours(1)))
        try writer.finishRollups()
        for (view, start) in [
            ("window_15min_readable", Self.day), ("window_day_readable", Self.day),
        ] {
            #expect(
                try store.rows(
                    """
                    SELECT device, signal, start, windows, count, mean, coverage, time FROM \(view)
                    """) == [
                        "P-101|s1|2026-02-03T00:00:00Z|1|2|2.0|\(2.0 / 3)|\(start.nanoseconds)"
                    ])
        }
    }
}
