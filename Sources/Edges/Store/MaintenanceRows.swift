import GRDB
import Primitives
import Tickets

/// Rows of maintenance events, and of the lives of components that follow from them.
enum MaintenanceRows {
    /// Writes an event that took effect. `false` when an earlier step has recorded the same one:
    /// that row stays.
    static func write(
        _ event: MaintenanceEvent, by: String, step: Int, in db: Database
    ) throws -> Bool {
        try db.cachedStatement(
            sql: """
                INSERT INTO maintenance (time, device, component, event, part, cost, note,
                    given_by, step)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (device, time, component, event) DO NOTHING
                """
        ).execute(arguments: [
            event.time.nanoseconds, event.device, event.component, event.kind.rawValue,
            event.part, event.cost, event.note, by, step,
        ])
        if db.changesCount > 0 {
            try EventHours.look(for: db.lastInsertedRowID, in: db)
            return true
        }
        let recorded = try Int.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT step FROM maintenance
                    WHERE device = ? AND time = ? AND component = ? AND event = ?
                    """),
            arguments: [
                event.device, event.time.nanoseconds, event.component, event.kind.rawValue,
            ])
        return recorded == step
    }

    /// Writes the lives of a device's components anew, from all its events: one that is told late
    /// may change any of them.
    static func renewLives(of device: String, in db: Database) throws {
        let rows = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT * FROM maintenance WHERE device = ? ORDER BY time"),
            arguments: [device])
        var running: [Int64: Double] = [:]
        for row in rows { running[row["time"]] = row["running_s"] }
        try db.cachedStatement(sql: "DELETE FROM component_life WHERE device = ?")
            .execute(arguments: [device])
        for life in ComponentLife.lives(toldBy: rows.compactMap(event)) {
            try db.cachedStatement(
                sql: """
                    INSERT INTO component_life (device, component, number, started_at, ended_at,
                        ended_by, part, start_running_s, end_running_s)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                device, life.component, life.number, life.startedAt?.nanoseconds,
                life.endedAt?.nanoseconds, life.endedBy?.rawValue, life.part,
                life.startedAt.flatMap { running[$0.nanoseconds] },
                life.endedAt.flatMap { running[$0.nanoseconds] },
            ])
        }
    }

    /// A row as the engine takes it; `nil` for a row this version does not understand.
    static func event(_ row: Row) -> MaintenanceEvent? {
        guard let kind = MaintenanceEvent.Kind(rawValue: row["event"] ?? "") else { return nil }
        let time: Int64 = row.hasColumn("event_time") ? row["event_time"] ?? 0 : row["time"]
        return MaintenanceEvent(
            time: Timestamp(nanoseconds: time), device: row["device"] ?? "",
            component: row["component"] ?? "", kind: kind, part: row["part"], cost: row["cost"],
            note: row["note"])
    }
}
