import GRDB
package import Primitives

/// Reads what the store holds, for the command line. Never creates or changes anything, and works
/// while the daemon is running.
package struct ReadModel: Sendable {
    package enum TicketFilter: Sendable {
        case open
        case all
    }

    /// A ticket as it stands.
    package struct TicketSummary: Hashable, Sendable {
        package var id: String
        package var device: String
        package var component: String
        package var failureMode: String
        /// `open`, `acknowledged`, `planned`, `recovered` or `closed`.
        package var state: String
        package var severity: String
        package var revision: Int
        package var health: Double?
        package var risk: Double?
        /// Remaining useful life in seconds, median.
        package var remainingSeconds: Double?
        package var openedAt: Timestamp
        package var updatedAt: Timestamp
        package var serviceBy: Timestamp?
        package var sentence: String
        /// The latest change as delivered (JSON).
        package var document: String
    }

    /// One change of a ticket as it was delivered.
    package struct TicketRevision: Hashable, Sendable {
        package var revision: Int
        package var type: String
        package var time: Timestamp
        /// Stable snake_case word.
        package var reason: String
        /// JSON
        package var document: String
    }

    package struct TicketHistory: Hashable, Sendable {
        package var ticket: TicketSummary
        /// In order of revision.
        package var changes: [TicketRevision]
    }

    private let queue: DatabaseQueue
    private let path: String
    let directory: StateDirectory

    package init(_ directory: StateDirectory) throws(StoreFailure) {
        self.directory = directory
        path = directory.databasePath
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.read { [path] db in
                try StateDatabase.check(db, path: path)
                guard try Schema.migrator.hasCompletedMigrations(db) else {
                    throw StoreFailure(
                        .data,
                        "cannot read \(path): it was written by an older version of forestall - "
                            + "run `forestall run` once to bring it up to date")
                }
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
            throw StoreFailure(
                .inputOutput,
                "cannot read \(path): there is no Forestall database that can be opened - "
                    + "start `forestall run` or `forestall replay --state` first, or give the "
                    + "right directory with --state")
        } catch {
            throw StoreFailure("read", path, because: error)
        }
    }

    /// The most severe first, then in order of opening.
    package func tickets(_ filter: TicketFilter) throws(StoreFailure) -> [TicketSummary] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: ReadModel.selection + (filter == .open ? " WHERE t.state <> 'closed'" : "")
                    + """
                     ORDER BY t.state = 'closed',
                        CASE t.severity WHEN 'urgent' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,
                        t.opened_at, t.id
                    """
            ).map(ReadModel.summary)
        }
    }

    /// `nil` when there is no ticket of that id.
    package func ticket(_ id: String) throws(StoreFailure) -> TicketHistory? {
        try read { db in
            let row = try Row.fetchOne(
                db, sql: ReadModel.selection + " WHERE t.id = ?", arguments: [id])
            guard let row else { return nil }
            let changes = try Row.fetchAll(
                db,
                sql: """
                    SELECT revision, type, time, reason, document FROM ticket_change
                    WHERE ticket = ? ORDER BY revision
                    """, arguments: [id])
            return TicketHistory(
                ticket: ReadModel.summary(row),
                changes: changes.map { row in
                    TicketRevision(
                        revision: row["revision"], type: row["type"],
                        time: Timestamp(nanoseconds: row["time"]), reason: row["reason"],
                        document: row["document"])
                })
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(StoreFailure) -> Value {
        do {
            return try queue.read(body)
        } catch {
            throw StoreFailure("read", path, because: error)
        }
    }

    private static let selection = """
        SELECT t.id AS id, d.name AS device, t.component AS component,
            t.failure_mode AS failure_mode, t.state AS state, t.severity AS severity,
            t.revision AS revision, t.health AS health, t.risk AS risk, t.p50 AS p50,
            t.opened_at AS opened_at, t.updated_at AS updated_at, t.service_by AS service_by,
            t.sentence AS sentence, t.document AS document
        FROM ticket AS t JOIN device AS d ON d.id = t.device
        """

    private static func summary(_ row: Row) -> TicketSummary {
        TicketSummary(
            id: row["id"], device: row["device"], component: row["component"],
            failureMode: row["failure_mode"], state: row["state"], severity: row["severity"],
            revision: row["revision"], health: row["health"], risk: row["risk"],
            remainingSeconds: row["p50"], openedAt: Timestamp(nanoseconds: row["opened_at"]),
            updatedAt: Timestamp(nanoseconds: row["updated_at"]),
            serviceBy: (row["service_by"] as Int64?).map(Timestamp.init(nanoseconds:)),
            sentence: row["sentence"], document: row["document"])
    }
}
