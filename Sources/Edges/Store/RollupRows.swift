import GRDB
import Primitives

/// Marks what must be summed up, and sums it up.
///
/// What comes in: marks of the stretches of time in which windows were written or amended, set in
/// the transaction that wrote them. What goes out: rows of `window_15min` and `window_day`, some at
/// a time after a step, each piece a transaction of its own. What always holds: a stretch is marked
/// as long as its rows are not those of its windows, so that neither a crash nor a late reading is
/// lost; doing it twice changes nothing. A stretch whose windows are no longer all kept stays as it
/// is. Windows as long as a stretch, or longer, are not in it.
struct RollupRows: Sendable {
    /// Time goes on for this long before a stretch is summed up, after its end and after the last
    /// change: most windows have come by then.
    static let settling = TimeSpan.minutes(15)
    /// Rows of windows read in one transaction, about.
    static let rowsAtOnce = 131_072
    /// Pieces of work after one step.
    static let piecesAtOnce = 2

    private let rowsAtOnce: Int

    init(rowsAtOnce: Int = Self.rowsAtOnce) { self.rowsAtOnce = rowsAtOnce }

    /// A stretch that is being summed up.
    private struct Work {
        var period: RollupPeriod
        var start: Timestamp
        /// The mark it had when it was begun.
        var changed: Int64
        /// Signals up to this one are done.
        var signal: Int64 = 0
    }

    private var work: Work?

    // MARK: Marks

    /// Marks the stretches of windows of `length` that start at `start`.
    static func mark(
        _ start: Timestamp, length: TimeSpan, at time: Timestamp, in db: Database
    ) throws {
        for period in RollupPeriod.allCases where length < period.length {
            let statement = try RowStatement(
                """
                INSERT INTO rollup (period_s, start, changed) VALUES (?, ?, ?)
                ON CONFLICT (period_s, start) DO UPDATE
                    SET changed = max(ifnull(changed, excluded.changed), excluded.changed)
                """, db)
            statement.bind(1, period.rawValue)
            statement.bind(2, period.start(of: start).nanoseconds)
            statement.bind(3, time.nanoseconds)
            try statement.run()
        }
    }

    // MARK: Work

    /// What was read of the database is no longer so.
    mutating func beginAgain() { work = nil }

    /// Does some pieces of what is due; `now` is how far the telemetry has reached.
    mutating func run(_ db: Database, now: Timestamp) throws {
        for _ in 0..<Self.piecesAtOnce {
            let before = (now - Self.settling).nanoseconds
            if work == nil { work = try Self.due(db, endingBy: before, changedBy: before) }
            guard work != nil else { return }
            try db.inTransaction(.immediate) {
                try doPiece(db)
                return .commit
            }
        }
    }

    /// Sums up everything that is marked, at once: nothing more comes.
    static func finish(_ db: Database) throws {
        var rows = RollupRows()
        while true {
            rows.work = try due(db)
            guard rows.work != nil else { return }
            while rows.work != nil { try rows.doPiece(db) }
        }
    }

    /// Sums up what is marked and made of windows before `end`, which are about to go: quarters
    /// of an hour, and days where some windows are longer.
    static func finishQuarters(_ db: Database, before end: Timestamp) throws {
        let hasLong =
            try Bool.fetchOne(db, sql: "SELECT 1 FROM device WHERE window_s >= 900") ?? false
        var rows = RollupRows()
        while true {
            rows.work = try due(db, startingBefore: end.nanoseconds)
            guard let work = rows.work, work.period == .quarter || hasLong else { return }
            while rows.work != nil { try rows.doPiece(db) }
        }
    }

    /// The next stretch to be summed up. Days come after their quarters of an hour.
    private static func due(
        _ db: Database, endingBy end: Int64 = .max, changedBy changed: Int64 = .max,
        startingBefore start: Int64 = .max
    ) throws -> Work? {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT period_s, start, changed FROM rollup AS stretch
                    WHERE changed IS NOT NULL AND changed <= ?1
                        AND start <= ?2 - period_s * 1000000000 AND start < ?3
                        AND (period_s = 900 OR NOT EXISTS (
                            SELECT 1 FROM rollup AS part
                            WHERE part.period_s = 900 AND part.start >= stretch.start
                                AND part.start < stretch.start + stretch.period_s * 1000000000
                                AND part.changed IS NOT NULL))
                    ORDER BY period_s, start LIMIT 1
                    """), arguments: [changed, end, start])
        guard let row, let period = RollupPeriod(rawValue: row["period_s"]) else { return nil }
        return Work(
            period: period, start: Timestamp(nanoseconds: row["start"]), changed: row["changed"])
    }

    /// Sums up the next signals of the stretch in hand; the mark goes with the last of them.
    private mutating func doPiece(_ db: Database) throws {
        guard var current = work else { return }
        work = nil
        let last = try Int64.fetchOne(db, sql: "SELECT max(id) FROM signal") ?? 0
        let starts = try Self.starts(db, current.period, current.start)
        let most = Int64(max(1, rowsAtOnce / max(1, starts.count)))
        let signals = current.signal + 1...min(max(last, current.signal + 1), current.signal + most)
        if !starts.isEmpty {
            let sums = try RollupReader(db, period: current.period, signals: signals)
                .sums(starts: starts, stretch: current.start)
            try Self.write(sums, signals, current, db)
        }
        current.signal = signals.upperBound
        if current.signal < last {
            work = current
        } else {
            try db.execute(
                sql: """
                    UPDATE rollup SET changed = NULL
                    WHERE period_s = ? AND start = ? AND changed = ?
                    """,
                arguments: [
                    current.period.rawValue, current.start.nanoseconds, current.changed,
                ])
        }
    }

    /// Starts of what the stretch is made of; none when that is no longer all there.
    static func starts(
        _ db: Database, _ period: RollupPeriod, _ start: Timestamp
    ) throws -> [Int64] {
        let bounds = [start.nanoseconds, (start + period.length).nanoseconds]
        switch period {
        case .quarter:
            if let kept = try WindowRemoval.total(db).keptFrom, start < kept { return [] }
            return try Int64.fetchAll(
                db,
                sql: "SELECT start FROM window_start WHERE start >= ? AND start < ? ORDER BY start",
                arguments: StatementArguments(bounds))
        case .day:
            if let kept = try RollupRemoval.keptFrom(.quarter, db), start < kept { return [] }
            let quarters = try Int64.fetchAll(
                db,
                sql: """
                    SELECT start FROM rollup WHERE period_s = 900 AND start >= ? AND start < ?
                    ORDER BY start
                    """, arguments: StatementArguments(bounds))
            // A day of longer windows alone has none.
            return quarters.isEmpty ? [start.nanoseconds] : quarters
        }
    }

    private static func write(
        _ sums: [RollupSums], _ signals: ClosedRange<Int64>, _ work: Work, _ db: Database
    ) throws {
        let statement = try RowStatement(
            """
            REPLACE INTO \(work.period.table)
                (key, windows, count, min, max, mean, sd, first, last, missing)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, db)
        for (signal, sum) in zip(signals, sums) where sum.windows > 0 {
            statement.bind(1, WindowKey.packed(start: work.start, signal: signal))
            statement.bind(2, sum.windows)
            statement.bind(3, sum.count)
            statement.bind(4, sum.minimum)
            statement.bind(5, sum.maximum)
            statement.bind(6, sum.mean)
            statement.bind(7, sum.deviation)
            statement.bind(8, sum.first)
            statement.bind(9, sum.last)
            statement.bind(10, sum.missing > 0 ? sum.missing : nil)
            try statement.run()
        }
    }
}
