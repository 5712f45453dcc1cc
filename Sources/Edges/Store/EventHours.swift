import Detection
import GRDB
import Primitives
import Windows

/// Gives maintenance events the running time their device had when they happened, from which the
/// running hours of components follow.
///
/// It is that of the device's last window that ended before the event: an event told in time waits
/// for the window it happened in, and gets the same as one that is told long after. What happened
/// more than a day before the device was first seen gets none, because nobody counted.
struct EventHours: Sendable {
    /// How long before the first window a machine may have been put to use, in nanoseconds.
    private static let headStart: Int64 = 86_400_000_000_000

    /// Devices with events that no window has passed yet.
    private var devices: Set<String>

    init() { devices = [] }

    init(_ db: Database) throws {
        devices = try String.fetchSet(
            db, sql: "SELECT DISTINCT device FROM maintenance WHERE running_s IS NULL")
    }

    mutating func wait(for device: String) { devices.insert(device) }

    /// Lets a window pass the events of its device, before the device's row tells of it.
    mutating func pass(
        _ assessment: DeviceAssessment, _ names: StepNames, in db: Database
    ) throws {
        guard !devices.isEmpty, devices.contains(names[assessment.device]) else { return }
        let device = names[assessment.device]
        if let running = assessment.operation?.tally.running.seconds {
            try db.cachedStatement(
                sql: """
                    UPDATE maintenance SET running_s = ifnull(device.running_s,
                        CASE WHEN device.last_window IS NULL THEN 0 ELSE ?4 END)
                    FROM device
                    WHERE device.name = ?1 AND maintenance.device = ?1
                        AND maintenance.running_s IS NULL AND time < ?2
                        AND time >= coalesce((SELECT "end" FROM device_score AS score
                                WHERE score.start = device.last_window
                                    AND score.device = device.id),
                            device.last_window,  -- which is no longer kept
                            device.first_seen - ?3)
                    """
            ).execute(arguments: [
                device, assessment.end.nanoseconds, Self.headStart, running,
            ])
            if db.changesCount > 0 { try MaintenanceRows.renewLives(of: device, in: db) }
        }
        let more = try Bool.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM maintenance
                        WHERE device = ? AND running_s IS NULL AND time >= ?)
                    """), arguments: [device, assessment.end.nanoseconds])
        if more != true { devices.remove(device) }
    }

    /// The same for an event that is told after the window it happened in. `id` is its row.
    static func look(for id: Int64, in db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE maintenance SET running_s = ifnull(
                    (SELECT score.running_s FROM device_score AS score
                        WHERE score.start < time AND score.device = device.id
                            AND score."end" <= time ORDER BY score.start DESC LIMIT 1),
                    CASE WHEN abs(time - device.first_seen) <= ?2
                        AND device.running_s IS NOT NULL
                        AND (time <= device.first_seen OR NOT EXISTS (
                            -- Its windows before the event may be no longer kept.
                            SELECT 1 FROM metadata WHERE key = 'windows_kept_from'
                                AND CAST(value AS INTEGER) > device.first_seen)) THEN 0 END)
                FROM device
                WHERE maintenance.id = ?1 AND device.name = maintenance.device
                    AND time < ifnull((SELECT "end" FROM device_score AS latest
                            WHERE latest.start = device.last_window
                                AND latest.device = device.id),
                        device.last_window)  -- which is no longer kept
                """
        ).execute(arguments: [id, Self.headStart])
    }
}
