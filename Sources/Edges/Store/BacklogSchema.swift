/// Version 12 of the schema: windows of backlogs, and records of signals beside their deviations.
enum BacklogSchema {
    static let sql = """
        -- The gateway's time, for a window of a backlog: it was judged long after its end.
        ALTER TABLE device_score ADD COLUMN judged_at INTEGER;
        -- In standard deviations of the signal's baseline, smoothed and positive towards worse.
        -- Until now this was in raw; score and raw are of records from now on.
        ALTER TABLE signal_score ADD COLUMN deviation REAL;
        UPDATE signal_score SET deviation = raw, raw = NULL;
        -- NULL while its day means stay what they were when it was commissioned.
        ALTER TABLE signal ADD COLUMN drift TEXT CHECK (drift = 'up' OR drift = 'down');
        ALTER TABLE signal ADD COLUMN drift_since INTEGER;
        ALTER TABLE signal ADD COLUMN drift_per_day REAL;
        CREATE VIEW signal_drift AS
            SELECT device.name AS device, signal.name AS signal, drift,
                strftime('%Y-%m-%dT%H:%M:%SZ', drift_since / 1000000000, 'unixepoch') AS since,
                drift_per_day, signal.unit AS unit
            FROM signal JOIN device ON device.id = signal.device WHERE drift IS NOT NULL;
        """
}
