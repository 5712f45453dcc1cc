import GRDB
package import Primitives

/// Who takes messages out of the outbox.
package enum OutboxSink: String, CaseIterable, Sendable {
    /// CloudEvents in files for other programs.
    case spool
    /// Lines for people.
    case alerts
}

/// One message that has to reach one sink.
package struct OutboxRow: Hashable, Sendable {
    package var id: Int64
    package var sink: OutboxSink
    /// The same for every attempt: receivers may drop what they have seen.
    package var eventID: String
    package var payload: String
    /// Failed ones so far.
    package var attempts: Int

    package init(
        id: Int64, sink: OutboxSink, eventID: String, payload: String, attempts: Int
    ) {
        self.id = id
        self.sink = sink
        self.eventID = eventID
        self.payload = payload
        self.attempts = attempts
    }
}

/// The seam between steps and the outside (transactional outbox): rows are written in the step's
/// own transaction, so a message exists exactly when its cause was committed. Whoever delivers a
/// row marks it afterwards; a crash in between sends it twice with the same `event_id`, never not
/// at all.
package struct Outbox: Sendable {
    private let database: StateDatabase

    package init(_ database: StateDatabase) {
        self.database = database
    }

    /// The oldest undelivered rows of one sink, in order.
    package func undelivered(
        for sink: OutboxSink, limit: Int
    ) throws(StoreFailure) -> [OutboxRow] {
        try database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, event_id, payload, attempts FROM outbox
                    WHERE sink = ? AND delivered_at IS NULL ORDER BY id LIMIT ?
                    """, arguments: [sink.rawValue, limit]
            ).map { row in
                OutboxRow(
                    id: row["id"], sink: sink, eventID: row["event_id"], payload: row["payload"],
                    attempts: row["attempts"])
            }
        }
    }

    /// Of all messages to a sink, delivered or not.
    package func eventIDs(for sink: OutboxSink) throws(StoreFailure) -> [String] {
        try database.read { db in
            try String.fetchAll(
                db, sql: "SELECT event_id FROM outbox WHERE sink = ?", arguments: [sink.rawValue])
        }
    }

    /// Undelivered rows of all sinks.
    package func backlog() throws(StoreFailure) -> Int {
        try database.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM outbox WHERE delivered_at IS NULL")
                ?? 0
        }
    }

    package func markDelivered(_ row: OutboxRow, at time: Timestamp) throws(StoreFailure) {
        try database.write { db in
            try db.execute(
                sql: """
                    UPDATE outbox SET delivered_at = ?, last_error = NULL
                    WHERE id = ? AND delivered_at IS NULL
                    """, arguments: [time.nanoseconds, row.id])
        }
    }

    package func recordFailure(of row: OutboxRow, _ error: String) throws(StoreFailure) {
        try database.write { db in
            try db.execute(
                sql: "UPDATE outbox SET attempts = attempts + 1, last_error = ? WHERE id = ?",
                arguments: [error, row.id])
        }
    }

    /// Puts a notice that no step causes before the alert log.
    package func announce(_ notice: DropNotice) throws(StoreFailure) {
        try database.write { db in
            _ = try Outbox.enqueue(
                .alerts,
                eventID: "\(notice.listener)/kernel_dropped/\(notice.time.nanoseconds)",
                payload: AlertLine.drops(notice), time: notice.time, in: db)
        }
    }

    /// `false` when the message is there already.
    static func enqueue(
        _ sink: OutboxSink, eventID: String, payload: String, time: Timestamp, in db: Database
    ) throws -> Bool {
        try db.cachedStatement(
            sql: """
                INSERT INTO outbox (sink, event_id, payload, time) VALUES (?, ?, ?, ?)
                ON CONFLICT (sink, event_id) DO NOTHING
                """
        ).execute(arguments: [sink.rawValue, eventID, payload, time.nanoseconds])
        return db.changesCount > 0
    }
}
