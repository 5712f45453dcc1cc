/// Version 12 of the schema, the second part: records of signals beside their deviations, and
/// drift.
enum RecordSchema {
    static let sql = """
        -- In standard deviations of the signal's baseline, smoothed and positive towards worse.
        -- Until now this was in raw, and score was made of it; from now on they are of records.
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
