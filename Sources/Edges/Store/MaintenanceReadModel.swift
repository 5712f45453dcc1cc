import GRDB
package import Tickets

extension ReadModel {
    /// A maintenance event, and whether the engine has taken it.
    package struct MaintenanceRow: Hashable, Sendable {
        package var event: MaintenanceEvent
        package var by: String
        /// It waits for its time, or for the program to run.
        package var isWaiting: Bool
        /// Running time of the device when it happened, in seconds; `nil` when it was not counted,
        /// or the window it happened in is not closed.
        package var running: Double?
    }

    /// One life of a component, see ``ComponentLife``.
    package struct LifeRow: Hashable, Sendable {
        package var life: ComponentLife
        /// Running time of the device in it, in seconds; `nil` when it was not counted from its
        /// beginning.
        package var running: Double?
    }

    /// The history and what waits to become part of it, in order of time; with `device` of that
    /// one only.
    package func maintenance(
        of device: String? = nil
    ) throws(StoreFailure) -> [MaintenanceRow] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT time, device, component, event, part, cost, note, given_by, running_s,
                        0 AS waits FROM maintenance WHERE ?1 IS NULL OR device = ?1
                    UNION ALL
                    SELECT event_time, device, component, event, part, cost, note, given_by, NULL,
                        1 FROM operator_command
                        WHERE step IS NULL AND action = 'maintenance'
                            AND (?1 IS NULL OR device = ?1)
                    ORDER BY 1, 2, 3, 4
                    """, arguments: [device]
            ).compactMap { row in
                MaintenanceRows.event(row).map {
                    MaintenanceRow(
                        event: $0, by: row["given_by"], isWaiting: row["waits"],
                        running: row["running_s"])
                }
            }
        }
    }

    /// The lives of a device's components, by component, then number.
    package func lives(of device: String) throws(StoreFailure) -> [LifeRow] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT life.*, readable.running_hours AS hours
                    FROM component_life AS life JOIN component_life_readable AS readable
                        USING (device, component, number)
                    WHERE life.device = ? ORDER BY component, number
                    """, arguments: [device]
            ).map { row in
                LifeRow(
                    life: ComponentLife(
                        component: row["component"], number: row["number"],
                        startedAt: ReadModel.time(row["started_at"]),
                        endedAt: ReadModel.time(row["ended_at"]),
                        endedBy: (row["ended_by"] as String?).flatMap(
                            MaintenanceEvent.Kind.init(rawValue:)),
                        part: row["part"]),
                    running: (row["hours"] as Double?).map { $0 * 3_600 })
            }
        }
    }
}
