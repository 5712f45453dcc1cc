// Protection argument for the unsafe calls: `RowStatement` holds GRDB's `Statement`, which owns the
// SQLite handle and lives as long as it; the handle is taken out anew for every call and never
// stored. Statements are made, bound and stepped inside one access to the writing connection, which
// GRDB serialises. Every bound value is a number, or a text that lives as long as the process
// (`StaticString`), so that SQLite keeps no pointer into Swift memory. Every call's result is
// checked before the next one.

import Detection
package import Engine
import GRDB
import GRDBSQLite
package import Logging
import Primitives
import Prognosis
package import Windows

/// What one step became.
package struct StepOutcome: Hashable, Sendable {
    /// A step of this number was committed before.
    package var isRepeated = false
    /// Rows of table `window` that are new, and those that had been committed before.
    package var windows = 0
    package var windowsKept = 0
    /// Ticket changes that are new, and those that had been committed before.
    package var changes = 0
    package var changesKept = 0
    /// Kept changes that differ from what was to be written: the program did not repeat itself.
    package var changesDiffering = 0
    /// Open tickets that were closed because the engine opened another for the same component.
    package var ticketsSuperseded = 0
    /// New rows for Delivery.
    package var messages = 0
}

/// Commits steps: one transaction each, in order.
///
/// What comes in: the steps of one engine, from its first on. What goes out: rows (see `Schema`).
/// What always holds: after `write` has thrown, nothing of the step is in the database, and the
/// same step can be written again, or be left out and the next one written; a row that is there
/// already is kept, so a step written twice is there once. What is deliberately absent: waiting and
/// trying again, which is the caller's business (``StoreFailure/isRetryable``).
package struct StepWriter: Sendable {
    private let database: StateDatabase
    private let configurationVersion: String
    package let gateway: String
    private let logger: Logger
    private let ticketRows: TicketRows
    private var names: StepNames
    private var rows = SeriesRows()
    /// Maintenance events that wait for the running time they happened at.
    private var events = EventHours()
    /// The last step was not committed: its devices and signals have names but no rows.
    private var lacksRows = false
    /// What `PRAGMA synchronous` was last set to here.
    private var isFullySynchronous: Bool?
    private var removal: WindowRemoval
    /// Said once, until it is over.
    private var removalFailure: StoreFailure?

    /// `configuration` is the one the engine was given; `gateway` names the
    /// source of delivered messages.
    package init(
        _ database: StateDatabase, configuration: EngineConfiguration,
        configurationVersion: String, gateway: String, retention: Retention = .standard,
        logger: Logger
    ) throws(StoreFailure) {
        self.database = database
        self.configurationVersion = configurationVersion
        self.gateway = gateway
        self.logger = logger
        names = StepNames(configuration)
        ticketRows = TicketRows(gateway: gateway, logger: logger)
        removal = WindowRemoval(retention, logger: logger)
        try openDatabase()
    }

    /// Writes the gateway's name, and reads which events wait for their running time.
    private mutating func openDatabase() throws(StoreFailure) {
        let gateway = gateway
        events = try database.write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO metadata (key, value) VALUES ('gateway', ?)",
                arguments: [gateway])
            return try EventHours(db)
        }
    }

    /// The database's file was opened again, or another took its place: the next step introduces
    /// every device and signal once more.
    package mutating func beginAgain() throws(StoreFailure) {
        rows = SeriesRows()
        lacksRows = true
        isFullySynchronous = nil
        try openDatabase()
    }

    /// Devices and signals an earlier process of the same state directory has introduced; the next
    /// step may refer to them.
    package mutating func introduce(devices: [Device], signals: [Signal]) {
        names.learn(devices: devices, signals: signals)
        lacksRows = true
    }

    /// Commits the step, and for a replay how far its input has been folded. Waits for the disk
    /// when the step changes tickets or takes decisions. A step without content only renews the
    /// counters.
    package mutating func write(
        _ step: EngineStep, input: FoldedInput? = nil
    ) throws(StoreFailure) -> StepOutcome {
        names.learn(step)
        let waiting = events
        do {
            let needsDisk = !step.changes.isEmpty || !step.commands.isEmpty
            let changesDurability = isFullySynchronous != needsDisk
            var outcome = StepOutcome()
            try database.writeWithoutTransaction { db in
                if changesDurability {
                    // SQLite refuses to change this inside a transaction.
                    try db.execute(sql: "PRAGMA synchronous = \(needsDisk ? "FULL" : "NORMAL")")
                }
                try db.inTransaction(.immediate) {
                    outcome = try commit(step, input: input, in: db)
                    return .commit
                }
            }
            isFullySynchronous = needsDisk
            lacksRows = false
            if outcome.windows > 0 { removeOldest(now: step.advancedTo) }
            return outcome
        } catch {
            lacksRows = true
            events = waiting
            isFullySynchronous = nil
            throw StoreFailure(
                "write step \(step.sequence) to", database.directory.databasePath, because: error)
        }
    }

    /// The step is committed, whatever becomes of this; it is tried again after the next.
    private mutating func removeOldest(now: Timestamp) {
        do {
            try database.writeWithoutTransaction { db in try removal.run(db, now: now) }
            removalFailure = nil
        } catch {
            let failure = database.noted("remove old windows from", error)
            if failure != removalFailure {
                logger.warning(
                    "Cannot remove the oldest windows", metadata: ["error": "\(failure)"])
            }
            removalFailure = failure
        }
    }

    /// Puts a JSON object about the running process (uptime, losses at the sockets, ...) beside
    /// the engine's counters. Its keys are the caller's.
    package func publish(process: String) throws(StoreFailure) {
        try database.write { db in
            try db.execute(
                sql: """
                    INSERT INTO runtime (id, process) VALUES (1, ?)
                    ON CONFLICT (id) DO UPDATE SET process = excluded.process
                    """, arguments: [process])
        }
    }

    private mutating func commit(
        _ step: EngineStep, input: FoldedInput?, in db: Database
    ) throws -> StepOutcome {
        var outcome = StepOutcome()
        let progress = ProgressRows(step: step, input: input)
        // Steps introduce a series once. When that step was given up, the next one does it.
        let series = lacksRows ? names.introduced : (step.devices, step.signals)
        try rows.introduce(devices: series.0, signals: series.1, names: names, in: db)
        if !step.isEmpty || input != nil {
            outcome.isRepeated = try !progress.writeStep(
                configuration: configurationVersion, in: db)
        }
        try writeWindows(step, in: db, &outcome)
        try writeScores(step, in: db)
        try writePrognoses(step, in: db)
        let context = TicketRows.Context(names: names, rows: rows)
        try ticketRows.write(step, context, in: db, &outcome)
        for device in try OperatorRows.write(step, in: db) { events.wait(for: device) }
        try TextRows.write(step, names: names, rows: rows, in: db, &outcome)
        try ClockRows.write(step, names: names, rows: rows, in: db, &outcome)
        // The counts of a repeated step are in the totals already.
        if !outcome.isRepeated { try progress.writeRefusals(in: db) }
        try progress.writeCounters(in: db)
        return outcome
    }

    private func writeWindows(
        _ step: EngineStep, in db: Database, _ outcome: inout StepOutcome
    ) throws {
        guard !step.closed.isEmpty else { return }
        let statement = try RowStatement(
            """
            INSERT INTO window (start, signal, count, min, max, mean, sd, first, last)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (start, signal) DO NOTHING
            """, db)
        for closed in step.closed {
            for summary in closed.frame.summaries {
                statement.bind(1, closed.frame.start.nanoseconds)
                statement.bind(2, rows[summary.signal])
                statement.bind(3, Int64(summary.count))
                statement.bind(4, summary.minimum)
                statement.bind(5, summary.maximum)
                statement.bind(6, summary.mean)
                statement.bind(7, summary.deviation)
                statement.bind(8, summary.first)
                statement.bind(9, summary.last)
                if try statement.run() { outcome.windows += 1 } else { outcome.windowsKept += 1 }
            }
        }
    }

    private mutating func writeScores(_ step: EngineStep, in db: Database) throws {
        guard !step.closed.isEmpty else { return }
        let deviceScore = try RowStatement(
            """
            INSERT INTO device_score
                (start, device, "end", count, score, raw, health, state, step, operating,
                    running_s)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (start, device) DO NOTHING
            """, db)
        let signalScore = try RowStatement(
            """
            INSERT INTO signal_score (start, signal, score, raw, state, quality)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (start, signal) DO NOTHING
            """, db)
        let quality = try RowStatement(
            """
            UPDATE signal SET quality = ?, quality_since = ?, step_size = ? WHERE id = ?
            """, db)
        let latest = try RowStatement(
            """
            UPDATE device SET last_window = ?, health = ?, score = ?, state = ?, learned = ?,
                operating = ?, running_s = ifnull(?, running_s), idle_s = ifnull(?, idle_s),
                observed_s = ifnull(?, observed_s), starts = ifnull(?, starts)
            WHERE id = ? AND (last_window IS NULL OR last_window <= ?1)
            """, db)
        for assessment in step.closed.lazy.map(\.assessment) {
            let device = rows[assessment.device]
            deviceScore.bind(1, assessment.start.nanoseconds)
            deviceScore.bind(2, device)
            deviceScore.bind(3, assessment.end.nanoseconds)
            deviceScore.bind(4, Int64(assessment.signals.count { $0.count > 0 }))
            deviceScore.bind(5, assessment.score)
            deviceScore.bind(6, assessment.raw)
            deviceScore.bind(7, assessment.health)
            deviceScore.bind(8, assessment.state.column)
            deviceScore.bind(9, Int64(step.sequence))
            let operation = assessment.operation
            deviceScore.bind(10, operation?.state.column)
            deviceScore.bind(11, operation?.tally.running.seconds ?? .nan)
            try deviceScore.run()
            try events.pass(assessment, names, in: db)
            latest.bind(1, assessment.start.nanoseconds)
            latest.bind(2, assessment.health)
            latest.bind(3, assessment.score)
            latest.bind(4, assessment.state.column)
            latest.bind(5, assessment.learned)
            latest.bind(6, operation?.state.column)
            latest.bind(7, operation?.tally.running.seconds ?? .nan)
            latest.bind(8, operation?.tally.idle.seconds ?? .nan)
            latest.bind(9, operation?.tally.observed.seconds ?? .nan)
            latest.bind(10, operation.map { Int64($0.tally.starts) })
            latest.bind(11, device)
            try latest.run()
            for change in assessment.qualityChanges {
                quality.bind(1, change.quality.column)
                quality.bind(2, change.since.nanoseconds)
                quality.bind(3, change.step ?? .nan)
                quality.bind(4, rows[change.signal])
                try quality.run()
            }
            for signal in assessment.signals where signal.isRemarkable(in: assessment) {
                signalScore.bind(1, assessment.start.nanoseconds)
                signalScore.bind(2, rows[signal.signal])
                signalScore.bind(3, signal.score)
                signalScore.bind(4, signal.raw)
                signalScore.bind(5, signal.state.column)
                signalScore.bind(6, signal.quality.column)
                try signalScore.run()
            }
        }
    }

    private func writePrognoses(_ step: EngineStep, in db: Database) throws {
        for closed in step.closed where !closed.risks.isEmpty {
            let device = closed.assessment.device
            for risk in closed.risks {
                try db.cachedStatement(
                    sql: """
                        INSERT INTO prognosis
                            (device, component, time, horizon_s, risk, p05, p50, p95, reason)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (device, component, time) DO NOTHING
                        """
                ).execute(arguments: [
                    rows[device], names.component(risk.component, of: device),
                    closed.assessment.end.nanoseconds, risk.horizon.seconds, risk.probability,
                    risk.remaining?.p05.seconds, risk.remaining?.p50.seconds,
                    risk.remaining?.p95?.seconds, risk.reason.rawValue,
                ])
            }
        }
    }
}

