import Detection
package import Engine
import GRDB
package import Primitives
import Tickets
import Windows

/// What committed steps closed, in order, for the second fold of a restart.
package struct StepHistory: Sendable {
    private let database: StateDatabase

    /// Steps looked at together. A step holds windows of two thousand devices at most, which with
    /// ten signals each take 2 MB.
    private static let stepsPerRead = 16

    package init(_ database: StateDatabase) {
        self.database = database
    }

    /// The last committed step and how far time had advanced with it; 0 in a new database, and in
    /// one that took the place of another the last step before it began.
    package func last() throws(StoreFailure) -> (sequence: Int, advancedTo: Timestamp) {
        try database.read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT max(sequence) AS sequence, max(advanced_to) AS time FROM step")
            return (
                max(row?["sequence"] ?? 0, try Self.beginning(db)),
                (row?["time"] as Int64?).map(Timestamp.init(nanoseconds:)) ?? .distantPast
            )
        }
    }

    /// The latest step that has lost windows to the limits of the file; folding from a step before
    /// it gives something else than it did. 0 when none has.
    package func lastRemoved() throws(StoreFailure) -> Int {
        try database.read { db in try WindowRemoval.total(db).step }
    }

    /// The steps this database lacks because it took the place of a damaged one: all up to this;
    /// 0 when it lacks none.
    package func beginsAfter() throws(StoreFailure) -> Int {
        try database.read { db in try Self.beginning(db) }
    }

    /// How much of the journal the last committed step contained; `nil` when that is not known.
    package func journal() throws(StoreFailure) -> JournalPosition? {
        try database.read { db in
            if let position = try JournalPosition.read(db) { return position }
            let hasSteps = try Bool.fetchOne(db, sql: "SELECT 1 FROM step LIMIT 1") ?? false
            return hasSteps ? nil : JournalPosition(record: 0, lines: 0)
        }
    }

    static func beginning(_ db: Database) throws -> Int {
        try String.fetchOne(
            db, sql: "SELECT value FROM metadata WHERE key = 'begins_after_step'"
        ).flatMap { Int($0) } ?? 0
    }

    /// Version of the configuration of the last committed step; `nil` in a new database.
    package func lastConfiguration() throws(StoreFailure) -> String? {
        try database.read { db in
            try String.fetchOne(
                db, sql: "SELECT configuration FROM step ORDER BY sequence DESC LIMIT 1")
        }
    }

    /// Versions of all configurations under which steps were committed.
    package func configurations() throws(StoreFailure) -> [String] {
        try database.read { db in
            try String.fetchAll(db, sql: "SELECT DISTINCT configuration FROM step")
        }
    }

    /// Ids of the ticket changes of steps after `sequence` that a second fold must give again: not
    /// those about silence, which are taken over.
    package func changes(after sequence: Int) throws(StoreFailure) -> [String] {
        try database.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT change.ticket || '-' || change.revision FROM ticket_change AS change
                        JOIN ticket ON ticket.id = change.ticket
                    WHERE change.step > ? AND ticket.component <> 'telemetry'
                    """, arguments: [max(sequence, try Self.beginning(db))])
        }
    }

    /// Some steps after `sequence`, in order; empty when there are no more.
    package func steps(after sequence: Int) throws(StoreFailure) -> [RecordedStep] {
        try database.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT sequence, advanced_to, first_window, last_window FROM step
                    WHERE sequence > ? ORDER BY sequence LIMIT ?
                    """, arguments: [sequence, Self.stepsPerRead])
            guard let through = rows.last?["sequence"] as Int? else { return [] }
            let range = sequence...through
            let frames = try frames(
                range, from: rows.compactMap { $0["first_window"] as Int64? }.min(),
                to: rows.compactMap { $0["last_window"] as Int64? }.max(), db)
            let commands = try commands(range, db)
            let silences = try silences(range, db)
            return rows.map { row in
                let sequence: Int = row["sequence"]
                return RecordedStep(
                    sequence: sequence, advancedTo: Timestamp(nanoseconds: row["advanced_to"]),
                    commands: commands[sequence] ?? [], frames: frames[sequence] ?? [],
                    silences: silences[sequence] ?? [])
            }
        }
    }

    /// By step. `first` and `last` bound the starts of the windows: the tables are clustered by
    /// start.
    private func frames(
        _ steps: ClosedRange<Int>, from first: Int64?, to last: Int64?, _ db: Database
    ) throws -> [Int: [RecordedFrame]] {
        guard let first, let last else { return [:] }
        let scores = try Row.fetchAll(
            db,
            sql: """
                SELECT score.start AS start, score."end" AS "end", score.step AS step,
                    score.judged_at AS judged_at,
                    device.id AS id, device.name AS name, device.class AS class,
                    device.first_seen AS first_seen
                FROM device_score AS score JOIN device ON device.id = score.device
                WHERE score.start BETWEEN ? AND ? AND score.step > ? AND score.step <= ?
                ORDER BY score.step, score."end", device.name
                """, arguments: [first, last, steps.lowerBound, steps.upperBound])
        let isAmended =
            try Bool.fetchOne(
                db, sql: "SELECT 1 FROM window_closed WHERE start BETWEEN ? AND ? LIMIT 1",
                arguments: [first, last]) ?? false
        var frames: [Int: [RecordedFrame]] = [:]
        var attributes: [Int64: [Device.Attribute]] = [:]
        for score in scores {
            let device: Int64 = score["id"]
            let known = try attributes[device] ?? self.attributes(of: device, db)
            attributes[device] = known
            frames[score["step"], default: []].append(
                try frame(score, of: device, known, isAmended: isAmended, db))
        }
        return frames
    }

    /// Decisions that took effect, by step: maintenance events in order, then the others in order
    /// of id.
    private func commands(
        _ steps: ClosedRange<Int>, _ db: Database
    ) throws -> [Int: [OperatorCommand]] {
        var commands: [Int: [OperatorCommand]] = [:]
        let events = try Row.fetchAll(
            db, sql: "SELECT * FROM maintenance WHERE step > ? AND step <= ? ORDER BY id",
            arguments: [steps.lowerBound, steps.upperBound])
        for row in events {
            guard let event = MaintenanceRows.event(row) else { continue }
            commands[row["step"], default: []].append(
                OperatorCommand(
                    id: 0, action: .maintenance(event), by: row["given_by"], note: event.note))
        }
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM operator_command WHERE step > ? AND step <= ? AND refusal IS NULL
                    AND action <> 'maintenance'
                ORDER BY id
                """, arguments: [steps.lowerBound, steps.upperBound])
        for row in rows {
            guard let command = OperatorRows.command(row) else { continue }
            commands[row["step"], default: []].append(command)
        }
        return commands
    }

    /// Changes of tickets about silence, by step, in order of ticket and revision.
    private func silences(
        _ steps: ClosedRange<Int>, _ db: Database
    ) throws -> [Int: [RecordedSilence]] {
        var silences: [Int: [RecordedSilence]] = [:]
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT change.step AS step, change.ticket AS ticket, change.revision AS revision,
                    change.type AS type, change.time AS time, change.reason AS reason,
                    device.name AS device, ticket.failure_mode AS mode,
                    ticket.first_seen AS first_seen, ticket.opened_at AS opened_at
                FROM ticket_change AS change JOIN ticket ON ticket.id = change.ticket
                    JOIN device ON device.id = ticket.device
                WHERE change.step > ? AND change.step <= ? AND ticket.component = 'telemetry'
                ORDER BY change.step, change.ticket, change.revision
                """, arguments: [steps.lowerBound, steps.upperBound])
        for row in rows {
            guard let kind = TicketChange.Kind(rawValue: row["type"]),
                let reason = TicketReason(rawValue: row["reason"]),
                let failure = TelemetryFailure(rawValue: row["mode"])
            else { continue }
            silences[row["step"], default: []].append(
                RecordedSilence(
                    ticket: row["ticket"], revision: row["revision"], kind: kind,
                    time: Timestamp(nanoseconds: row["time"]), reason: reason,
                    device: row["device"], failure: failure,
                    firstSeen: Timestamp(nanoseconds: row["first_seen"]),
                    openedAt: Timestamp(nanoseconds: row["opened_at"])))
        }
        return silences
    }

    /// The last known texts of all devices.
    package func texts() throws(StoreFailure) -> [RecordedText] {
        try database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT device.name AS device, text.name AS name, value, since
                    FROM device_text AS text JOIN device ON device.id = text.device
                    ORDER BY device.name, text.name
                    """
            ).map { row in
                RecordedText(
                    device: row["device"], name: row["name"], value: row["value"],
                    since: Timestamp(nanoseconds: row["since"]))
            }
        }
    }

    /// What devices have done as of their latest committed window, in order of name.
    package func operations() throws(StoreFailure) -> [RecordedOperation] {
        try database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT name, running_s, idle_s, observed_s, starts FROM device
                    WHERE running_s IS NOT NULL ORDER BY name
                    """
            ).map { row in
                RecordedOperation(
                    device: row["name"],
                    tally: OperatingTally(
                        running: TimeSpan(secondsRounded: row["running_s"]),
                        idle: TimeSpan(secondsRounded: row["idle_s"] ?? 0),
                        observed: TimeSpan(secondsRounded: row["observed_s"] ?? 0),
                        starts: row["starts"] ?? 0))
            }
        }
    }

    /// How the clocks of devices stood when they were last told.
    package func clocks() throws(StoreFailure) -> [RecordedClock] {
        try database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT name, clock_state, clock_offset_s, clock_since FROM device
                    WHERE clock_state IS NOT NULL ORDER BY name
                    """
            ).compactMap { row in
                guard let state = DeviceClock.State(rawValue: row["clock_state"]) else {
                    return nil
                }
                return RecordedClock(
                    device: row["name"], state: state,
                    offset: (row["clock_offset_s"] as Double?).map(TimeSpan.init(secondsRounded:)),
                    since: ReadModel.time(row["clock_since"]))
            }
        }
    }

    /// The committed document of a ticket's revision.
    package func document(ticket: String, _ revision: Int) throws(StoreFailure) -> String? {
        try database.read { db in
            try String.fetchOne(
                db, sql: "SELECT document FROM ticket_change WHERE ticket = ? AND revision = ?",
                arguments: [ticket, revision])
        }
    }

    /// Keeps how many changes of the last restart were not the committed ones, for `status`.
    package func record(refoldDifferences count: Int) throws(StoreFailure) {
        try database.write { db in
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO metadata (key, value) VALUES ('refold_differences', ?)
                    """, arguments: [String(count)])
        }
    }

    private func attributes(of device: Int64, _ db: Database) throws -> [Device.Attribute] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT key, value FROM device_attribute WHERE device = ? ORDER BY key"),
            arguments: [device]
        ).map { Device.Attribute(key: $0["key"], value: $0["value"]) }
    }

    private static let statistics =
        "count, min, max, mean, sd, first, last, slope, missing, changes"

    /// From the device's signals to their windows: the other way round every window of the gateway
    /// with the same start would be looked at.
    private static let windows = """
        SELECT signal.name, \(statistics) FROM signal CROSS JOIN window
            LEFT JOIN window_further AS further ON further.key = window.key
        WHERE signal.device = ?1
            AND window.key = \(WindowKey.sql(start: "?2", signal: "signal.id"))
        ORDER BY signal.id
        """

    /// What was judged is what was closed: late readings have amended some windows since.
    private static let windowsAsClosed = """
        SELECT signal.name, \(statistics), signal.id FROM signal CROSS JOIN window
            LEFT JOIN window_further AS further ON further.key = window.key
        WHERE signal.device = ?1
            AND window.key = \(WindowKey.sql(start: "?2", signal: "signal.id"))
            AND NOT EXISTS (SELECT 1 FROM window_closed AS closed
                WHERE closed.start = ?2 AND closed.signal = signal.id)
        UNION ALL
        SELECT signal.name, \(statistics), signal.id
        FROM signal CROSS JOIN window_closed AS closed
            LEFT JOIN window_further AS further
                ON further.key = \(WindowKey.sql(start: "?2", signal: "signal.id"))
        WHERE signal.device = ?1 AND closed.start = ?2 AND closed.signal = signal.id
            AND closed.count > 0
        ORDER BY signal.id
        """

    private func frame(
        _ row: Row, of device: Int64, _ attributes: [Device.Attribute], isAmended: Bool,
        _ db: Database
    ) throws -> RecordedFrame {
        let start: Int64 = row["start"]
        let windows = try Row.fetchCursor(
            db.cachedStatement(sql: isAmended ? Self.windowsAsClosed : Self.windows),
            arguments: [device, start])
        var rows: [RecordedFrame.Row] = []
        // Columns by place: half an hour of a large gateway has millions of these rows, and to look
        // for a name takes longer than to read the row.
        while let window = try windows.next() {
            rows.append(
                RecordedFrame.Row(
                    signal: window[0],
                    summary: WindowSummary(
                        signal: SignalID(rawValue: 0), count: window[1],
                        minimum: window[2] ?? .nan, maximum: window[3] ?? .nan,
                        mean: window[4] ?? .nan, deviation: window[5] ?? .nan,
                        first: window[6] ?? .nan, last: window[7] ?? .nan, slope: window[8],
                        changes: window[10],
                        expected: (window[9] as Int32?).map { window[1] + $0 })))
        }
        return RecordedFrame(
            device: row["name"], deviceClass: row["class"], attributes: attributes,
            firstSeen: Timestamp(nanoseconds: row["first_seen"]),
            start: Timestamp(nanoseconds: start), end: Timestamp(nanoseconds: row["end"]),
            judgedLate: (row["judged_at"] as Int64?).map(Timestamp.init(nanoseconds:)), rows: rows)
    }
}
