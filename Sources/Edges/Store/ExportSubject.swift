/// What can be taken out of the database as rows: one query and its columns each.
///
/// A query has three places for arguments: the name of a device or NULL, and the earliest
/// (inclusive) and the latest (exclusive) time, in nanoseconds. Its rows come in order of time; the
/// tables that grow are clustered by time, so that nothing is sorted.
package enum ExportSubject: String, CaseIterable, Sendable {
    /// Summaries of signals, one row per signal and closed window.
    case windows
    /// Windows summed up over 15 minutes.
    case windows15min = "windows-15min"
    /// Windows summed up over a day of UTC.
    case windowsDay = "windows-day"
    /// Scores of devices (signal `*`) and the remarkable ones of signals.
    case scores
    /// Risk and remaining life of components.
    case prognoses
    /// Every change of every ticket.
    case tickets
    /// When a device's condition changed.
    case alerts
    /// When a text of a device, such as a fault code, changed.
    case events
    /// The maintenance history, in the form in which it is imported.
    case maintenance
    /// The devices as they stand.
    case devices

    struct Column: Equatable {
        enum Kind {
            /// When it was; the first column of every subject.
            case instant
            /// Another time.
            case time
            case integer
            case real
            case text
            /// Text that says whose row it is: in line protocol a tag.
            case tag
            /// A whole JSON object: the row itself in JSON lines, absent in other formats.
            case document
        }

        var name: String
        var kind: Kind

        init(_ name: String, _ kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    /// Measurement of the rows in line protocol.
    var measurement: String {
        switch self {
        case .windows: "forestall_window"
        case .windows15min: "forestall_window_15min"
        case .windowsDay: "forestall_window_day"
        case .scores: "forestall_score"
        case .prognoses: "forestall_prognosis"
        case .tickets: "forestall_ticket"
        case .alerts: "forestall_alert"
        case .events: "forestall_event"
        case .maintenance: "forestall_maintenance"
        case .devices: "forestall_device"
        }
    }

    private static func windows(from tables: String) -> String {
        """
        SELECT at.start, device.name, signal.name, signal.unit, count, min, max, mean, sd,
            first, last, slope, missing, changes, p50, p95, p99
        FROM \(tables) LEFT JOIN window_further AS further ON further.key = window.key
        WHERE (?1 IS NULL OR device.name = ?1) AND at.start >= ?2 AND at.start < ?3
        ORDER BY at.start, signal.id
        """
    }

    /// From the device and the starts there are to its windows.
    private static let windowsOfOneDevice = """
        device CROSS JOIN window_start AS at CROSS JOIN signal ON signal.device = device.id
            CROSS JOIN window
            ON window.key = \(WindowKey.sql(start: "at.start", signal: "signal.id"))
        """

    /// All windows of a start lie side by side.
    private static let windowsOfAll = """
        window_start AS at CROSS JOIN window ON \(WindowKey.sql(startsAt: "at.start"))
            CROSS JOIN signal ON signal.id = window.signal
            CROSS JOIN device ON device.id = signal.device
        """

    private static func rollups(_ period: RollupPeriod) -> String {
        """
        SELECT at.start, device.name, signal.name, signal.unit, windows, count, min, max, mean,
            sd, first, last, missing
        FROM rollup AS at
            CROSS JOIN \(period.table) AS part
                ON part.key BETWEEN (at.start / 1000000 << 19)
                    AND (at.start / 1000000 << 19) + 524287
            CROSS JOIN signal ON signal.id = part.signal
            CROSS JOIN device ON device.id = signal.device
        WHERE at.period_s = \(period.rawValue) AND (?1 IS NULL OR device.name = ?1)
            AND at.start >= ?2 AND at.start < ?3
        ORDER BY at.start, signal.id
        """
    }

    /// In the order of the query's.
    var columns: [Column] {
        switch self {
        case .windows:
            [
                Column("window_start", .instant), Column("device", .tag), Column("signal", .tag),
                Column("unit", .tag), Column("count", .integer), Column("min", .real),
                Column("max", .real), Column("mean", .real), Column("sd", .real),
                Column("first", .real), Column("last", .real), Column("slope", .real),
                Column("missing", .integer), Column("changes", .integer), Column("p50", .real),
                Column("p95", .real), Column("p99", .real),
            ]
        case .windows15min, .windowsDay:
            [
                Column("start", .instant), Column("device", .tag), Column("signal", .tag),
                Column("unit", .tag), Column("windows", .integer), Column("count", .integer),
                Column("min", .real), Column("max", .real), Column("mean", .real),
                Column("sd", .real), Column("first", .real), Column("last", .real),
                Column("missing", .integer),
            ]
        case .scores:
            [
                Column("window_start", .instant), Column("window_end", .time),
                Column("device", .tag), Column("signal", .tag), Column("score", .real),
                Column("raw", .real), Column("health", .real), Column("state", .text),
                Column("operating", .text), Column("running_seconds", .real),
                Column("quality", .text), Column("deviation", .real),
            ]
        case .prognoses:
            [
                Column("time", .instant), Column("device", .tag), Column("component", .tag),
                Column("horizon_seconds", .real), Column("risk", .real),
                Column("rul_p05_seconds", .real), Column("rul_p50_seconds", .real),
                Column("rul_p95_seconds", .real), Column("reason", .text),
            ]
        case .tickets:
            [
                Column("time", .instant), Column("device", .tag), Column("component", .tag),
                Column("ticket", .text), Column("revision", .integer), Column("type", .text),
                Column("failure_mode", .text), Column("severity", .text),
                Column("health", .real), Column("risk", .real), Column("reason", .text),
                Column("document", .document),
            ]
        case .alerts:
            [
                Column("time", .instant), Column("device", .tag), Column("kind", .text),
                Column("health", .real), Column("score", .real), Column("signal", .text),
            ]
        case .events:
            [
                Column("time", .instant), Column("device", .tag), Column("name", .tag),
                Column("kind", .text), Column("value", .text), Column("previous", .text),
            ]
        case .maintenance:
            [
                Column("time", .instant), Column("device", .tag), Column("component", .tag),
                Column("event", .text), Column("part", .text), Column("cost", .real),
                Column("note", .text),
            ]
        case .devices:
            [
                Column("first_seen", .instant), Column("device", .tag), Column("class", .text),
                Column("last_window", .time), Column("health", .real), Column("score", .real),
                Column("state", .text), Column("learned", .real), Column("operating", .text),
                Column("running_seconds", .real), Column("idle_seconds", .real),
                Column("observed_seconds", .real), Column("starts", .integer),
                Column("clock", .text), Column("clock_offset_seconds", .real),
            ]
        }
    }

    /// Of one device, or of all: whoever asks for one does not want to wait for the others.
    func sql(ofOneDevice: Bool) -> String {
        switch self {
        case .windows:
            Self.windows(from: ofOneDevice ? Self.windowsOfOneDevice : Self.windowsOfAll)
        case .windows15min: Self.rollups(.quarter)
        case .windowsDay: Self.rollups(.day)
        case .scores:
            """
            SELECT score.start AS start, score."end", device.name AS device, '*' AS signal,
                score.score, score.raw, score.health, score.state, score.operating,
                score.running_s, NULL, NULL
            FROM device_score AS score JOIN device ON device.id = score.device
            WHERE (?1 IS NULL OR device.name = ?1) AND score.start >= ?2 AND score.start < ?3
            UNION ALL
            SELECT score.start, whole."end", device.name, signal.name, score.score, score.raw,
                NULL, score.state, NULL, NULL, score.quality, score.deviation
            FROM signal_score AS score JOIN signal ON signal.id = score.signal
                JOIN device ON device.id = signal.device
                LEFT JOIN device_score AS whole
                    ON whole.start = score.start AND whole.device = signal.device
            WHERE (?1 IS NULL OR device.name = ?1) AND score.start >= ?2 AND score.start < ?3
            ORDER BY start, device, signal
            """
        case .prognoses:
            """
            SELECT time, device.name, component, horizon_s, risk, p05, p50, p95, reason
            FROM prognosis JOIN device ON device.id = prognosis.device
            WHERE (?1 IS NULL OR device.name = ?1) AND time >= ?2 AND time < ?3
            ORDER BY time, device.name, component
            """
        case .tickets:
            """
            SELECT change.time, device.name, component, ticket, change.revision, type,
                failure_mode, change.document ->> 'severity', change.document ->> 'health',
                change.document ->> 'risk', change.document ->> 'reason', change.document
            FROM ticket_change AS change JOIN ticket ON ticket.id = change.ticket
                JOIN device ON device.id = ticket.device
            WHERE (?1 IS NULL OR device.name = ?1) AND change.time >= ?2 AND change.time < ?3
            ORDER BY change.time, device.name, component, ticket, change.revision
            """
        case .alerts:
            """
            SELECT time, device.name, kind, alert.health, alert.score, signal.name
            FROM alert JOIN device ON device.id = alert.device
                LEFT JOIN signal ON signal.id = alert.signal
            WHERE (?1 IS NULL OR device.name = ?1) AND time >= ?2 AND time < ?3
            ORDER BY time, device.name, alert.id
            """
        case .events:
            """
            SELECT time, device.name, event.name, kind, value, previous
            FROM device_event AS event JOIN device ON device.id = event.device
            WHERE (?1 IS NULL OR device.name = ?1) AND time >= ?2 AND time < ?3
            ORDER BY time, device.name, event.name
            """
        case .maintenance:
            """
            SELECT time, device, component, event, part, cost, note FROM maintenance
            WHERE (?1 IS NULL OR device = ?1) AND time >= ?2 AND time < ?3
            ORDER BY time, device, component, event
            """
        case .devices:
            """
            SELECT first_seen, name, class, last_window, health, score, state, learned, operating,
                running_s, idle_s, observed_s, starts, clock, offset_s
            FROM device LEFT JOIN device_clock ON device_clock.device = device.name
            WHERE (?1 IS NULL OR name = ?1) AND first_seen >= ?2 AND first_seen < ?3 ORDER BY name
            """
        }
    }
}
