/// Version 8 of the schema: how the clocks of devices stand, and the quality of their signals.
enum QualitySchema {
    static let sql = """
        -- NULL until it can be said, and for ever in recordings worked through in event time.
        ALTER TABLE device ADD COLUMN clock_state TEXT CHECK (clock_state IN ('right', 'behind',
            'ahead', 'unset', 'drifting'));
        -- How far it is ahead of the gateway's; behind when negative.
        ALTER TABLE device ADD COLUMN clock_offset_s REAL;
        ALTER TABLE device ADD COLUMN clock_since INTEGER;
        -- As of its device's latest window; NULL before the first.
        ALTER TABLE signal ADD COLUMN quality TEXT CHECK (quality IN ('good', 'no_data', 'stuck',
            'out_of_range', 'quantised', 'noisy', 'gap'));
        ALTER TABLE signal ADD COLUMN quality_since INTEGER;
        ALTER TABLE signal ADD COLUMN step_size REAL CHECK (step_size > 0);  -- of quantised ones
        ALTER TABLE signal_score ADD COLUMN quality TEXT NOT NULL DEFAULT 'good'
            CHECK (quality IN ('good', 'no_data', 'stuck', 'out_of_range', 'quantised', 'noisy',
                'gap'));
        CREATE VIEW device_clock AS
            SELECT name AS device,
                CASE WHEN clock_state IN ('behind', 'ahead', 'unset', 'drifting')
                    THEN 'clock_skew' ELSE clock_state END AS clock,
                clock_state AS kind, clock_offset_s AS offset_s,
                strftime('%Y-%m-%dT%H:%M:%SZ', clock_since / 1000000000, 'unixepoch') AS since
            FROM device WHERE clock_state IS NOT NULL;
        CREATE VIEW signal_quality AS
            SELECT device.name AS device, signal.name AS signal, quality,
                strftime('%Y-%m-%dT%H:%M:%SZ', quality_since / 1000000000, 'unixepoch') AS since,
                step_size, signal.unit AS unit
            FROM signal JOIN device ON device.id = signal.device WHERE quality IS NOT NULL;
        """
}
