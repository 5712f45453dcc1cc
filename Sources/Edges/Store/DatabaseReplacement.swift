import GRDB
package import Primitives

/// Sets a damaged database aside and puts a fresh one into its place.
///
/// What comes in: a state directory whose `forestall.db` is damaged, and which nobody has open.
/// What goes out: the same directory with a fresh `forestall.db`, and the damaged one beside it
/// under another name. What the fresh one takes over, as far as it can still be read: devices and
/// signals, tickets with their changes and messages, people's decisions, the maintenance history.
/// Messages that lie in the spool count as delivered, whatever else could be read, so that none of
/// them is delivered again; where only the messages cannot be read they are made again from the
/// changes, so that none is missing, and whoever took one out of the spool gets it twice, with the
/// same id. What is left behind: windows with their late readings, scores, alerts and steps; they
/// are in the damaged file for whoever can read it. What always holds: the fresh file is complete
/// before it gets its name, and the damaged one keeps a name, so a run that is interrupted or fails
/// anywhere can be repeated.
package struct DatabaseReplacement {
    /// What became of it, for the log.
    package struct Outcome: Hashable, Sendable {
        /// File name of the damaged database now.
        package var setAside: String
        /// Tables that could be read and were taken over, and those that could not.
        package var takenOver: [String] = []
        package var lost: [String] = []
    }

    private let directory: StateDirectory
    /// The source of messages that have to be made again.
    private let gateway: String

    package init(_ directory: StateDirectory, gateway: String) {
        self.directory = directory
        self.gateway = gateway
    }

    /// `sequence` is the last step that is known to have been taken up; what the fresh database has
    /// begins after it.
    package func run(
        at time: Timestamp, after sequence: Int
    ) throws(StoreFailure) -> Outcome {
        var outcome = Outcome(setAside: "")
        let unfinished = directory.freshDatabasePath + ".tmp"
        do {
            for suffix in ["", "-wal", "-shm", "-journal"] {
                StateFiles.remove(unfinished + suffix)
            }
            let fresh = try DatabaseQueue(path: unfinished)
            try Schema.migrator.migrate(fresh)
            var last = sequence
            try fresh.writeWithoutTransaction { db in
                last = max(last, takeOver(into: db, &outcome))
                try markSpooled(in: db, at: time)
                try db.execute(
                    sql: """
                        INSERT OR REPLACE INTO metadata (key, value)
                        VALUES ('begins_after_step', ?)
                        """, arguments: [String(last)])
            }
            try fresh.close()
        } catch {
            throw StoreFailure("make", unfinished, because: error)
        }
        try StateFiles.rename(unfinished, directory.freshDatabasePath)
        outcome.setAside = try DamagedDatabase.setAside(in: directory, at: time)
        try StateFiles.rename(directory.freshDatabasePath, directory.databasePath)
        return outcome
    }

    /// A replacement was interrupted between its last two renames: it is brought to its end.
    package static func finish(in directory: StateDirectory) throws(StoreFailure) {
        guard StateFiles.exists(directory.freshDatabasePath) else { return }
        if StateFiles.exists(directory.databasePath) {
            StateFiles.remove(directory.freshDatabasePath)
        } else {
            try StateFiles.rename(directory.freshDatabasePath, directory.databasePath)
        }
    }

    // MARK: Out of the damaged file

    /// Tables that make sense only together, each after those it refers to.
    private static let groups = [
        ["device", "device_attribute", "device_text", "signal"],
        ["ticket", "ticket_change"], ["outbox"], ["operator_command"],
        ["maintenance", "component_life"],
    ]

    /// Copies what can be read, a group as a whole or not at all; returns the last step of the
    /// damaged file, 0 when that cannot be read.
    private func takeOver(into db: Database, _ outcome: inout Outcome) -> Int {
        do {
            // Attaching a file that is not there would make one.
            guard StateFiles.exists(directory.databasePath) else { return 0 }
            try db.execute(sql: "ATTACH ? AS damaged", arguments: [directory.databasePath])
        } catch {
            outcome.lost = Self.groups.flatMap(\.self)
            return 0
        }
        for group in Self.groups {
            do {
                try db.inTransaction {
                    for table in group {
                        try db.execute(
                            sql: "INSERT INTO main.\(table) SELECT * FROM damaged.\(table)")
                    }
                    return .commit
                }
                outcome.takenOver += group
            } catch {
                outcome.lost += group
            }
        }
        if outcome.lost.contains("outbox") { try? makeMessagesAgain(in: db) }
        let last = try? Int.fetchOne(db, sql: "SELECT max(sequence) FROM damaged.step")
        try? db.execute(sql: "DETACH damaged")
        return last ?? 0
    }

    /// One message to the spool for each change.
    private func makeMessagesAgain(in db: Database) throws {
        let changes = try Row.fetchAll(
            db,
            sql: """
                SELECT ticket || '-' || change.revision AS id, type, time, change.document AS data,
                    device.name AS device
                FROM ticket_change AS change JOIN ticket ON ticket.id = change.ticket
                    JOIN device ON device.id = ticket.device
                ORDER BY time, ticket, change.revision
                """)
        try db.inTransaction {
            for row in changes {
                let time = Timestamp(nanoseconds: row["time"])
                let event = CloudEvent(
                    id: row["id"], gateway: gateway, kind: row["type"], subject: row["device"],
                    time: time.rfc3339, data: row["data"])
                _ = try Outbox.enqueue(
                    .spool, eventID: row["id"], payload: event.json, time: time, in: db)
            }
            return .commit
        }
    }

    // MARK: Out of the spool

    /// What lies in the spool was delivered.
    private func markSpooled(in db: Database, at time: Timestamp) throws {
        try db.inTransaction {
            for name in StateFiles.names(in: directory.spoolPath) {
                let id = String(name.dropLast(".json".count))
                try db.execute(
                    sql: """
                        INSERT INTO outbox (sink, event_id, payload, time, delivered_at)
                        VALUES ('spool', ?, '{}', ?, ?)
                        ON CONFLICT (sink, event_id) DO UPDATE
                            SET delivered_at = excluded.delivered_at WHERE delivered_at IS NULL
                        """, arguments: [id, time.nanoseconds, time.nanoseconds])
            }
            return .commit
        }
    }
}
