/// Version 7 of the schema: what machines did, how long they have run and how often they were
/// started, and the running time of components.
///
/// Columns are added and rows stay; what was not counted is NULL. A class that does not say when
/// its machines run has NULL everywhere.
enum OperatingSchema {
    static let sql = columns + views

    private static let columns = """
        ALTER TABLE device_score ADD COLUMN operating TEXT  -- what the machine did
            CHECK (operating IN ('running', 'idle', 'off', 'transient'));
        ALTER TABLE device_score ADD COLUMN running_s REAL  -- since the device was first seen
            CHECK (running_s >= 0);
        -- As of the device's latest window.
        ALTER TABLE device ADD COLUMN operating TEXT
            CHECK (operating IN ('running', 'idle', 'off', 'transient'));
        ALTER TABLE device ADD COLUMN running_s REAL CHECK (running_s >= 0);
        ALTER TABLE device ADD COLUMN idle_s REAL CHECK (idle_s >= 0);
        ALTER TABLE device ADD COLUMN observed_s REAL  -- running, idle and off
            CHECK (observed_s >= 0);
        ALTER TABLE device ADD COLUMN starts INTEGER CHECK (starts >= 0);
        ALTER TABLE maintenance ADD COLUMN running_s REAL  -- of the device before it
            CHECK (running_s >= 0);
        ALTER TABLE component_life ADD COLUMN start_running_s REAL  -- of the device
            CHECK (start_running_s >= 0);
        ALTER TABLE component_life ADD COLUMN end_running_s REAL CHECK (end_running_s >= 0);

        """

    private static let views = """
        DROP VIEW component_life_readable;
        CREATE VIEW component_life_readable AS
            SELECT life.device AS device, component, number,
                strftime('%Y-%m-%dT%H:%M:%SZ', started_at / 1000000000, 'unixepoch')
                    AS started_at,
                strftime('%Y-%m-%dT%H:%M:%SZ', ended_at / 1000000000, 'unixepoch') AS ended_at,
                ended_by, part, (ended_at - started_at) / 86400e9 AS lasted_days,
                (CASE WHEN ended_at IS NULL THEN device.running_s ELSE end_running_s END
                    - start_running_s) / 3600 AS running_hours
            FROM component_life AS life LEFT JOIN device ON device.name = life.device;
        CREATE VIEW device_down AS  -- from a failure to what was done about it
            SELECT device, min(time) AS failed_at, until FROM (
                SELECT device, time, (SELECT min(done.time) FROM maintenance AS done
                    WHERE done.device = failure.device AND done.time >= failure.time
                        AND done.event IN ('repair', 'replacement', 'commissioned', 'retired'))
                    AS until  -- NULL while it is in work
                FROM maintenance AS failure WHERE event = 'failure'
            ) GROUP BY device, until;
        CREATE VIEW device_operation AS
            SELECT device.name AS device, class, operating, running_s / 3600 AS running_hours,
                idle_s / 3600 AS idle_hours, observed_s / 3600 AS observed_hours, starts,
                running_s / nullif(observed_s, 0) AS running_share,
                -- Of the time from when it was first seen to its latest window.
                1 - (SELECT total(max(0.0, min(ifnull(until, last_window), last_window)
                        - max(failed_at, first_seen)))
                    FROM device_down WHERE device_down.device = device.name)
                    / nullif(max(last_window - first_seen, 0), 0) AS availability
            FROM device;
        """
}
