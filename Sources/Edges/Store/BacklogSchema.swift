/// Version 12 of the schema, the first part: windows of backlogs.
enum BacklogSchema {
    static let sql = """
        -- The gateway's time, for a window of a backlog: it was judged long after its end.
        ALTER TABLE device_score ADD COLUMN judged_at INTEGER;
        """
}
