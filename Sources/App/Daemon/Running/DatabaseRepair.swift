import Logging
import Platform
import Primitives
import Store

/// What the running daemon does about a damaged database: it looks at the file anew, because what
/// SQLite remembers of it may be what is wrong; when the damage is there again, it sets the file
/// aside and goes on with a fresh one. What the engine has learned is not affected.
struct DatabaseRepair {
    /// Nanoseconds in which a second finding of damage is believed.
    static let memory: UInt64 = 60_000_000_000

    private let database: StateDatabase
    private let request: CheckpointRequest
    private let logger: Logger
    private var reopenedAt: UInt64?
    private var reported: StoreFailure?
    /// The last step that was committed.
    private var lastStep = 0

    init(_ database: StateDatabase, request: CheckpointRequest, logger: Logger) {
        self.database = database
        self.request = request
        self.logger = logger
    }

    mutating func committed(_ sequence: Int) { lastStep = max(lastStep, sequence) }

    /// Deals with damage that somebody else than the writer of steps has met, if any. True when
    /// another database took the place of the damaged one. What fails is said once, and is tried
    /// again with the next call.
    mutating func attempt(_ writer: inout StepWriter) -> Bool {
        guard let damage = database.damage else { return false }
        do throws(StoreFailure) {
            let isReplaced = try run(because: damage, writer: &writer)
            reported = nil
            return isReplaced
        } catch {
            guard error != reported else { return false }
            reported = error
            logger.error(
                "Damaged database cannot be replaced yet", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// After it has returned, what failed may be tried again; after it has thrown, this call. True
    /// when another database took the place of the damaged one.
    mutating func run(
        because failure: StoreFailure, writer: inout StepWriter,
        now: UInt64 = MonotonicClock.now()
    ) throws(StoreFailure) -> Bool {
        if try looksAgain(failure, &writer, now: now) { return false }
        let outcome = try database.replace(
            at: WallClock.now(), after: lastStep, gateway: writer.gateway)
        try writer.beginAgain()
        // Committed windows up to here are not in the fresh file: a restart must not need them.
        request.raise()
        Self.log(outcome, because: failure, logger)
        return true
    }

    /// False when the damage is real.
    private mutating func looksAgain(
        _ failure: StoreFailure, _ writer: inout StepWriter, now: UInt64
    ) throws(StoreFailure) -> Bool {
        if let reopenedAt, now - reopenedAt < Self.memory { return false }
        reopenedAt = now
        logger.warning(
            "Database seems to be damaged; opened again", metadata: ["error": "\(failure)"])
        do throws(StoreFailure) {
            try database.reopen()
            try writer.beginAgain()
            return true
        } catch {
            guard error.isDamage else { throw error }
            return false
        }
    }

    static func log(
        _ outcome: DatabaseReplacement.Outcome, because failure: StoreFailure, _ logger: Logger
    ) {
        logger.error(
            "Database was damaged and is set aside; a fresh one is begun",
            metadata: [
                "database.damaged": "\(outcome.setAside)", "error": "\(failure)",
                "tables.taken_over": "\(outcome.takenOver.joined(separator: " "))",
                "tables.lost": "\(outcome.lost.joined(separator: " "))",
            ])
    }
}
