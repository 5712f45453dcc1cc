/// Version 10 of the schema: readings that came after their window was closed.
enum AmendmentSchema {
    static let sql = """
        CREATE TABLE late_reading (  -- one that amended a closed window
            start INTEGER NOT NULL,  -- of its window
            signal INTEGER NOT NULL REFERENCES signal(id),
            time INTEGER NOT NULL,  -- its stamp
            value REAL,
            PRIMARY KEY (start, signal, time)
        ) WITHOUT ROWID;
        CREATE TABLE window_closed (  -- what was closed and judged, of windows amended since
            start INTEGER NOT NULL,
            signal INTEGER NOT NULL REFERENCES signal(id),
            count INTEGER NOT NULL CHECK (count >= 0),  -- 0: no reading came in time
            min REAL,
            max REAL,
            mean REAL,
            sd REAL CHECK (sd >= 0),
            first REAL,
            last REAL,
            slope REAL,
            missing INTEGER CHECK (missing > 0),
            PRIMARY KEY (start, signal),
            CHECK (min <= max)
        ) WITHOUT ROWID;
        ALTER TABLE runtime ADD COLUMN readings_amending INTEGER NOT NULL DEFAULT 0
            CHECK (readings_amending >= 0);
        """
}
