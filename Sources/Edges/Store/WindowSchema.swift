import GRDB
import Primitives

/// Version 9 of the schema: windows under one integer that is their start and their signal.
///
/// Table `window` keeps its columns; `start` and `signal` are worked out from the key (see
/// ``WindowKey``). A condition on these does not find rows by itself, so the starts there are have
/// a table of their own, one row each, and `window_readable` goes from there to the windows.
///
/// A file may hold gigabytes of windows, and a gateway's disk no room for them twice. So the
/// migration only puts the older table aside, and ``move(_:)`` takes its rows over piece by piece,
/// which frees as much as it takes, and goes on where an interrupted start stopped.
enum WindowSchema {
    static func migrate(_ db: Database) throws {
        try db.execute(sql: "DROP VIEW window_readable; ALTER TABLE window RENAME TO window_v8;")
        try db.execute(sql: tables)
        try db.execute(sql: "CREATE VIEW window_readable AS \(view)")
        if try Bool.fetchOne(db, sql: "SELECT 1 FROM window_v8") == nil {
            try db.execute(sql: "DROP TABLE window_v8")
        }
    }

    private static let tables = """
        CREATE TABLE window_start (  -- when windows started that are kept
            start INTEGER PRIMARY KEY CHECK (start % 1000000 = 0)
        );
        CREATE TABLE window (  -- one row per signal and closed window that had readings
            key INTEGER PRIMARY KEY,  -- milliseconds of start << 19 | signal
            count INTEGER NOT NULL CHECK (count > 0),
            min REAL,
            max REAL,
            mean REAL,
            sd REAL CHECK (sd >= 0),  -- sample standard deviation
            first REAL,  -- the reading with the earliest event time
            last REAL,
            slope REAL,  -- per second, by least squares; NULL for readings of one instant
            missing INTEGER CHECK (missing > 0),  -- readings that did not come; NULL for none
            start INTEGER NOT NULL GENERATED ALWAYS AS ((key >> 19) * 1000000) VIRTUAL,
            signal INTEGER NOT NULL GENERATED ALWAYS AS (key & 524287) VIRTUAL
                REFERENCES signal(id),
            CHECK (min <= max)
        );
        CREATE TABLE window_further (  -- what only some signals have beside it
            key INTEGER PRIMARY KEY,  -- of the window
            changes INTEGER CHECK (changes >= 0),  -- of a state, or past a level
            p50 REAL,  -- quantiles
            p95 REAL,
            p99 REAL,
            start INTEGER NOT NULL GENERATED ALWAYS AS ((key >> 19) * 1000000) VIRTUAL,
            signal INTEGER NOT NULL GENERATED ALWAYS AS (key & 524287) VIRTUAL
                REFERENCES signal(id),
            CHECK (p50 <= p95),
            CHECK (p95 <= p99)
        );
        """

    /// The query of view `window_readable`. From the starts, and there from the signals, to the
    /// windows, so that a device and a time find exactly theirs, and every page is looked at once.
    private static let view = """
        SELECT device.name AS device, signal.name AS signal,
            strftime('%Y-%m-%dT%H:%M:%SZ', at.start / 1000000000, 'unixepoch') AS start,
            count, min, max, mean, sd, first, last, slope,
            count * 1.0 / (count + ifnull(missing, 0)) AS coverage, changes, p50, p95, p99,
            signal.unit AS unit, at.start AS time
        FROM window_start AS at CROSS JOIN device
            CROSS JOIN signal ON signal.device = device.id
            CROSS JOIN window
                ON window.key = \(WindowKey.sql(start: "at.start", signal: "signal.id"))
            LEFT JOIN window_further AS further ON further.key = window.key;
        """

    /// Notes that there are windows with this start.
    static func list(_ start: Timestamp, in db: Database) throws {
        let statement = try RowStatement(
            "INSERT INTO window_start (start) VALUES (?) ON CONFLICT (start) DO NOTHING", db)
        statement.bind(1, start.nanoseconds)
        try statement.run()
    }

    /// Rows moved in one transaction.
    static let rowsAtOnce = 65_536

    /// Takes over what an older file still holds in its own order; a file without does nothing.
    static func move(_ writer: some DatabaseWriter) throws {
        let isLeft = try writer.read { db in try db.tableExists("window_v8") }
        guard isLeft else { return }
        var isOver = false
        while !isOver { isOver = try writer.write { db in try movePiece(db) } }
    }

    /// `true` when it was the last.
    static func movePiece(_ db: Database) throws -> Bool {
        let piece = "(SELECT * FROM window_v8 ORDER BY start, signal LIMIT \(rowsAtOnce))"
        // Windows were allowed to start between milliseconds; of two in one the first stays.
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO window_start
                    SELECT DISTINCT start / 1000000 * 1000000 FROM \(piece);
                INSERT OR IGNORE INTO window (key, count, min, max, mean, sd, first, last)
                    SELECT \(WindowKey.sql(start: "start", signal: "signal")), count, min, max,
                        mean, sd, first, last
                    FROM \(piece);
                DELETE FROM window_v8 WHERE (start, signal) IN (SELECT start, signal FROM \(piece));
                """)
        let isOver = try Bool.fetchOne(db, sql: "SELECT 1 FROM window_v8") == nil
        if isOver { try db.execute(sql: "DROP TABLE window_v8") }
        return isOver
    }
}
