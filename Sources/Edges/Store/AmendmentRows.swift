import Engine
import GRDB
import Primitives
import Windows

/// Rows of readings that came after their window was closed, and of the windows they amend.
///
/// What comes in: the late readings of a step. What goes out: rows of `late_reading`, the window as
/// it was closed in `window_closed`, and its row in `window` made anew. What always holds: an
/// amended row is a function of the closed one and the set of late readings, so neither order nor
/// repetition matters, and a step written twice changes nothing. The scores stay: they say what was
/// judged, and on what. What is deliberately absent: times of the readings that came in time, so
/// that a repetition of one of those, late, counts as another reading.
struct AmendmentRows: Sendable {
    /// Rows of `late_reading` that are kept. Beyond it the oldest windows stay as amended, and a
    /// repetition of one of their late readings counts as another.
    static let readingsMost = 1_000_000

    private let most: Int
    /// Rows of `late_reading`; `nil` before they were counted.
    private var kept: Int?

    init(most: Int = Self.readingsMost) { self.most = most }

    /// Rows were removed, or a transaction was given up.
    mutating func countAnew() { kept = nil }

    /// Columns that tables `window` and `window_closed` share.
    private static let statistics = "count, min, max, mean, sd, first, last, slope, missing"

    private struct Key: Hashable {
        var start: Int64
        var signal: Int64

        /// Of its row in `window`.
        var packed: Int64 {
            WindowKey.packed(start: Timestamp(nanoseconds: start), signal: signal)
        }
    }

    mutating func write(
        _ late: [LateReading], at time: Timestamp, rows: SeriesRows, in db: Database
    ) throws {
        guard !late.isEmpty else { return }
        let keptFrom = try WindowRemoval.total(db).keptFrom ?? .distantPast
        var touched: [Key] = []
        var known: Set<Key> = []
        var unkept = 0
        var count = try kept ?? Int.fetchOne(db, sql: "SELECT count(*) FROM late_reading") ?? 0
        for reading in late {
            guard reading.start >= keptFrom else {
                unkept += 1
                continue
            }
            let key = Key(start: reading.start.nanoseconds, signal: rows[reading.signal])
            if known.insert(key).inserted {
                touched.append(key)
                try Self.keepClosed(key, in: db)
            }
            if try Self.insert(reading, key, in: db) { count += 1 }
        }
        for key in touched {
            try Self.renew(key, in: db)
            try RollupRows.mark(
                Timestamp(nanoseconds: key.start), length: .zero, at: time, in: db)
        }
        if unkept > 0 { try Self.add(unkept, to: "late_readings_unkept", in: db) }
        kept = count > most ? try finish(count, in: db) : count
    }

    /// A window that had only late readings is closed with others after all, as after a crash that
    /// lost what was known of it. `false` when its row is there for another reason.
    func close(
        _ summary: WindowSummary, start: Timestamp, signal: Int64, in db: Database
    ) throws -> Bool {
        try db.cachedStatement(
            sql: """
                UPDATE window_closed SET count = ?, min = ?, max = ?, mean = ?, sd = ?, first = ?,
                    last = ?, slope = ?, missing = ?
                WHERE start = ? AND signal = ? AND count = 0
                """
        ).execute(arguments: Self.columns(summary) + [start.nanoseconds, signal])
        guard db.changesCount > 0 else { return false }
        try Self.renew(Key(start: start.nanoseconds, signal: signal), in: db)
        return true
    }

