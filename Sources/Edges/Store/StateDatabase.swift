import GRDB
package import Primitives

/// The open database of a state directory: one writing connection and a few reading ones.
///
/// Copies share the connections. Writers take turns: the store thread writes steps, Delivery marks
/// rows, and SQLite sees one after the other.
package struct StateDatabase: Sendable {
    package let directory: StateDirectory
    private let connections: DatabaseConnections

    /// The connections of this moment, for what is done while nobody exchanges them.
    var pool: DatabasePool { connections.pool }

    /// Something that was read or written here said that the file is damaged.
    package var damage: StoreFailure? { connections.damage }

    /// The write-ahead log is carried over when it is this long. What is written to a page again
    /// and again until then costs the medium one writing of that page into the file.
    package static let logBytesStandard = 16 << 20

    private let logBytes: Int

    static let advice = "give another directory with --state"

    /// Creates the file or brings an older one up to date. When the write-ahead log is as long as
    /// `logBytes` it is carried over into the file and begun again, and what a long reader or a
    /// large step made of it beyond that is cut off.
    package init(
        opening directory: StateDirectory, logBytes: Int = Self.logBytesStandard
    ) throws(StoreFailure) {
        self.directory = directory
        self.logBytes = logBytes
        connections = DatabaseConnections(
            try StateDatabase.connect(directory.databasePath, logBytes: logBytes))
    }

    /// Closes the connections and opens the file again, for everybody who has a copy of this
    /// value: what they remembered of the file's pages is read anew.
    package func reopen() throws(StoreFailure) {
        try connections.exchange { () throws(StoreFailure) in
            try StateDatabase.connect(directory.databasePath, logBytes: logBytes)
        }
    }

    /// Sets the damaged file aside and goes on with a fresh one, for everybody who has a copy of
    /// this value. When it throws, the same call can be made again. `sequence` is the last step
    /// that is known to have been taken up.
    package func replace(
        at time: Timestamp, after sequence: Int, gateway: String
    ) throws(StoreFailure) -> DatabaseReplacement.Outcome {
        var outcome = DatabaseReplacement.Outcome(setAside: "")
        try connections.exchange { () throws(StoreFailure) in
            outcome = try DatabaseReplacement(directory, gateway: gateway)
                .run(at: time, after: sequence)
            return try StateDatabase.connect(directory.databasePath, logBytes: logBytes)
        }
        return outcome
    }

    /// A new file can give room back; an older one that cannot only uses it again. Said before
    /// there is a log, this would leave a journal behind when the disk fails, which nobody who only
    /// reads could get past; with the log it takes a rewriting of the file, which is empty.
    private static func prepareNew(_ db: Database) throws {
        guard try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0 else { return }
        try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
        try db.execute(sql: "VACUUM")
    }

    private static func connect(
        _ path: String, logBytes: Int
    ) throws(StoreFailure) -> DatabasePool {
        do {
            try StateDatabase.examine(path)
            var configuration = StateDatabase.configuration
            configuration.prepareDatabase { db in
                if db.configuration.readonly { return }
                let pageBytes = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4_096
                try db.execute(sql: "PRAGMA wal_autocheckpoint = \(logBytes / pageBytes)")
                try db.execute(sql: "PRAGMA journal_size_limit = \(logBytes)")
            }
            let pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction(prepareNew)
            try Schema.migrator.migrate(pool)
            try WindowSchema.move(pool)
            return pool
        } catch {
            throw StoreFailure("open", path, because: error)
        }
    }

    /// Opens the database for looking only, also while another process writes.
    package init(reading directory: StateDirectory) throws(StoreFailure) {
        // It says what is wrong with a file that cannot be read.
        _ = try ReadModel(directory)
        var configuration = StateDatabase.configuration
        configuration.readonly = true
        do {
            connections = DatabaseConnections(
                try DatabasePool(path: directory.databasePath, configuration: configuration))
            self.directory = directory
            logBytes = Self.logBytesStandard
        } catch {
            throw StoreFailure("read", directory.databasePath, because: error)
        }
    }

    /// Writes a copy of the database to `path`, which must not be there. It is a snapshot: whoever
    /// writes meanwhile is neither kept waiting nor in it. The copy is one file.
    package func copy(to path: String) throws(StoreFailure) {
        do {
            let copy = try DatabaseQueue(path: path)
            try pool.backup(to: copy)
            try copy.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA journal_mode = DELETE")
                let answer = try String.fetchOne(db, sql: "PRAGMA quick_check")
                guard answer == "ok" else {
                    throw StoreFailure(
                        .data,
                        "cannot copy \(directory.databasePath): the database is damaged "
                            + "(\(answer ?? "no answer")) - see `forestall verify`")
                }
            }
            try copy.close()
        } catch {
            throw StoreFailure("write", path, because: error)
        }
    }

    /// Waits for the running transaction and closes the connections. Later calls fail.
    package func close() throws(StoreFailure) {
        do {
            try pool.close()
        } catch {
            throw StoreFailure("close", directory.databasePath, because: error)
        }
    }

    /// Reads and writes a little of what every start needs, so that damage there is known at once.
    package func probe() throws(StoreFailure) {
        try write { db in
            for table in ["metadata", "device", "step", "outbox", "ticket", "operator_command"] {
                _ = try Row.fetchOne(db, sql: "SELECT * FROM \(table) LIMIT 1")
            }
            try db.execute(
                sql: "DELETE FROM metadata WHERE key = 'probe'")
        }
    }

    /// The step number to go on after; 0 in a new database.
    package func lastSequence() throws(StoreFailure) -> Int {
        try read { db in
            try Int.fetchOne(db, sql: "SELECT max(sequence) FROM step") ?? 0
        }
    }

    /// How far a recording has been folded: offset in bytes, 0 when it was never seen.
    package func resumeOffset(of input: FoldedInput) throws(StoreFailure) -> Int64 {
        try read { db in
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT max(input_offset) FROM step
                    WHERE input_name = ? AND input_hash = ? AND input_size IS ?
                    """, arguments: [input.name, input.hash, input.size]) ?? 0
        }
    }

    /// What SQLite said while something was tried; damage is kept in mind.
    func noted(_ action: String, _ error: any Error) -> StoreFailure {
        connections.note(StoreFailure(action, directory.databasePath, because: error))
    }

    /// Lends the writing connection, outside a transaction.
    func writeWithoutTransaction<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try connections.use { try $0.writeWithoutTransaction(body) }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(StoreFailure) -> Value {
        do {
            return try connections.use { try $0.read(body) }
        } catch {
            throw noted("read", error)
        }
    }

    func write<Value>(_ body: (Database) throws -> Value) throws(StoreFailure) -> Value {
        do {
            return try connections.use { try $0.write(body) }
        } catch {
            throw noted("write", error)
        }
    }

    /// Refuses foreign files and those of a newer version. `db` has not been changed yet.
    static func check(_ db: Database, path: String) throws {
        let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        // The table of migrations comes before the first of them: a start that was interrupted in
        // between leaves it alone.
        let tables =
            try Int.fetchOne(
                db,
                sql: "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'grdb_migrations'") ?? 0
        guard application == Schema.applicationID || (application == 0 && tables == 0) else {
            throw StoreFailure(
                .data, "cannot open \(path): it is not a Forestall database - \(advice)")
        }
        guard version <= Schema.version else {
            throw StoreFailure(
                .data,
                "cannot open \(path): it was written by a newer version of forestall "
                    + "(schema v\(version), this one knows v\(Schema.version)) - "
                    + "use that version or another --state")
        }
    }

    /// Looks at the file before anything changes it: a writing connection would turn a foreign
    /// database to write-ahead logging. A missing file is fine.
    private static func examine(_ path: String) throws {
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(5)
        let queue: DatabaseQueue
        do {
            configuration.readonly = true
            queue = try DatabaseQueue(path: path, configuration: configuration)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
            return
        }
        try queue.read { db in try check(db, path: path) }
        try queue.close()
    }

    private static var configuration: GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(5)
        configuration.label = "forestall.store"
        return configuration
    }
}
