import Engine
import GRDB
import GRDBSQLite
import Logging
import Platform
import Primitives
import Store
import Windows

/// Committing steps into a real SQLite file.
///
/// The steps come from the engine: one minute of every device, windows of four signals each, after
/// commissioning. What is counted are rows of table `window`; the score of each device, the device
/// row itself and the step row are written beside them and are part of the cost. The reference is
/// the least SQLite can do for the same window rows: one prepared insert into a table of the same
/// columns and key, without checks or references, in transactions of the same size. `cpu` is the
/// median minute; `cpu-all` is of all minutes together, those in which quarters of an hour are
/// summed up and what the log holds is carried over among them. What is
/// written to the medium, the log and its carrying over included, is held against four times the
/// rows' size, and the size of a row against 80 bytes, or 1.4 for each of 60 readings.
///
/// Protection argument for the unsafe calls: the statement is made, bound, stepped and reset inside
/// one access to the writing connection, by the handle GRDB owns and keeps alive; only numbers are
/// bound; every result is checked.
enum CommitBenchmark {
    static func run(_ scale: Scale) throws -> Findings {
        var findings = Findings("commit")
        let directory = try TemporaryDirectory()
        let state = try StateDirectory(creating: directory.path + "/state")
        let database = try StateDatabase(opening: state)
        var writer = try StepWriter(
            database, configuration: Workload.configuration(clock: .wall).completed,
            configurationVersion: "bench", gateway: "bench", logger: Logger(label: "bench"))
        let bare = try BareTable(path: directory.path + "/bare.db")

        var minutes = EngineMinutes(devices: scale.pick(2_500, small: 50))
        var learned: [EngineStep] = []
        while minutes.isLearning { _ = minutes.next { learned.append($0) } }
        // The steps that introduce the devices, and one of everything to warm up.
        for step in learned where !step.devices.isEmpty || step.sequence == learned.count {
            _ = try writer.write(step)
        }

        let pagesBefore = try Pages(of: state.databasePath)
        var committed = Cost()
        var inserted = Cost()
        for _ in 0..<scale.pick(90, small: 4) {
            var steps: [EngineStep] = []
            _ = minutes.next { steps.append($0) }
            var rows = 0
            try committed.measure {
                for step in steps { rows += try writer.write(step).windows }
                return rows
            }
            try inserted.measure {
                for step in steps { try bare.insert(step) }
                return rows
            }
            findings.fold(UInt64(rows))
        }
        let pagesAfter = try Pages(of: state.databasePath)
        // What is still in the log is carried over.
        try committed.measure {
            try database.close()
            return 0
        }
        let rowBytes = Double(pagesAfter.bytes - pagesBefore.bytes) / Double(committed.rows)
        findings.add(
            "cpu", committed.rowsPerProcessorSecond, "rows/CPU s",
            reference: inserted.rowsPerProcessorSecond)
        findings.add(
            "cpu-all", committed.rowsPerProcessorSecondOfAll, "rows/CPU s",
            reference: inserted.rowsPerProcessorSecondOfAll)
        findings.add(
            "wall", committed.rowsPerWallSecond, "rows/s", reference: inserted.rowsPerWallSecond)
        findings.add(
            "disk", rowBytes, "bytes/row",
            reference: Double(try Pages(of: directory.path + "/bare.db").bytes)
                / Double(inserted.rows))
        let windowBytes = try bytesOfTable("window", in: state.databasePath)
        findings.add("row", windowBytes, "bytes/row", reference: 80)
        findings.add("reading", windowBytes / 60, "bytes/reading", reference: 1.4)
        findings.add(
            "written", Double(committed.written) / Double(committed.rows) / rowBytes,
            "rows' size", reference: 4)
        return findings
    }
}

/// What a number of transactions took, by round.
private struct Cost {
    private(set) var rows = 0
    /// Bytes to the medium.
    private(set) var written: UInt64 = 0
    private var processor: [Double] = []
    private var wall: [Double] = []
    private var processorOfAll = 0.0

    var rowsPerProcessorSecondOfAll: Double { Double(rows) / processorOfAll }
    var rowsPerProcessorSecond: Double { 1 / Stopwatch.median(processor) }
    var rowsPerWallSecond: Double { 1 / Stopwatch.median(wall) }

    /// `body` returns its rows. The whole process is measured: the database may use its own thread.
    mutating func measure(_ body: () throws -> Int) rethrows {
        let writtenStart = ProcessUsage.writtenBytes
        let wallStart = MonotonicClock.now()
        let processorStart = ProcessUsage.cpuSeconds
        let count = try body()
        written += ProcessUsage.writtenBytes - writtenStart
        let seconds = ProcessUsage.cpuSeconds - processorStart
        processorOfAll += seconds
        rows += count
        guard count > 0 else { return }
        processor.append(seconds / Double(count))
        wall.append(Double(MonotonicClock.now() - wallStart) / 1e9 / Double(count))
    }
}

/// Bytes of pages that a table takes, for each of its rows.
private func bytesOfTable(_ name: String, in path: String) throws -> Double {
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    return try queue.read { db in
        let pages = try Int.fetchOne(
            db, sql: "SELECT sum(pgsize) FROM dbstat WHERE name = ?", arguments: [name])
        let rows = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(name)")
        return Double(pages ?? 0) / Double(rows ?? 1)
    }
}

/// Size of a database, whatever part of it is still in the write-ahead log.
private struct Pages {
    let bytes: Int

    init(of path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        bytes = try queue.read { db in
            let count = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            return count * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
        }
        try queue.close()
    }
}

/// The reference: window rows and nothing else.
private struct BareTable {
    private let queue: DatabaseQueue

    init(path: String) throws {
        queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            try db.execute(
                sql: """
                    CREATE TABLE window (key INTEGER PRIMARY KEY, count INTEGER NOT NULL,
                        min REAL, max REAL, mean REAL, sd REAL, first REAL, last REAL)
                    """)
        }
    }

    func insert(_ step: EngineStep) throws {
        try queue.write { db in
            let statement = try db.cachedStatement(
                sql: "INSERT INTO window VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
            let handle = unsafe statement.sqliteStatement
            for frame in step.closed.map(\.frame) {
                for summary in frame.summaries {
                    let start = frame.start.nanoseconds / 1_000_000
                    unsafe sqlite3_bind_int64(
                        handle, 1, start << 19 | Int64(summary.signal.rawValue))
                    unsafe sqlite3_bind_int64(handle, 2, Int64(summary.count))
                    unsafe sqlite3_bind_double(handle, 3, summary.minimum)
                    unsafe sqlite3_bind_double(handle, 4, summary.maximum)
                    unsafe sqlite3_bind_double(handle, 5, summary.mean)
                    unsafe sqlite3_bind_double(handle, 6, summary.deviation)
                    unsafe sqlite3_bind_double(handle, 7, summary.first)
                    unsafe sqlite3_bind_double(handle, 8, summary.last)
                    let result = unsafe sqlite3_step(handle)
                    unsafe sqlite3_reset(handle)
                    guard result == SQLITE_DONE else {
                        throw DatabaseError(resultCode: ResultCode(rawValue: result))
                    }
                }
            }
        }
    }
}
