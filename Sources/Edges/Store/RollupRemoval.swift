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

    /// Starts of the oldest and the newest.
    static func bounds(
        _ period: RollupPeriod, _ db: Database
    ) throws -> (oldest: Timestamp, newest: Timestamp)? {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT (SELECT min(start) FROM rollup WHERE period_s = ?1),
                        (SELECT max(start) FROM rollup WHERE period_s = ?1)
                    """), arguments: [period.rawValue])
        guard let row, let oldest = row[0] as Int64?, let newest = row[1] as Int64? else {
            return nil
        }
        return (Timestamp(nanoseconds: oldest), Timestamp(nanoseconds: newest))
    }

    /// Removes some of what starts before `limit`; whole stretches, and never the newest.
    static func remove(
        _ period: RollupPeriod, before limit: Timestamp, in db: Database
    ) throws {
        guard let bounds = try bounds(period, db) else { return }
        let first = bounds.oldest.nanoseconds
        let some = try Int64.fetchOne(
            db, sql: "SELECT start FROM \(period.table) ORDER BY key LIMIT 1 OFFSET ?",
            arguments: [Self.rowsAtOnce])
        let end = min(
            limit.nanoseconds, bounds.newest.nanoseconds, max(some ?? Int64.max, first &+ 1))
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
