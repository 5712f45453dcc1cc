import Detection
package import Engine
import GRDB
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
    private var amendments: AmendmentRows
    /// The last step was not committed: its devices and signals have names but no rows.
    private var lacksRows = false
    /// What `PRAGMA synchronous` was last set to here.
    private var isFullySynchronous: Bool?
    private var rollups: RollupRows
    private var removal: WindowRemoval
    /// Said once, until it is over.
    private var upkeepFailure: StoreFailure?

    /// `configuration` is the one the engine was given; `gateway` names the
    /// source of delivered messages.
    package init(
        _ database: StateDatabase, configuration: EngineConfiguration,
        configurationVersion: String, gateway: String, retention: Retention = .standard,
        lateReadingsMost: Int = AmendmentRows.readingsMost,
        rollupRowsAtOnce: Int = RollupRows.rowsAtOnce, logger: Logger
    ) throws(StoreFailure) {
        self.database = database
        self.configurationVersion = configurationVersion
        self.gateway = gateway
        self.logger = logger
        names = StepNames(configuration)
        ticketRows = TicketRows(gateway: gateway, logger: logger)
        amendments = AmendmentRows(most: lateReadingsMost)
        rollups = RollupRows(rowsAtOnce: rollupRowsAtOnce)
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
        amendments.countAnew()
        rollups.beginAgain()
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

    /// Commits the step, and how much of its input it contains: of a replay's recording, or of the
    /// journal. Waits for the disk
    /// when the step changes tickets or takes decisions. A step without content only renews the
    /// counters.
    package mutating func write(
        _ step: EngineStep, input: FoldedInput? = nil, journal: JournalPosition? = nil
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
                    if input == nil { try JournalPosition.write(journal, in: db) }
                    return .commit
                }
            }
            isFullySynchronous = needsDisk
            lacksRows = false
            keepUp(outcome, now: step.advancedTo)
            return outcome
        } catch {
            lacksRows = true
            events = waiting
            amendments.countAnew()
            isFullySynchronous = nil
            throw StoreFailure(
                "write step \(step.sequence) to", database.directory.databasePath, because: error)
        }
    }

    /// Sums up and removes. The step is committed, whatever becomes of this; it is tried again
    /// after the next.
    private mutating func keepUp(_ outcome: StepOutcome, now: Timestamp) {
        do {
            let hasRemoved = try database.writeWithoutTransaction { db in
                try rollups.run(db, now: now)
                return outcome.windows > 0 ? try removal.run(db, now: now) : false
            }
            if hasRemoved { amendments.countAnew() }
            upkeepFailure = nil
        } catch {
            rollups.beginAgain()
            let failure = database.noted("sum up or remove windows of", error)
            if failure != upkeepFailure {
                logger.warning(
                    "Cannot sum up windows, or remove the oldest ones",
                    metadata: ["error": "\(failure)"])
            }
            upkeepFailure = failure
        }
    }

    /// Sums up everything that is left: a recording has come to its end.
    package mutating func finishRollups() throws(StoreFailure) {
        rollups.beginAgain()
        try database.write { db in try RollupRows.finish(db) }
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
        if !outcome.isRepeated {
            try amendments.write(step.late, at: step.advancedTo, rows: rows, in: db)
        }
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
            INSERT INTO window (key, count, min, max, mean, sd, first, last, slope, missing)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING
            """, db)
        var latest: Timestamp?
        var (quarter, marked) = (Timestamp.distantPast, TimeSpan.zero)
        for closed in step.closed where !closed.frame.summaries.isEmpty {
            let start = closed.frame.start
            if start != latest {
                try WindowSchema.list(start, in: db)
                latest = start
            }
            let length = closed.frame.end - start
            if length != marked || RollupPeriod.quarter.start(of: start) != quarter {
                marked = length
                quarter = RollupPeriod.quarter.start(of: start)
                try RollupRows.mark(start, length: length, at: step.advancedTo, in: db)
            }
            try FurtherRows.write(closed.frame, rows: rows, in: db)
            for summary in closed.frame.summaries {
                statement.bind(1, WindowKey.packed(start: start, signal: rows[summary.signal]))
                statement.bind(2, Int64(summary.count))
                statement.bind(3, summary.minimum)
                statement.bind(4, summary.maximum)
                statement.bind(5, summary.mean)
                statement.bind(6, summary.deviation)
                statement.bind(7, summary.first)
                statement.bind(8, summary.last)
                statement.bind(9, summary.slope ?? .nan)
                statement.bind(10, summary.missing.map(Int64.init))
                if try statement.run() {
                    outcome.windows += 1
                } else if try !outcome.isRepeated
                    && amendments.close(
                        summary, start: start, signal: rows[summary.signal], in: db)
                {
                    outcome.windows += 1
                } else {
                    outcome.windowsKept += 1
                }
            }
        }
    }

    private mutating func writeScores(_ step: EngineStep, in db: Database) throws {
        guard !step.closed.isEmpty else { return }
        let scores = try ScoreRows(step, rows: rows, in: db)
        for closed in step.closed {
            let assessment = closed.assessment
            try scores.writeScore(assessment, judgedLate: closed.judgedLate)
            // Reads the device's row as of the window before.
            try events.pass(assessment, names, in: db)
            try scores.renewDevice(assessment)
            try scores.writeSignals(assessment)
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
