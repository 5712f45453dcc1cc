import GRDB
package import Tickets

extension ReadModel {
    /// A maintenance event, and whether the engine has taken it.
    package struct MaintenanceRow: Hashable, Sendable {
        package var event: MaintenanceEvent
        package var by: String
        /// It waits for its time, or for the program to run.
        package var isWaiting: Bool
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
                    SELECT time, device, component, event, part, cost, note, given_by,
                        0 AS waits FROM maintenance WHERE ?1 IS NULL OR device = ?1
                    UNION ALL
                    SELECT event_time, device, component, event, part, cost, note, given_by, 1
                        FROM operator_command
                        WHERE step IS NULL AND action = 'maintenance'
                            AND (?1 IS NULL OR device = ?1)
                    ORDER BY 1, 2, 3, 4
                    """, arguments: [device]
            ).compactMap { row in
                MaintenanceRows.event(row).map {
                    MaintenanceRow(event: $0, by: row["given_by"], isWaiting: row["waits"])
                }
            }
        }
    }
}