extension SignalAssessment {
    /// Worth a row of its own: the rest is normal and can be recomputed from the window. A lost
    /// signal is worth one when it is lost, not one for every window it is missed in.
    fileprivate func isRemarkable(in assessment: DeviceAssessment) -> Bool {
        switch state {
        case .noData: assessment.qualityChanges.contains { $0.signal == signal }
        case .abnormal, .stuck, .outOfRange: true
        case .normal, .learning, .notRunning: score >= 0.25
        }
    }
}

/// A prepared statement that is bound and run once per row, without the boxing that GRDB's
/// arguments cost.
private struct RowStatement {
    private let statement: Statement
    private let database: Database

    init(_ sql: String, _ database: Database) throws {
        statement = try database.cachedStatement(sql: sql)
        self.database = database
    }

    func bind(_ index: Int32, _ value: Int64) {
        check(unsafe sqlite3_bind_int64(statement.sqliteStatement, index, value))
    }

    func bind(_ index: Int32, _ value: Int64?) {
        if let value {
            bind(index, value)
        } else {
            check(unsafe sqlite3_bind_null(statement.sqliteStatement, index))
        }
    }

    /// SQLite stores NaN as NULL by itself; infinities are no measurement either.
    func bind(_ index: Int32, _ value: Double) {
        if value.isFinite {
            check(unsafe sqlite3_bind_double(statement.sqliteStatement, index, value))
        } else {
            check(unsafe sqlite3_bind_null(statement.sqliteStatement, index))
        }
    }

