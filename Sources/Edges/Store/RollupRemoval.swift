import GRDB
import Primitives

/// Removes the oldest rollups: those older than they are kept, or, when there are no windows left
/// to remove from a file that is too large, the oldest there are, days last.
enum RollupRemoval {
    /// Rows removed at once.
    static let rowsAtOnce = 8_192

    /// All rollups of the period from here on are there; `nil` as long as none was removed.
    static func keptFrom(_ period: RollupPeriod, _ db: Database) throws -> Timestamp? {
        try Int64.fetchOne(
            db, sql: "SELECT CAST(value AS INTEGER) FROM metadata WHERE key = ?",
            arguments: [key(period)]
        ).map(Timestamp.init(nanoseconds:))
    }

    private static func key(_ period: RollupPeriod) -> String { "\(period.table)_kept_from" }

    /// Start of the oldest one.
    static func oldest(_ period: RollupPeriod, _ db: Database) throws -> Timestamp? {
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT min(start) FROM rollup WHERE period_s = ?"),
            arguments: [period.rawValue]
        ).map(Timestamp.init(nanoseconds:))
    }

    /// Removes some of what starts before `limit`; whole stretches, and never the newest.
    static func remove(
        _ period: RollupPeriod, before limit: Timestamp, in db: Database
    ) throws {
        let newest =
            try Int64.fetchOne(
                db, sql: "SELECT max(start) FROM rollup WHERE period_s = ?",
                arguments: [period.rawValue]) ?? .min
        guard let first = try oldest(period, db)?.nanoseconds else { return }
        let some = try Int64.fetchOne(
            db, sql: "SELECT start FROM \(period.table) ORDER BY key LIMIT 1 OFFSET ?",
            arguments: [Self.rowsAtOnce])
        let end = min(limit.nanoseconds, newest, max(some ?? Int64.max, first &+ 1))
        guard end > first else { return }
        try db.execute(
            sql: "DELETE FROM \(period.table) WHERE key < ?",
            arguments: [WindowKey.first(from: Timestamp(nanoseconds: end))])
        try db.execute(
            sql: "DELETE FROM rollup WHERE period_s = ? AND start < ?",
            arguments: [period.rawValue, end])
        try db.execute(
            sql: "INSERT OR REPLACE INTO metadata (key, value) VALUES (?, ?)",
            arguments: [key(period), String(end)])
    }
}
