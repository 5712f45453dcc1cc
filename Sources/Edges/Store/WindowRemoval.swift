import GRDB
import Logging
import Primitives

/// Removes the oldest windows of a database that is as large, or reaches as far back, as its
/// ``Retention`` allows; what they were summed up to stays longer (``RollupRemoval``).
///
/// What comes in: a look after every committed step. What goes out: a transaction of its own that
/// removes some thousand windows with the scores, prognoses, alerts, changes of texts and steps of
/// their time, when there are too many. What always holds: what is removed is older than all that
/// stays, and the newest windows stay. Room that becomes free is used again; only when an eighth of
/// the file is free, as after the limit was lowered, is it given back, a little at a time, because
/// that costs the memory card as much as writing it.
struct WindowRemoval: Sendable {
    let retention: Retention
    let logger: Logger
    /// Said once: from then on it is so whenever some windows have come.
    private var hasTold = false

    /// Windows removed at once; several times what a step brings.
    static let windowsAtOnce = 8_192
    /// Pages given back at once.
    static let pagesAtOnce = 256

    init(_ retention: Retention, logger: Logger) {
        self.retention = retention
        self.logger = logger
    }

    /// What was removed in the life of the file.
    struct Total: Equatable {
        var windows = 0
        /// All windows from here on are there; `nil` as long as none was removed.
        var keptFrom: Timestamp?
        /// The latest step that has lost windows.
        var step = 0
    }

    static func total(_ db: Database) throws -> Total {
        func number(_ key: String) throws -> Int64? {
            try Int64.fetchOne(
                db, sql: "SELECT CAST(value AS INTEGER) FROM metadata WHERE key = ?",
                arguments: [key])
        }
        return Total(
            windows: Int(try number("windows_removed") ?? 0),
            keptFrom: try number("windows_kept_from").map(Timestamp.init(nanoseconds:)),
            step: Int(try number("windows_removed_step") ?? 0))
    }

    /// Pages of the file.
    private struct Pages {
        var all: Int
        /// Not in use.
        var free: Int
        /// Bytes of one.
        var size: Int

        init(_ db: Database) throws {
            let row = try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT page_count, freelist_count, page_size
                        FROM pragma_page_count, pragma_freelist_count, pragma_page_size
                        """))
            all = row?[0] ?? 0
            free = row?[1] ?? 0
            size = row?[2] ?? 0
        }
    }

    /// Looks, and removes some if need be; whether it did. `now` is how far the telemetry has
    /// reached.
    mutating func run(_ db: Database, now: Timestamp) throws -> Bool {
        var hasRemoved = false
        let earliest = now - retention.windows
        if let (oldest, newest) = try Self.bounds(db), oldest < newest {
            let isTooLarge = isTooLarge(try Pages(db))
            if isTooLarge || oldest < earliest {
                tell(isTooLarge: isTooLarge)
                try db.inTransaction(.immediate) {
                    try remove(
                        from: oldest.nanoseconds, before: isTooLarge ? .distantFuture : earliest,
                        in: db)
                    return .commit
                }
                hasRemoved = true
            }
        }
        try removeRollups(db, now: now)
        let pages = try Pages(db)
        let isMuch = pages.free > max(Self.pagesAtOnce, pages.all / 8)
        if isMuch || pages.free > 0 && pages.all * pages.size > retention.sizeMost {
            try db.execute(sql: "PRAGMA incremental_vacuum(\(Self.pagesAtOnce))")
        }
        return hasRemoved
    }

    private func isTooLarge(_ pages: Pages) -> Bool {
        (pages.all - pages.free) * pages.size > retention.sizeMost - retention.margin
    }

    /// Starts of the oldest and the newest windows.
    private static func bounds(_ db: Database) throws -> (oldest: Timestamp, newest: Timestamp)? {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT (SELECT min(start) FROM window_start),
                        (SELECT max(start) FROM window_start)
                    """))
        guard let row, let oldest = row[0] as Int64?, let newest = row[1] as Int64? else {
            return nil
        }
        return (Timestamp(nanoseconds: oldest), Timestamp(nanoseconds: newest))
    }

    /// Those that are too old, and, when only the newest windows are left in a file that is too
    /// large, the oldest there are: quarters of an hour before days.
    private func removeRollups(_ db: Database, now: Timestamp) throws {
        let left = try Self.bounds(db)
        var isRest = try left.map { $0.oldest == $0.newest } ?? true && isTooLarge(Pages(db))
        for period in RollupPeriod.allCases {
            let earliest = now - retention.age(of: period)
            guard let bounds = try RollupRemoval.bounds(period, db), bounds.oldest < bounds.newest,
                isRest || bounds.oldest < earliest
            else { continue }
            try db.inTransaction(.immediate) {
                try RollupRemoval.remove(
                    period, before: isRest ? .distantFuture : earliest, in: db)
                return .commit
            }
            isRest = false
        }
    }

    private mutating func tell(isTooLarge: Bool) {
        guard isTooLarge, !hasTold else { return }
        hasTold = true
        logger.notice(
            "Database is as large as it may be; the oldest windows are removed",
            metadata: ["state.maximum_size": "\(retention.sizeMost)"])
    }

    /// Removes some of the windows that start from `first` on, the oldest there is, and before
    /// `limit`; never the newest.
    private func remove(from first: Int64, before limit: Timestamp, in db: Database) throws {
        let newest = try Int64.fetchOne(db, sql: "SELECT max(start) FROM window_start") ?? .min
        let some = try Int64.fetchOne(
            db, sql: "SELECT start FROM window ORDER BY key LIMIT 1 OFFSET ?",
            arguments: [Self.windowsAtOnce])
        // Exclusive: of a start that is not removed whole nothing is, unless it is the first.
        let end = min(limit.nanoseconds, newest, max(some ?? Int64.max, first &+ 1))
        guard end > first else { return }
        try RollupRows.finishQuarters(db, before: Timestamp(nanoseconds: end))
        let step =
            try Int.fetchOne(
                db, sql: "SELECT max(step) FROM device_score WHERE start < ?", arguments: [end])
            ?? 0
        try db.execute(
            sql: "DELETE FROM window WHERE key < ?",
            arguments: [WindowKey.first(from: Timestamp(nanoseconds: end))])
        let count = db.changesCount
        try db.execute(
            sql: "DELETE FROM window_further WHERE key < ?",
            arguments: [WindowKey.first(from: Timestamp(nanoseconds: end))])
        for sql in Self.others { try db.execute(sql: sql, arguments: [end]) }
        let before = try Self.total(db)
        for (key, value) in [
            ("windows_removed", Int64(before.windows + count)), ("windows_kept_from", end),
            ("windows_removed_step", Int64(max(before.step, step))),
        ] {
            try db.execute(
                sql: "INSERT OR REPLACE INTO metadata (key, value) VALUES (?, ?)",
                arguments: [key, String(value)])
        }
    }

    /// What else is removed before a time. Steps of recordings say how far these were taken in.
    private static let others = [
        "DELETE FROM window_start WHERE start < ?",
        "DELETE FROM late_reading WHERE start < ?",
        "DELETE FROM window_closed WHERE start < ?",
        "DELETE FROM device_score WHERE start < ?",
        "DELETE FROM signal_score WHERE start < ?",
        "DELETE FROM prognosis WHERE time < ?",
        "DELETE FROM alert WHERE time < ?",
        "DELETE FROM device_event WHERE time < ?",
        """
        DELETE FROM step WHERE input_name IS NULL AND sequence < (
            SELECT sequence FROM step WHERE advanced_to > ? ORDER BY sequence LIMIT 1)
        """,
    ]
}
