import GRDB
import Primitives
import Testing

@testable import Engine
@testable import Store
@testable import Windows

/// Windows under one integer of start and signal: in what order, whether older files become so, and
/// what is asked of them.
@Suite struct WindowLayoutTests {
    @Test(
        arguments: [
            (0, 0), (1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2), (-1, 0), (-1_000_000, -1),
            (-1_000_001, -1), (Int64.max, 9_223_372_036_855), (Int64.min, -9_223_372_036_854),
        ] as [(Int64, Int64)])
    func keysFromATimeOn(_ nanoseconds: Int64, _ millisecond: Int64) {
        #expect(
            WindowKey.first(from: Timestamp(nanoseconds: nanoseconds)) == millisecond << 19)
    }

    /// As SQL reads it and as Swift writes it, also before 1970 and at both ends of time.
    @Test(
        arguments: [
            0, 1_770_091_800_000, -1, -62_000_000, 9_223_372_036_854, -9_223_372_036_854,
        ] as [Int64])
    func aKeyIsItsStartAndItsSignal(_ milliseconds: Int64) throws {
        let store = try TestStore()
        var writer = try store.writer()
        let start = Timestamp(nanoseconds: milliseconds * 1_000_000)
        var step = Sample.step(changes: [])
        step.closed[0].frame.start = start
        _ = try writer.write(step)
        let keys = [Int64(1), 2].map { WindowKey.packed(start: start, signal: $0) }
        #expect(
            try store.rows("SELECT start, signal, key FROM window ORDER BY key")
                == ["\(start.nanoseconds)|1|\(keys[0])", "\(start.nanoseconds)|2|\(keys[1])"])
        let sql = WindowKey.sql(start: "\(start.nanoseconds)", signal: "2")
        #expect(try store.rows("SELECT \(sql)") == ["\(keys[1])"])
        #expect(try store.rows("SELECT time FROM window_readable").count == 2)
    }

    // MARK: Older files

    /// Every version that was shipped; what it held comes out as it was, bit for bit.
    @Test(arguments: ["v1", "v2", "v3", "v4", "v5", "v7", "v8"])
    func olderFilesKeepTheirWindows(_ version: String) throws {
        let older = try OlderFile(version)
        try older.fill(rows: 300)
        let before = try older.windows()
        #expect(before.count == 300)
        let store = try older.open()
        #expect(try windows(store) == before)
        #expect(try store.read { try $0.tableExists("window_v8") } == false)
        let findings = try DatabaseCheck(store).run()
            .filter { $0.subject.contains("starts") || $0.subject.contains("references") }
            .flatMap(\.findings)
        #expect(findings.isEmpty, "\(findings)")
    }

    /// A list of words in a constraint costs more than the rest of the row.
    @Test(arguments: ["v1", "v8"])
    func constraintsOfLargeTablesHaveNoLists(_ version: String) throws {
        let store = try OlderFile(version).open()
        let large = try store.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT sql FROM sqlite_schema WHERE type = 'table'
                        AND name IN ('device', 'signal', 'device_score', 'signal_score', 'window')
                    """)
        }
        #expect(large.count == 5)
        #expect(large.allSatisfy { !$0.contains(" IN (") })
        let answer = try store.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
        #expect(answer == "ok")
    }

    /// More than one piece, and a start that was interrupted after the first.
    @Test func whatWasNotMovedYetIsMovedByTheNextStart() throws {
        let older = try OlderFile("v8")
        try older.fill(rows: 70_000)
        let before = try older.windows()
        let pool = try DatabasePool(path: older.directory.databasePath)
        try Schema.migrator.migrate(pool)
        #expect(try pool.write { try WindowSchema.movePiece($0) } == false)
        let moved = try pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM window") }
        #expect(moved == WindowSchema.rowsAtOnce)
        try pool.close()
        #expect(try windows(try older.open()) == before)
    }

    /// Half as many pages again would be more than a full disk has.
    @Test func theFileDoesNotGrowMuchWhileWindowsMove() throws {
        let older = try OlderFile("v8")
        try older.fill(rows: 300_000)
        func pages(_ store: some DatabaseReader) throws -> Int {
            try store.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
        }
        let queue = try DatabaseQueue(path: older.directory.databasePath)
        let before = try pages(queue)
        try queue.close()
        let after = try pages(try older.open().pool)
        #expect(after < before * 3 / 2, "\(before) pages became \(after)")
    }

    private func windows(_ store: StateDatabase) throws -> [[DatabaseValue]] {
        try store.read { db in try OlderFile.windows(db) }
    }

    // MARK: Questions

    /// A device and a time find exactly their windows: one seek each.
    @Test func aDeviceAndATimeReadNoOtherWindows() throws {
        let store = try TestStore()
        let readable = """
            SELECT time, mean FROM window_readable WHERE device = 'P-101' AND time >= 5
            """
        let export = ExportSubject.windows.sql(ofOneDevice: true)
        for sql in [readable, export] {
            let plan = try store.database.read { db in
                try Row.fetchAll(
                    db, sql: "EXPLAIN QUERY PLAN " + sql,
                    arguments: sql == export ? ["P-101", 5, 9] : []
                ).map { $0["detail"] as String }
            }
            #expect(plan.contains("SEARCH window USING INTEGER PRIMARY KEY (rowid=?)"), "\(plan)")
            #expect(
                plan.contains { $0.hasPrefix("SEARCH at USING INTEGER PRIMARY KEY (rowid>?") },
                "\(plan)")
        }
    }

    @Test func aStartThatIsNotListedIsAFinding() throws {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(Sample.step())
        func findings() throws -> [String] {
            try DatabaseCheck(store.database).run().flatMap(\.findings)
        }
        #expect(try findings() == [])
        try store.execute("DELETE FROM window_start")
        #expect(
            try findings() == ["windows that start at \(Sample.time.nanoseconds) are not listed"])
    }

    /// The key has room for so many signals in the life of a file; the next is not mistaken for
    /// another.
    @Test func aFileHasRoomForSoManySignals() throws {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(Sample.step())
        try store.execute("INSERT INTO signal (id, device, name) VALUES (524286, 1, 'last')")
        func step(_ sequence: Int) -> EngineStep {
            var step = EngineStep(
                sequence: sequence, advancedTo: Sample.time + .minutes(5),
                counters: EngineCounters())
            let id = SignalID(rawValue: Int32(sequence))
            step.signals = [Signal(id: id, device: Sample.pump, name: "pump.s\(sequence)")]
            step.closed = [Sample.closed(summaries: [Sample.summary(id)], signals: [])]
            return step
        }
        _ = try writer.write(step(2))
        #expect(try store.rows("SELECT max(signal) FROM window") == ["524287"])
        let failure = #expect(throws: StoreFailure.self) { try writer.write(step(3)) }
        #expect(
            failure?.description
                == "the database has had 524288 signals in its life and has no number for another "
                + "- go on with another --state")
        #expect(try store.rows("SELECT count(*) FROM window") == ["3"])
    }
}

/// A database as an earlier version left it.
private struct OlderFile {
    let parent: TemporaryDirectory
    let directory: StateDirectory

    init(_ version: String) throws {
        parent = try TemporaryDirectory()
        directory = try StateDirectory(creating: parent.path + "/state")
        let pool = try DatabasePool(path: directory.databasePath)
        try Schema.migrator.migrate(pool, upTo: version)
        try pool.close()
    }

    /// Windows of a hundred signals, some with statistics that are not known, some before 1970.
    func fill(rows: Int) throws {
        let queue = try DatabaseQueue(path: directory.databasePath)
        try queue.write { db in
            try db.execute(
                sql: "INSERT INTO device (id, name, class, first_seen) VALUES (1, 'a', 'pump', 5)")
            for id in 1...100 {
                try db.execute(
                    sql: "INSERT INTO signal (id, device, name) VALUES (?, 1, ?)",
                    arguments: [id, "s\(id)"])
            }
            let statement = try db.makeStatement(
                sql: "INSERT INTO window VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
            for row in 0..<rows {
                let (minute, signal) = (row / 100, row % 100 + 1)
                let value = Double(row).squareRoot()
                try statement.execute(arguments: [
                    Int64(minute - 1) * 60_000_000_000, signal, row % 60 + 1, value, value + 1,
                    row % 7 == 0 ? nil : value + 0.5, value / 3, value, value + 1 / 3,
                ])
            }
        }
        try queue.close()
    }

    func windows() throws -> [[DatabaseValue]] {
        let queue = try DatabaseQueue(path: directory.databasePath)
        let rows = try queue.read { db in try Self.windows(db) }
        try queue.close()
        return rows
    }

    static func windows(_ db: Database) throws -> [[DatabaseValue]] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT start, signal, count, min, max, mean, sd, first, last FROM window
                ORDER BY start, signal
                """
        ).map { Array($0.databaseValues) }
    }

    func open() throws -> StateDatabase { try StateDatabase(opening: directory) }
}
