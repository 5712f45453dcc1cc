import GRDB
package import Primitives
package import Tickets

/// The table through which people's decisions reach the engine. Whoever gives one writes a row; the
/// store thread offers new rows to the engine; the step that takes one marks it.
///
/// The same table serves both sides: the daemon's own connection, and that of a command in another
/// process, which SQLite lets write while the daemon runs.
package struct OperatorInbox: Sendable {
    /// What became of a decision.
    package enum Fate: Equatable, Sendable {
        case waiting
        case applied
        case refused(CommandRefusal)
    }

    /// What became of several decisions: how many.
    package struct Fates: Hashable, Sendable {
        package var waiting = 0
        package var applied = 0
        package var refused = 0

        package init() {}
    }

    private let side: Side
    private let path: String

    private enum Side: Sendable {
        /// Its connections may be exchanged.
        case daemon(StateDatabase)
        case command(DatabaseQueue)
    }

    private func writeWithoutTransaction<Value>(
        _ body: (Database) throws -> Value
    ) throws -> Value {
        switch side {
        case .daemon(let database): try database.writeWithoutTransaction(body)
        case .command(let queue): try queue.writeWithoutTransaction(body)
        }
    }

    /// The daemon's side.
    package init(_ database: StateDatabase) {
        side = .daemon(database)
        path = database.directory.databasePath
    }

    /// A command's side: opens the database that a daemon or a replay has made; never creates one.
    package init(_ directory: StateDirectory) throws(StoreFailure) {
        // Says in plain words what is wrong with the place, if anything.
        _ = try ReadModel(directory)
        path = directory.databasePath
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(5)
        do {
            side = .command(try DatabaseQueue(path: path, configuration: configuration))
        } catch {
            throw StoreFailure("open", path, because: error)
        }
    }

    /// Writes a decision down, on the disk before this returns. Its id is given here; that of
    /// `action` does not exist yet.
    package func give(
        _ action: OperatorCommand.Action, by: String, note: String?, at time: Timestamp
    ) throws(StoreFailure) -> Int64 {
        try give([(action, note)], by: by, at: time).last ?? 0
    }

    /// The same for several: all of them or none.
    package func give(
        _ actions: [(action: OperatorCommand.Action, note: String?)], by: String,
        at time: Timestamp
    ) throws(StoreFailure) -> [Int64] {
        do {
            return try writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                var ids: [Int64] = []
                try db.inTransaction(.immediate) {
                    for (action, note) in actions {
                        try Self.insert(action, by: by, note: note, at: time, in: db)
                        ids.append(db.lastInsertedRowID)
                    }
                    return .commit
                }
                return ids
            }
        } catch {
            throw StoreFailure("write", path, because: error)
        }
    }

    private static func insert(
        _ action: OperatorCommand.Action, by: String, note: String?, at time: Timestamp,
        in db: Database
    ) throws {
        var columns = Columns()
        columns.fill(from: action)
        try db.cachedStatement(
            sql: """
                INSERT INTO operator_command (given_at, given_by, action, ticket, device,
                    planned_for, duration, outcome, part, note, event, event_time, component, cost)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            time.nanoseconds, by, columns.action, columns.ticket, columns.device,
            columns.plannedFor, columns.duration, columns.outcome, columns.part, note,
            columns.event, columns.eventTime, columns.component, columns.cost,
        ])
    }

    /// Decisions that wait, after `id`, in order.
    package func waiting(
        after id: Int64, limit: Int
    ) throws(StoreFailure) -> [OperatorCommand] {
        try read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT * FROM operator_command WHERE step IS NULL AND id > ?
                        ORDER BY id LIMIT ?
                        """), arguments: [id, limit]
            ).compactMap(OperatorRows.command)
        }
    }

    /// `nil` when there is no such decision.
    package func fate(of id: Int64) throws(StoreFailure) -> Fate? {
        try read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT step, refusal FROM operator_command WHERE id = ?", arguments: [id])
            guard let row else { return nil }
            if row["step"] as Int64? == nil { return .waiting }
            return (row["refusal"] as String?).flatMap(CommandRefusal.init).map(Fate.refused)
                ?? .applied
        }
    }

    /// What became of decisions given together.
    package func fates(of ids: ClosedRange<Int64>) throws(StoreFailure) -> Fates {
        try read { db in
            var fates = Fates()
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT count(*) AS count, step IS NULL AS waits,
                        ifnull(refusal, '') NOT IN ('', 'already_recorded') AS refused
                    FROM operator_command WHERE id BETWEEN ? AND ? GROUP BY 2, 3
                    """, arguments: [ids.lowerBound, ids.upperBound])
            for row in rows {
                let count: Int = row["count"]
                if row["waits"] {
                    fates.waiting += count
                } else if row["refused"] {
                    fates.refused += count
                } else {
                    fates.applied += count
                }
            }
            return fates
        }
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws(StoreFailure) -> Value {
        do {
            switch side {
            case .daemon(let database): return try database.read(body)
            case .command(let queue): return try queue.read(body)
            }
        } catch {
            throw StoreFailure("read", path, because: error)
        }
    }

    /// An action as columns.
    private struct Columns {
        var action = ""
        var ticket: String?
        var device: String?
        var plannedFor: Int64?
        var duration: Int64?
        var outcome: String?
        var part: String?
        var event: String?
        var eventTime: Int64?
        var component: String?
        var cost: Double?

        mutating func fill(from given: OperatorCommand.Action) {
            switch given {
            case .acknowledge(let ticket): (action, self.ticket) = ("acknowledge", ticket)
            case .plan(let ticket, let time):
                (action, self.ticket) = ("plan", ticket)
                plannedFor = time.nanoseconds
            case .close(let ticket, let outcome, let part):
                (action, self.ticket) = ("close", ticket)
                self.outcome = outcome.rawValue
                self.part = part
            case .reopen(let ticket): (action, self.ticket) = ("reopen", ticket)
            case .shelve(let device, let duration):
                (action, self.device) = ("shelve", device)
                self.duration = duration.nanoseconds
            case .unshelve(let device): (action, self.device) = ("unshelve", device)
            case .maintenance(let given):
                (action, device) = ("maintenance", given.device)
                event = given.kind.rawValue
                eventTime = given.time.nanoseconds
                (component, part, cost) = (given.component, given.part, given.cost)
            }
        }
    }
}
