import GRDB
package import Primitives

extension ReadModel {
    /// A device as of its latest window.
    package struct DeviceRow: Hashable, Sendable {
        package var name: String
        package var machineClass: String
        package var firstSeen: Timestamp
        /// Start of the latest window; `nil` before the first.
        package var lastWindow: Timestamp?
        package var health: Double?
        package var score: Double?
        package var state: String?
        /// In [0, 1]: share of the commissioning done.
        package var learned: Double?
        package var openTickets: Int
        /// Exclusive end of the last time it was shelved for; may have passed.
        package var shelvedUntil: Timestamp?
        /// `nil` for a class that does not say when its machines run.
        package var operation: OperationRow?
        /// `right`, `behind`, `ahead`, `unset` or `drifting`; `nil` when that cannot be said.
        package var clockState: String?
        /// How many seconds its clock is ahead of the gateway's; behind when negative.
        package var clockOffset: Double?
        package var clockSince: Timestamp?
    }

    /// What a device did, as of its latest window; times in seconds.
    package struct OperationRow: Hashable, Sendable {
        /// `running`, `idle`, `off` or `transient`; `nil` when its class says so no more.
        package var state: String?
        package var running: Double
        package var idle: Double
        /// Time of which the state is known.
        package var observed: Double
        package var starts: Int
        /// In [0, 1]: share of the time since it was first seen without the time from failures to
        /// what was done about them.
        package var availability: Double?
    }

    /// A signal and its latest window.
    package struct SignalRow: Hashable, Sendable {
        package var name: String
        package var unit: String?
        package var lastWindow: Timestamp?
        package var mean: Double?
        /// As of the device's latest window; `nil` before the first.
        package var quality: String?
        package var qualitySince: Timestamp?
        /// How far apart the values of a quantised signal are.
        package var stepSize: Double?
    }

    /// The last known value of a text field.
    package struct TextRow: Hashable, Sendable {
        package var name: String
        package var value: String
        package var since: Timestamp
        /// Declared as one by the device's class.
        package var isFaultCode: Bool
    }

    /// A text of a device became another.
    package struct EventRow: Hashable, Sendable {
        package var time: Timestamp
        package var name: String
        /// `text`, `fault_code` or `fault_cleared`.
        package var kind: String
        package var value: String
        /// `nil` for the first one.
        package var previous: String?
    }

    /// Why a component has a ticket, or none.
    package struct DecisionRow: Hashable, Sendable {
        package var component: String
        package var time: Timestamp
        /// Stable snake_case word.
        package var reason: String
    }

    /// Counters for one screen.
    package struct Status: Hashable, Sendable {
        package var steps: Int
        package var advancedTo: Timestamp?
        /// Name and value, as in table `runtime`.
        package var counters: [Counter]
        /// What the daemon published about itself (JSON).
        package var process: String
        package var openTickets: Int
        package var outboxBacklog: Int
        /// Number of devices by state; devices without a window count as `unknown`.
        package var devices: [Counter]
        package var databaseBytes: Int
        /// In the life of the file, to keep its size.
        package var windowsRemoved: Int
        /// All windows from here on are there; `nil` when none was removed.
        package var windowsKeptFrom: Timestamp?
        /// Windows that late readings have amended, as far as those are kept, and the readings.
        package var windowsAmended: Int
        package var lateReadings: Int
        /// Windows that stay as amended, because there may be no more late readings.
        package var amendmentsFinal: Int
        /// Late readings of windows that had been removed.
        package var lateReadingsUnkept: Int
        /// Databases that were damaged and set aside, oldest first, and the last step before this
        /// one took the place of one; 0 when it did not.
        package var damagedDatabases: [String]
        package var beginsAfterStep: Int
        /// Ticket changes that the last restart did not repeat as committed; `nil` before one.
        package var refoldDifferences: Int?

        package struct Counter: Hashable, Sendable {
            package var name: String
            package var value: Int64
        }
    }

