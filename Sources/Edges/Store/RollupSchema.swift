import Primitives

/// Version 11 of the schema: windows summed up over 15 minutes and over days.
///
/// `rollup` lists the stretches there are, as `window_start` lists the starts of windows, and says
/// which must be summed up anew: the mark is committed with the windows, so that no crash loses it.
/// Windows that an older file holds are marked here and summed up piece by piece.
enum RollupSchema {
    static let sql =
        """
        ALTER TABLE device ADD COLUMN window_s REAL  -- length of its latest window
            CHECK (window_s > 0);
        CREATE TABLE rollup (  -- a stretch of time in which windows started
            period_s INTEGER NOT NULL,  -- its length
            start INTEGER NOT NULL CHECK (start % (period_s * 1000000000) = 0),
            changed INTEGER,  -- telemetry had come to here; NULL when it is summed up
            PRIMARY KEY (period_s, start)
        ) WITHOUT ROWID;
        CREATE INDEX rollup_due ON rollup (changed) WHERE changed IS NOT NULL;
        UPDATE device SET window_s = (SELECT ("end" - start) / 1e9 FROM device_score
            WHERE start = device.last_window AND device_score.device = device.id);

        """ + RollupPeriod.allCases.map(rows).joined()

    private static func rows(_ period: RollupPeriod) -> String {
        """
        CREATE TABLE \(period.table) (  -- a signal's windows shorter than it that started in it
            key INTEGER PRIMARY KEY,  -- milliseconds of start << 19 | signal
            windows INTEGER NOT NULL CHECK (windows > 0),
            count INTEGER NOT NULL CHECK (count > 0),
            min REAL,
            max REAL,
            mean REAL,
            sd REAL CHECK (sd >= 0),
            first REAL,
            last REAL,
            missing INTEGER CHECK (missing > 0),
            start INTEGER NOT NULL GENERATED ALWAYS AS ((key >> 19) * 1000000) VIRTUAL,
            signal INTEGER NOT NULL GENERATED ALWAYS AS (key & 524287) VIRTUAL
                REFERENCES signal(id),
            CHECK (min <= max)
        );
        CREATE VIEW \(period.table)_readable AS
            SELECT device.name AS device, signal.name AS signal,
                strftime('%Y-%m-%dT%H:%M:%SZ', at.start / 1000000000, 'unixepoch') AS start,
                windows, count, min, max, mean, sd, first, last,
                count * 1.0 / (count + ifnull(missing, 0)) AS coverage, signal.unit AS unit,
                at.start AS time
            FROM rollup AS at CROSS JOIN device CROSS JOIN signal ON signal.device = device.id
                CROSS JOIN \(period.table) AS part
                    ON part.key = \(WindowKey.sql(start: "at.start", signal: "signal.id"))
            WHERE at.period_s = \(period.rawValue);
        INSERT INTO rollup (period_s, start, changed)
            SELECT DISTINCT \(period.rawValue), start - start % \(period.length.nanoseconds), start
            FROM window_start;

        """
    }
}