    func bind(_ index: Int32, _ text: StaticString?) {
        guard let text else {
            check(unsafe sqlite3_bind_null(statement.sqliteStatement, index))
            return
        }
        let result = text.withUTF8Buffer { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                // No destructor: a StaticString is never freed.
                unsafe sqlite3_bind_text(
                    statement.sqliteStatement, index, characters.baseAddress,
                    Int32(characters.count), nil)
            }
        }
        check(result)
    }

    /// `true` when a row was written, `false` when it was there already.
    @discardableResult
    func run() throws -> Bool {
        let result = unsafe sqlite3_step(statement.sqliteStatement)
        let message = result == SQLITE_DONE ? "" : database.lastErrorMessage ?? ""
        unsafe sqlite3_reset(statement.sqliteStatement)
        guard result == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: result), message: message)
        }
        // GRDB's own count asks on every call which queue it runs on.
        return unsafe sqlite3_changes(sqlite3_db_handle(statement.sqliteStatement)) > 0
    }

    /// Binding fails only for a wrong index or a statement that is still running.
    private func check(_ result: Int32) {
        precondition(result == SQLITE_OK, "BUG: a column of a row could not be bound")
    }
}

extension ConditionState {
    /// ``rawValue`` as a text that lives as long as the process.
    fileprivate var column: StaticString {
        switch self {
        case .learning: "learning"
        case .normal: "normal"
        case .abnormal: "abnormal"
        case .noData: "no_data"
        case .stuck: "stuck"
        case .outOfRange: "out_of_range"
        case .notRunning: "not_running"
        }
    }
}

extension OperatingState {
    /// What the database calls it.
    fileprivate var column: StaticString {
        switch self {
        case .running: "running"
        case .idle: "idle"
        case .off: "off"
        case .transient: "transient"
        }
    }
}

extension DataQuality {
    /// ``rawValue`` as a text that lives as long as the process.
    fileprivate var column: StaticString {
        switch self {
        case .good: "good"
        case .outOfRange: "out_of_range"
        case .noisy: "noisy"
        case .noData: "no_data"
        case .stuck: "stuck"
        case .quantised: "quantised"
        case .gap: "gap"
        }
    }
}