    /// In order of name; with `name` that one only.
    package func devices(named name: String? = nil) throws(StoreFailure) -> [DeviceRow] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT name, class, first_seen, last_window, health, score, state, learned,
                        shelved_until, clock_state, clock_offset_s, clock_since, operating,
                        running_s, idle_s, observed_s, starts,
                        (SELECT availability FROM device_operation
                            WHERE device_operation.device = device.name) AS availability,
                        (SELECT count(*) FROM ticket
                            WHERE ticket.device = device.id AND ticket.state <> 'closed') AS open
                    FROM device WHERE ?1 IS NULL OR name = ?1 ORDER BY name
                    """, arguments: [name]
            ).map { row in
                DeviceRow(
                    name: row["name"], machineClass: row["class"],
                    firstSeen: Timestamp(nanoseconds: row["first_seen"]),
                    lastWindow: ReadModel.time(row["last_window"]), health: row["health"],
                    score: row["score"], state: row["state"], learned: row["learned"],
                    openTickets: row["open"],
                    shelvedUntil: ReadModel.time(row["shelved_until"]),
                    operation: ReadModel.operation(row), clockState: row["clock_state"],
                    clockOffset: row["clock_offset_s"],
                    clockSince: ReadModel.time(row["clock_since"]))
            }
        }
    }

    private static func operation(_ row: Row) -> OperationRow? {
        guard let running = row["running_s"] as Double? else { return nil }
        return OperationRow(
            state: row["operating"], running: running, idle: row["idle_s"] ?? 0,
            observed: row["observed_s"] ?? 0, starts: row["starts"] ?? 0,
            availability: row["availability"])
    }

    /// In order of name; `nil` when there is no such device. The mean is that of the device's
    /// latest window, absent for signals that sent nothing in it.
    package func signals(of device: String) throws(StoreFailure) -> [SignalRow]? {
        try read { db in
            let known = try Row.fetchOne(
                db, sql: "SELECT id, last_window FROM device WHERE name = ?",
                arguments: [device])
            guard let known else { return nil }
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT name, unit, window.start AS start, window.mean AS mean, quality,
                        quality_since, step_size
                    FROM signal LEFT JOIN window
                        ON window.key = \(WindowKey.sql(start: "?", signal: "signal.id"))
                    WHERE signal.device = ? ORDER BY name
                    """, arguments: [known["last_window"] as Int64?, known["id"] as Int64]
            ).map { row in
                SignalRow(
                    name: row["name"], unit: row["unit"],
                    lastWindow: ReadModel.time(row["start"]), mean: row["mean"],
                    quality: row["quality"], qualitySince: ReadModel.time(row["quality_since"]),
                    stepSize: row["step_size"])
            }
        }
    }

    /// The latest decision about each component of a device, in order of component.
    package func decisions(about device: String) throws(StoreFailure) -> [DecisionRow] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT component, time, reason FROM ticket_decision
                    WHERE device = (SELECT id FROM device WHERE name = ?) ORDER BY component
                    """, arguments: [device]
            ).map { row in
                DecisionRow(
                    component: row["component"], time: Timestamp(nanoseconds: row["time"]),
                    reason: row["reason"])
            }
        }
    }

    /// The last known texts of a device, in order of name.
    package func texts(of device: String) throws(StoreFailure) -> [TextRow] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT name, value, since, fault_code FROM device_text
                    WHERE device = (SELECT id FROM device WHERE name = ?) ORDER BY name
                    """, arguments: [device]
            ).map { row in
                TextRow(
                    name: row["name"], value: row["value"],
                    since: Timestamp(nanoseconds: row["since"]), isFaultCode: row["fault_code"])
            }
        }
    }

    /// The latest events of a device, newest first.
    package func events(
        of device: String, limit: Int
    ) throws(StoreFailure) -> [EventRow] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT time, name, kind, value, previous FROM device_event
                    WHERE device = (SELECT id FROM device WHERE name = ?)
                    ORDER BY time DESC, name LIMIT ?
                    """, arguments: [device, limit]
            ).map { row in
                EventRow(
                    time: Timestamp(nanoseconds: row["time"]), name: row["name"],
                    kind: row["kind"], value: row["value"], previous: row["previous"])
            }
        }
    }

    package func status() throws(StoreFailure) -> Status {
        let damaged = DamagedDatabase.names(in: directory)
        return try read { db in
            func number(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
            let runtime = try Row.fetchOne(db, sql: "SELECT * FROM runtime")
            let removed = try WindowRemoval.total(db)
            let amended = try AmendmentRows.total(db)
            let counters = (runtime?.columnNames.map(\.self) ?? [])
                .filter { !["id", "sequence", "advanced_to", "process"].contains($0) }
            return Status(
                steps: try number("SELECT count(*) FROM step"),
                advancedTo: ReadModel.time(runtime?["advanced_to"]),
                counters: counters.map { name in
                    Status.Counter(name: name, value: runtime?[name] ?? 0)
                },
                process: runtime?["process"] ?? "{}",
                openTickets: try number("SELECT count(*) FROM ticket WHERE state <> 'closed'"),
                outboxBacklog: try number(
                    "SELECT count(*) FROM outbox WHERE delivered_at IS NULL"),
                devices: try Row.fetchAll(
                    db,
                    sql: """
                        SELECT ifnull(state, 'unknown') AS state, count(*) AS count
                        FROM device GROUP BY 1 ORDER BY 1
                        """
                ).map { Status.Counter(name: $0["state"], value: $0["count"]) },
                databaseBytes: try number("PRAGMA page_count") * number("PRAGMA page_size"),
                windowsRemoved: removed.windows, windowsKeptFrom: removed.keptFrom,
                windowsAmended: amended.windows, lateReadings: amended.readings,
                amendmentsFinal: amended.final, lateReadingsUnkept: amended.unkept,
                damagedDatabases: damaged, beginsAfterStep: try StepHistory.beginning(db),
                refoldDifferences: try String.fetchOne(
                    db, sql: "SELECT value FROM metadata WHERE key = 'refold_differences'"
                ).flatMap { Int($0) })
        }
    }

    static func time(_ nanoseconds: Int64?) -> Timestamp? {
        nanoseconds.map(Timestamp.init(nanoseconds:))
    }
}
