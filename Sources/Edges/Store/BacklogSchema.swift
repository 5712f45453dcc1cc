/// Version 12 of the schema: windows of backlogs, and records of signals beside their deviations.
enum BacklogSchema {
    static let sql = """
        -- The gateway's time, for a window of a backlog: it was judged long after its end.
        ALTER TABLE device_score ADD COLUMN judged_at INTEGER;
        -- In standard deviations of the signal's baseline, smoothed and positive towards worse.
        -- Until now this was in raw; score and raw are of records from now on.
        ALTER TABLE signal_score ADD COLUMN deviation REAL;
        UPDATE signal_score SET deviation = raw, raw = NULL;
        """
}