    /// Copies a window's row the first time it is amended.
    private static func keepClosed(_ key: Key, in db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO window_closed (start, signal, \(statistics))
                SELECT start, signal, \(statistics) FROM window
                WHERE key = \(WindowKey.sql(start: "?1", signal: "?2"))
                    AND NOT EXISTS (SELECT 1 FROM window_closed WHERE start = ?1 AND signal = ?2)
                """
        ).execute(arguments: [key.start, key.signal])
        guard db.changesCount == 0 else { return }
        try db.cachedStatement(
            sql: """
                INSERT INTO window_closed (start, signal, count) VALUES (?, ?, 0)
                ON CONFLICT (start, signal) DO NOTHING
                """
        ).execute(arguments: [key.start, key.signal])
    }

    /// `true` when there was none of its time.
    private static func insert(_ reading: LateReading, _ key: Key, in db: Database) throws -> Bool {
        let value = reading.value.isFinite ? reading.value : nil
        try db.cachedStatement(
            sql: """
                INSERT INTO late_reading (start, signal, time, value) VALUES (?, ?, ?, ?)
                ON CONFLICT (start, signal, time) DO NOTHING
                """
        ).execute(arguments: [key.start, key.signal, reading.time.nanoseconds, value])
        if db.changesCount > 0 { return true }
        try db.cachedStatement(
            sql: "UPDATE late_reading SET value = ? WHERE start = ? AND signal = ? AND time = ?"
        ).execute(arguments: [value, key.start, key.signal, reading.time.nanoseconds])
        return false
    }

    /// The row of table `window` as its closed one and its late readings give it.
    private static func renew(_ key: Key, in db: Database) throws {
        guard let summary = try amended(key, in: db) else { return }
        let values = columns(summary)
        try db.cachedStatement(
            sql: """
                UPDATE window SET count = ?, min = ?, max = ?, mean = ?, sd = ?, first = ?,
                    last = ?, slope = ?, missing = ?
                WHERE key = ?
                """
        ).execute(arguments: values + [key.packed])
        guard db.changesCount == 0 else { return }
        try WindowSchema.list(Timestamp(nanoseconds: key.start), in: db)
        try db.cachedStatement(
            sql: """
                INSERT INTO window (\(statistics), key)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: values + [key.packed])
    }

    private static func amended(_ key: Key, in db: Database) throws -> WindowSummary? {
        let closed = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT \(statistics) FROM window_closed
                    WHERE start = ? AND signal = ? AND count > 0
                    """), arguments: [key.start, key.signal])
        let late = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT time, value FROM late_reading WHERE start = ? AND signal = ?"),
            arguments: [key.start, key.signal])
        return WindowSummary(
            closed.map(summary),
            amendedBy: late.map { row in
                LateReading(
                    signal: SignalID(rawValue: 0), start: Timestamp(nanoseconds: key.start),
                    time: Timestamp(nanoseconds: row[0]), value: row[1] ?? .nan)
            })
    }

    private static func summary(_ row: Row) -> WindowSummary {
        WindowSummary(
            signal: SignalID(rawValue: 0), count: row["count"], minimum: row["min"] ?? .nan,
            maximum: row["max"] ?? .nan, mean: row["mean"] ?? .nan, deviation: row["sd"] ?? .nan,
            first: row["first"] ?? .nan, last: row["last"] ?? .nan, slope: row["slope"],
            expected: (row["missing"] as Int32?).map { row["count"] + $0 })
    }

    private static func columns(_ summary: WindowSummary) -> StatementArguments {
        var values: [Double?] = [summary.minimum, summary.maximum, summary.mean]
        values += [summary.deviation, summary.first, summary.last, summary.slope]
        return [summary.count] + StatementArguments(values.map { $0?.isFinite == true ? $0 : nil })
            + [summary.missing]
    }

    // MARK: Limits

    /// Makes the oldest windows final, and returns how many readings are left.
    private func finish(_ count: Int, in db: Database) throws -> Int {
        let last = try Int64.fetchOne(
            db, sql: "SELECT start FROM late_reading ORDER BY start LIMIT 1 OFFSET ?",
            arguments: [count - most + most / 16 - 1])
        guard let last else { return count }
        try db.execute(sql: "DELETE FROM late_reading WHERE start <= ?", arguments: [last])
        let left = count - db.changesCount
        try db.execute(sql: "DELETE FROM window_closed WHERE start <= ?", arguments: [last])
        try Self.add(db.changesCount, to: "amendments_final", in: db)
        try db.execute(
            sql: """
                INSERT INTO metadata (key, value) VALUES ('amendments_final_through', ?1)
                ON CONFLICT (key) DO UPDATE
                    SET value = max(CAST(value AS INTEGER), CAST(?1 AS INTEGER))
                """, arguments: [String(last)])
        return left
    }

    private static func add(_ count: Int, to key: String, in db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO metadata (key, value) VALUES (?1, ?2)
                ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + ?2
                """, arguments: [key, count])
    }

    /// What there is in a file.
    struct Total: Equatable {
        /// Amended windows whose late readings are kept, and those readings.
        var windows = 0
        var readings = 0
        /// Windows that stay as amended, in the life of the file, to keep the number of readings.
        var final = 0
        /// Readings of windows that are not kept any more.
        var unkept = 0
    }

    static func total(_ db: Database) throws -> Total {
        func number(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
        let metadata = "SELECT CAST(value AS INTEGER) FROM metadata WHERE key = "
        return Total(
            windows: try number("SELECT count(*) FROM window_closed"),
            readings: try number("SELECT count(*) FROM late_reading"),
            final: try number(metadata + "'amendments_final'"),
            unkept: try number(metadata + "'late_readings_unkept'"))
    }

    /// One sentence for each amended row that is not what its readings give.
    static func findings(_ db: Database, most: Int) throws -> [String] {
        var findings: [String] = []
        let keys = try Row.fetchCursor(
            db,
            sql: """
                SELECT start, signal FROM window_closed
                UNION SELECT DISTINCT start, signal FROM late_reading ORDER BY start, signal
                """)
        while findings.count < most, let row = try keys.next() {
            let key = Key(start: row[0], signal: row[1])
            let there = try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT \(statistics) FROM window WHERE key = ?
                        """), arguments: [key.packed])
            let expected = try amended(key, in: db)
            if there.map({ columns(summary($0)) }) != expected.map(columns) {
                let name = try String.fetchOne(
                    db,
                    sql: """
                        SELECT device.name || '/' || signal.name FROM signal
                            JOIN device ON device.id = signal.device WHERE signal.id = ?
                        """, arguments: [key.signal])
                findings.append(
                    "the window of \(name ?? "an unknown signal") that starts at \(key.start) is "
                        + "not what was closed and its late readings give")
            }
        }
        return findings
    }
}
