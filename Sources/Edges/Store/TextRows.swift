import Engine
import GRDB
import Primitives
import Windows

/// Rows of what devices say in words: the last known texts, and their changes as events. A new
/// fault code is an alert too.
enum TextRows {
    static func write(
        _ step: EngineStep, names: StepNames, rows: SeriesRows, in db: Database,
        _ outcome: inout StepOutcome
    ) throws {
        for change in step.texts {
            let device = rows[change.device]
            try db.cachedStatement(
                sql: """
                    INSERT INTO device_text (device, name, value, since, fault_code)
                    VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (device, name) DO UPDATE SET value = excluded.value,
                        since = excluded.since, fault_code = excluded.fault_code
                        WHERE excluded.since >= since
                    """
            ).execute(arguments: [
                device, change.name, change.value, change.time.nanoseconds, change.isFaultCode,
            ])
            var isNews = change.isAlert
            if change.isEvent {
                isNews = try writeEvent(change, of: device, step: step.sequence, in: db) && isNews
            }
            guard isNews else { continue }
            let name = names[change.device]
            let isNew = try Outbox.enqueue(
                .alerts, eventID: "\(name)/\(change.name)/\(change.time.nanoseconds)",
                payload: AlertLine.fault(change, device: name), time: change.time, in: db)
            if isNew { outcome.messages += 1 }
        }
    }

    /// Whether it is new.
    private static func writeEvent(
        _ change: TextChange, of device: Int64, step: Int, in db: Database
    ) throws -> Bool {
        try db.cachedStatement(
            sql: """
                INSERT INTO device_event (time, device, name, kind, value, previous, step)
                VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (time, device, name) DO NOTHING
                """
        ).execute(arguments: [
            change.time.nanoseconds, device, change.name, kind(change), change.value,
            change.previous, step,
        ])
        return db.changesCount > 0
    }

    private static func kind(_ change: TextChange) -> String {
        guard change.isFaultCode else { return "text" }
        return change.isFault ? "fault_code" : "fault_cleared"
    }
}
