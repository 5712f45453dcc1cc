import GRDB
import Primitives
import Testing

@testable import Engine
@testable import Store
@testable import Tickets
@testable import Windows

/// The oldest windows go when the file is as large, or reaches as far back, as it may.
@Suite struct RetentionTests {
    static let minute = TimeSpan.seconds(60)
    /// Small enough for a test; the configuration allows no less than 64 MiB.
    static let small = Retention(sizeMost: 4 << 20, windows: .days(3_650))

    let store: TestStore
    let log = LogMemory()

    init() throws { store = try TestStore() }

    /// A step a minute of one device with many signals.
    private func fill(
        _ minutes: Range<Int>, signals: Int = 500, _ retention: Retention,
        changes: (Int) -> [TicketChange] = { _ in [] }
    ) throws -> Int {
        var writer = try store.writer(retention: retention, logger: log.logger)
        let ids = (0..<signals).map { SignalID(rawValue: Int32($0)) }
        writer.introduce(
            devices: [Sample.device(signals: ids)],
            signals: ids.map { Signal(id: $0, device: Sample.pump, name: "s\($0.rawValue)") })
        var largest = 0
        for minute in minutes {
            let start = Sample.time + Self.minute * Int64(minute)
            var step = EngineStep(
                sequence: minute + 1, advancedTo: start + Self.minute, counters: EngineCounters())
            step.closed = [
                Sample.closed(
                    start: start,
                    summaries: ids.map {
                        Sample.summary($0, mean: 1.5 + Double($0.rawValue) / 1e5)
                    })
            ]
            step.changes = changes(minute)
            _ = try writer.write(step)
            largest = max(largest, try bytes())
        }
        return largest
    }

    private func bytes() throws -> Int {
        try store.database.read { db in
            try Int.fetchOne(db, sql: "PRAGMA page_count")! * 4_096
        }
    }

    private func starts() throws -> [Int] {
        try store.rows("SELECT DISTINCT start FROM window ORDER BY start").map { start in
            Int((Timestamp(nanoseconds: Int64(start)!) - Sample.time).nanoseconds / 60_000_000_000)
        }
    }

    @Test func theFileNeverGrowsBeyondItsSize() throws {
        let largest = try fill(0..<200, Self.small)
        // 100,000 windows are 9 MB.
        #expect(largest <= Self.small.sizeMost)
        #expect(largest > Self.small.sizeMost / 2)
        // What is left is whole minutes without a gap, up to the newest.
        let kept = try starts()
        #expect(kept == Array(kept[0]..<200) && kept.count > 30)
        #expect(try store.rows("SELECT count(*) % 500 FROM window") == ["0"])
        #expect(
            try store.rows("SELECT value FROM metadata WHERE key = 'windows_removed'")
                == ["\(kept[0] * 500)"])
        let history = StepHistory(store.database)
        #expect(try history.lastRemoved() == kept[0])
        for table in ["device_score", "signal_score"] {
            #expect(
                try store.rows("SELECT count(*) FROM \(table) WHERE start < \(first(kept))")
                    == ["0"], "\(table)")
        }
        #expect(try store.rows("SELECT min(sequence) FROM step") == ["\(kept[0] + 1)"])
        #expect(
            log.messages == [
                "Database is as large as it may be; the oldest windows are removed"
            ])
        let findings = try DatabaseCheck(store.database).run().flatMap(\.findings)
        #expect(findings.isEmpty, "\(findings)")
    }

    private func first(_ minutes: [Int]) -> Int64 {
        (Sample.time + Self.minute * Int64(minutes[0])).nanoseconds
    }

    @Test func ticketsAndMaintenanceStay() throws {
        try store.execute(
            """
            INSERT INTO maintenance (time, device, component, event, given_by, step)
            VALUES (\(Sample.time.nanoseconds), 'P-101', 'bearing', 'inspection', 'anna', 1)
            """)
        _ = try fill(0..<150, Self.small) { $0 == 0 ? [Sample.change()] : [] }
        #expect(try starts()[0] > 0)
        for table in ["ticket", "ticket_change", "maintenance"] {
            #expect(try store.rows("SELECT count(*) FROM \(table)") == ["1"], "\(table)")
        }
        #expect(try store.rows("SELECT count(*) FROM outbox WHERE sink = 'spool'") == ["1"])
    }

    @Test func whatIsTooOldGoesWhateverTheSize() throws {
        let hour = Retention(sizeMost: 1 << 30, windows: .seconds(3_600))
        _ = try fill(0..<100, signals: 2, hour)
        // The last look was made when time stood at minute 100.
        #expect(try starts() == Array(40..<100))
    }

    @Test func theNewestStayEvenBeyondTheSize() throws {
        let none = Retention(sizeMost: 1, windows: .days(1))
        _ = try fill(0..<3, none)
        #expect(try starts() == [2])
    }

    @Test func roomIsGivenBackWhenTheSizeIsLowered() throws {
        #expect(try store.rows("PRAGMA auto_vacuum") == ["2"])
        let before = try fill(0..<240, signals: 500, .standard)
        #expect(before > 6 << 20)
        _ = try fill(240..<300, signals: 1, Self.small)
        #expect(try bytes() < Self.small.sizeMost)
    }

    /// Somebody holds the rows: steps are committed all the same, and it is said once.
    @Test func aRemovalThatFailsCostsNoStep() throws {
        try store.execute(
            "CREATE TRIGGER hold BEFORE DELETE ON window BEGIN SELECT RAISE(ABORT, 'held'); END")
        _ = try fill(0..<160, Self.small)
        #expect(try starts() == Array(0..<160))
        #expect(
            log.messages.count { $0 == "Cannot sum up windows, or remove the oldest ones" } == 1)
        try store.execute("DROP TRIGGER hold")
        _ = try fill(160..<180, Self.small)
        #expect(try starts()[0] > 0)
        #expect(try bytes() <= Self.small.sizeMost)
    }

    @Test func statusSaysHowFarBackWindowsGo() throws {
        let model = try ReadModel(store.database.directory)
        #expect(try model.status().windowsKeptFrom == nil)
        _ = try fill(0..<150, Self.small)
        let status = try model.status()
        let kept = try starts()
        #expect(status.windowsKeptFrom?.nanoseconds == first(kept))
        #expect(status.windowsRemoved == kept[0] * 500)
    }
}
