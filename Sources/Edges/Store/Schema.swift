import GRDB

// What is on disk
// ---------------
// `STATE/forestall.db` is one SQLite database in write-ahead-log mode. What comes in: steps of the
// engine, in order. What goes out: rows for Delivery (`outbox`) and for people, the command line
// and Grafana (every other table and the views). What always holds: a step is there as a whole or
// not at all, a component has at most one open ticket, and no ticket change is without its rows in
// the outbox. What is deliberately absent: raw readings (the closed window is the log), learned
// baselines (the checkpoint is a file beside the database), and any decision.
//
// What is committed together: the windows, scores, prognoses, ticket changes, texts, outbox rows,
// alerts, refusals and operators' decisions of one step, and the step's own row. Whoever sees the
// step's row sees all of it. A step with ticket changes or decisions is synchronized to the disk
// before the commit returns; other steps may lose the last moments after a power cut (never after a
// crash of the program), always from the end and always whole steps.
//
// Conventions, for everybody who opens the file with `sqlite3`:
// - Times are integers, nanoseconds since 1970 in UTC. `strftime('%Y-%m-%dT%H:%M:%SZ', t /
//   1000000000, 'unixepoch')` makes them readable; the views have it done already.
// - A window starts inclusive and ends exclusive.
// - Columns ending in `_s`, and p05, p50, p95, are seconds.
// - NULL is "not known", also for numbers that are not finite.
// - Rows refer to devices and signals by `device.id` and `signal.id`. These ids belong to this
//   file; nothing outside it may rely on them.
//
// Order on disk: the tables that grow with every window (`window`, `signal_score`,
// `device_score`) are clustered by time, then by series. All windows that close together are then
// neighbours, and a step touches the last few pages of each table. Clustered by series the same
// step would touch one page per series: at 10 000 signals 40 MB instead of 1 MB per minute into
// the log of a gateway's memory card. For the same reason there is no second index, and no table
// has hidden row numbers beside its key. `window`, by far the largest, has time and series in one
// integer, the key SQLite appends to fastest (see ``WindowKey`` and the decision about windows on
// disk). The price: the history of one signal is read by one seek per window, not by one range.

/// The tables, constraints and views of the database, and how older files become current ones.
enum Schema {
    /// Number of the newest migration; stored as `PRAGMA user_version`.
    static let version = 12

    /// "Fore" in ASCII: how SQLite tools and this program recognise the file.
    static let applicationID = 0x466F_7265

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { db in
            for sql in [fleet, measurements, tickets, deliveries, progress, views] {
                try db.execute(sql: sql)
            }
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: "PRAGMA user_version = 1")
        }
        migrator.registerMigration("v2") { db in
            try db.execute(sql: operators)
            try db.execute(sql: "PRAGMA user_version = 2")
        }
        migrator.registerMigration("v3") { db in
            try db.execute(sql: precisions)
            try db.execute(sql: "PRAGMA user_version = 3")
        }
        migrator.registerMigration("v4") { db in
            try db.execute(sql: texts)
            try db.execute(sql: "PRAGMA user_version = 4")
        }
        migrator.registerMigration("v5") { db in
            try db.execute(sql: MaintenanceSchema.sql)
            try db.execute(sql: "PRAGMA user_version = 5")
        }
        migrator.registerMigration("v7") { db in
            try db.execute(sql: OperatingSchema.sql)
            try db.execute(sql: "PRAGMA user_version = 7")
        }
        migrator.registerMigration("v8") { db in
            try db.execute(sql: QualitySchema.sql)
            try db.execute(sql: "PRAGMA user_version = 8")
        }
        migrator.registerMigration("v9") { db in
            try WindowSchema.migrate(db)
            try CheckSchema.migrate(db)
            try db.execute(sql: "PRAGMA user_version = 9")
        }
        migrator.registerMigration("v10") { db in
            try db.execute(sql: AmendmentSchema.sql)
            try db.execute(sql: "PRAGMA user_version = 10")
        }
        migrator.registerMigration("v11") { db in
            try db.execute(sql: RollupSchema.sql)
            try db.execute(sql: "PRAGMA user_version = 11")
        }
        migrator.registerMigration("v12") { db in
            try db.execute(sql: BacklogSchema.sql)
            try db.execute(sql: RecordSchema.sql)
            try db.execute(sql: "PRAGMA user_version = 12")
        }
        return migrator
    }

    /// Version 4: what devices say in words.
    private static let texts = """
        CREATE TABLE device_text (  -- the last known one of each text field
            device INTEGER NOT NULL REFERENCES device(id),
            name TEXT NOT NULL CHECK (name <> ''),  -- like a signal's
            value TEXT NOT NULL,  -- at most 256 bytes
            since INTEGER NOT NULL,  -- when it became this
            fault_code INTEGER NOT NULL CHECK (fault_code IN (0, 1)),  -- declared as one
            PRIMARY KEY (device, name)
        ) WITHOUT ROWID;
        CREATE TABLE device_event (  -- a text became another
            time INTEGER NOT NULL,
            device INTEGER NOT NULL REFERENCES device(id),
            name TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('text', 'fault_code', 'fault_cleared')),
            value TEXT NOT NULL,
            previous TEXT,  -- NULL for the first one
            step INTEGER NOT NULL,
            PRIMARY KEY (time, device, name)
        ) WITHOUT ROWID;
        CREATE INDEX device_event_device ON device_event (device, time);
        CREATE VIEW device_event_readable AS
            SELECT device.name AS device, event.name AS name, kind, value, previous,
                strftime('%Y-%m-%dT%H:%M:%SZ', time / 1000000000, 'unixepoch') AS time
            FROM device_event AS event JOIN device ON device.id = event.device;
        ALTER TABLE runtime ADD COLUMN texts_refused INTEGER NOT NULL DEFAULT 0
            CHECK (texts_refused >= 0);
        ALTER TABLE runtime ADD COLUMN text_changes_unkept INTEGER NOT NULL DEFAULT 0
            CHECK (text_changes_unkept >= 0);
        """

    private static let precisions = """
        ALTER TABLE runtime ADD COLUMN stamps_guessed INTEGER NOT NULL DEFAULT 0
            CHECK (stamps_guessed >= 0);
        """

    private static let fleet = """
        CREATE TABLE device (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE CHECK (name <> ''),
            class TEXT NOT NULL,
            first_seen INTEGER NOT NULL,
            -- As of the device's latest window; NULL before the first one.
            last_window INTEGER,  -- its start
            health REAL CHECK (health BETWEEN 0 AND 100),  -- 100 is as commissioned
            score REAL CHECK (score BETWEEN 0 AND 1),
            state TEXT,
            learned REAL CHECK (learned BETWEEN 0 AND 1)  -- share of the commissioning done
        );
        CREATE TABLE device_attribute (
            device INTEGER NOT NULL REFERENCES device(id),
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (device, key)
        ) WITHOUT ROWID;
        CREATE TABLE signal (
            id INTEGER PRIMARY KEY,
            device INTEGER NOT NULL REFERENCES device(id),
            name TEXT NOT NULL CHECK (name <> ''),  -- measurement.field[,tag=value...]
            unit TEXT,
            UNIQUE (device, name)
        );
        """

    private static let measurements = """
        CREATE TABLE window (  -- one row per signal and closed window that had readings
            start INTEGER NOT NULL,
            signal INTEGER NOT NULL REFERENCES signal(id),
            count INTEGER NOT NULL CHECK (count > 0),
            min REAL,
            max REAL,
            mean REAL,
            sd REAL CHECK (sd >= 0),  -- sample standard deviation
            first REAL,  -- the reading with the earliest event time
            last REAL,
            PRIMARY KEY (start, signal),
            CHECK (min <= max)
        ) WITHOUT ROWID;
        CREATE TABLE device_score (  -- one row per device and closed window
            start INTEGER NOT NULL,
            device INTEGER NOT NULL REFERENCES device(id),
            "end" INTEGER NOT NULL,
            count INTEGER NOT NULL CHECK (count >= 0),  -- signals present
            score REAL CHECK (score BETWEEN 0 AND 1),
            raw REAL,  -- the device scorer's own value
            health REAL CHECK (health BETWEEN 0 AND 100),
            state TEXT NOT NULL CHECK (state IN ('learning', 'normal', 'abnormal', 'no_data',
                'stuck', 'out_of_range', 'not_running')),
            step INTEGER NOT NULL,  -- that closed the window; orders the second fold of a restart
            PRIMARY KEY (start, device),
            CHECK (start < "end")
        ) WITHOUT ROWID;
        CREATE TABLE signal_score (  -- only what is remarkable: abnormal, or score from 0.25
            start INTEGER NOT NULL,
            signal INTEGER NOT NULL REFERENCES signal(id),
            score REAL CHECK (score BETWEEN 0 AND 1),
            raw REAL,
            state TEXT NOT NULL CHECK (state IN ('learning', 'normal', 'abnormal', 'no_data',
                'stuck', 'out_of_range', 'not_running')),
            PRIMARY KEY (start, signal)
        ) WITHOUT ROWID;
        CREATE TABLE prognosis (
            device INTEGER NOT NULL REFERENCES device(id),
            component TEXT NOT NULL,
            time INTEGER NOT NULL,
            horizon_s REAL NOT NULL CHECK (horizon_s >= 0),
            risk REAL CHECK (risk BETWEEN 0 AND 1),  -- P(failure within the horizon)
            p05 REAL CHECK (p05 >= 0),  -- remaining useful life in seconds, 90 % interval
            p50 REAL,
            p95 REAL,  -- NULL when even a year may pass
            reason TEXT NOT NULL,
            PRIMARY KEY (device, component, time),
            CHECK (p05 <= p50),
            CHECK (p50 <= p95)
        ) WITHOUT ROWID;
        CREATE TABLE alert (  -- a device's condition changed
            id INTEGER PRIMARY KEY,
            time INTEGER NOT NULL,
            device INTEGER NOT NULL REFERENCES device(id),
            kind TEXT NOT NULL CHECK (kind IN ('abnormal', 'normal')),
            health REAL CHECK (health BETWEEN 0 AND 100),
            score REAL CHECK (score BETWEEN 0 AND 1),
            signal INTEGER REFERENCES signal(id),  -- the one with the highest score
            UNIQUE (time, device, kind)
        );
        """

    private static let tickets = """
        CREATE TABLE ticket (  -- as it stands after its latest change
            id TEXT PRIMARY KEY,
            device INTEGER NOT NULL REFERENCES device(id),
            component TEXT NOT NULL,
            failure_mode TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'planned', 'recovered',
                'closed')),
            revision INTEGER NOT NULL CHECK (revision >= 1),
            severity TEXT NOT NULL CHECK (severity IN ('advice', 'warning', 'urgent')),
            health REAL CHECK (health BETWEEN 0 AND 100),
            risk REAL CHECK (risk BETWEEN 0 AND 1),
            horizon_s REAL,
            p05 REAL,
            p50 REAL,
            p95 REAL,
            first_seen INTEGER NOT NULL,
            opened_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            service_by INTEGER,
            sentence TEXT NOT NULL,
            document TEXT NOT NULL CHECK (json_valid(document))  -- as delivered
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX ticket_one_open_per_component ON ticket (device, component)
            WHERE state <> 'closed';
        CREATE TABLE ticket_change (
            ticket TEXT NOT NULL REFERENCES ticket(id),
            revision INTEGER NOT NULL CHECK (revision >= 1),
            type TEXT NOT NULL CHECK (type IN ('opened', 'updated', 'escalated', 'deescalated',
                'recovered', 'acknowledged', 'planned', 'closed', 'reopened')),
            time INTEGER NOT NULL,
            reason TEXT NOT NULL CHECK (reason <> ''),
            document TEXT NOT NULL CHECK (json_valid(document)),
            PRIMARY KEY (ticket, revision)
        ) WITHOUT ROWID;
        CREATE TABLE ticket_decision (  -- the latest one per component, "no ticket" included
            device INTEGER NOT NULL REFERENCES device(id),
            component TEXT NOT NULL,
            time INTEGER NOT NULL,
            reason TEXT NOT NULL CHECK (reason <> ''),
            PRIMARY KEY (device, component)
        ) WITHOUT ROWID;
        """

    private static let deliveries = """
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            sink TEXT NOT NULL CHECK (sink IN ('spool', 'alerts')),
            event_id TEXT NOT NULL CHECK (event_id <> ''),
            payload TEXT NOT NULL,
            time INTEGER NOT NULL,  -- of the event
            attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),  -- that failed
            delivered_at INTEGER,
            last_error TEXT,
            UNIQUE (sink, event_id)
        );
        CREATE INDEX outbox_undelivered ON outbox (sink, id) WHERE delivered_at IS NULL;
        """

    private static let progress = """
        CREATE TABLE refusal (  -- input that was not taken in, since the file exists
            source TEXT NOT NULL,
            reason TEXT NOT NULL CHECK (reason <> ''),
            count INTEGER NOT NULL CHECK (count > 0),
            last_time INTEGER NOT NULL,
            "column" INTEGER NOT NULL CHECK ("column" >= 0),  -- bytes from 1, of the last one
            sample TEXT NOT NULL,  -- the beginning of the last one
            PRIMARY KEY (source, reason)
        ) WITHOUT ROWID;
        CREATE TABLE step (
            sequence INTEGER PRIMARY KEY CHECK (sequence >= 1),
            advanced_to INTEGER NOT NULL,
            windows INTEGER NOT NULL CHECK (windows >= 0),  -- rows of table window
            first_window INTEGER,  -- earliest and latest start among its windows
            last_window INTEGER,
            changes INTEGER NOT NULL CHECK (changes >= 0),  -- of tickets
            configuration TEXT NOT NULL,  -- version of the configuration in force
            input_name TEXT,  -- recording the step came from; NULL when live
            input_size INTEGER CHECK (input_size >= 0),
            input_hash TEXT,  -- of its beginning
            input_offset INTEGER CHECK (input_offset >= 0),  -- bytes folded so far
            CHECK ((input_name IS NULL) = (input_offset IS NULL))
        );
        CREATE INDEX step_input ON step (input_name, input_hash) WHERE input_name IS NOT NULL;
        CREATE TABLE runtime (  -- one row: what went through since the program started
            id INTEGER PRIMARY KEY CHECK (id = 1),
            sequence INTEGER NOT NULL DEFAULT 0,
            advanced_to INTEGER NOT NULL DEFAULT 0,
            lines_accepted INTEGER NOT NULL DEFAULT 0 CHECK (lines_accepted >= 0),
            lines_refused INTEGER NOT NULL DEFAULT 0 CHECK (lines_refused >= 0),
            lines_late INTEGER NOT NULL DEFAULT 0 CHECK (lines_late >= 0),
            lines_restamped INTEGER NOT NULL DEFAULT 0 CHECK (lines_restamped >= 0),
            readings INTEGER NOT NULL DEFAULT 0 CHECK (readings >= 0),
            readings_refused INTEGER NOT NULL DEFAULT 0 CHECK (readings_refused >= 0),
            text_fields INTEGER NOT NULL DEFAULT 0 CHECK (text_fields >= 0),
            windows_closed INTEGER NOT NULL DEFAULT 0 CHECK (windows_closed >= 0),
            process TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(process))
        );
        CREATE TABLE metadata (
            key TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) WITHOUT ROWID;
        """

    /// Version 2: people's decisions, and which step a ticket's change belongs to.
    private static let operators = """
        CREATE TABLE operator_command (  -- what somebody decided, and what became of it
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            given_at INTEGER NOT NULL,  -- by the clock of whoever gave it
            given_by TEXT NOT NULL,
            action TEXT NOT NULL CHECK (action IN ('acknowledge', 'plan', 'close', 'reopen',
                'shelve', 'unshelve')),
            ticket TEXT,
            device TEXT,  -- its name
            planned_for INTEGER,
            duration INTEGER CHECK (duration > 0),  -- nanoseconds to shelve for
            outcome TEXT,
            part TEXT,
            note TEXT,
            step INTEGER,  -- in which it was taken; NULL while it waits
            refusal TEXT,  -- why it changed nothing; NULL when it took effect
            CHECK ((ticket IS NULL) <> (device IS NULL)),
            CHECK ((action IN ('shelve', 'unshelve')) = (device IS NOT NULL)),
            CHECK ((action = 'plan') = (planned_for IS NOT NULL)),
            CHECK ((action = 'shelve') = (duration IS NOT NULL)),
            CHECK ((action = 'close') = (outcome IS NOT NULL)),
            CHECK (refusal IS NULL OR step IS NOT NULL)
        );
        CREATE INDEX operator_command_waiting ON operator_command (id) WHERE step IS NULL;
        ALTER TABLE device ADD COLUMN shelved_from INTEGER;
        ALTER TABLE device ADD COLUMN shelved_until INTEGER;  -- exclusive; may have passed
        ALTER TABLE ticket_change ADD COLUMN step INTEGER;  -- that made it
        CREATE INDEX ticket_change_step ON ticket_change (step) WHERE step IS NOT NULL;
        CREATE INDEX operator_command_step ON operator_command (step) WHERE step IS NOT NULL;
        """

    private static let views = """
        CREATE VIEW window_readable AS
            SELECT device.name AS device, signal.name AS signal,
                strftime('%Y-%m-%dT%H:%M:%SZ', start / 1000000000, 'unixepoch') AS start,
                count, min, max, mean, sd, first, last, signal.unit AS unit
            FROM window JOIN signal ON signal.id = window.signal
                JOIN device ON device.id = signal.device;
        CREATE VIEW device_health AS
            SELECT device.name AS device, class, health, score, state, learned,
                strftime('%Y-%m-%dT%H:%M:%SZ', last_window / 1000000000, 'unixepoch')
                    AS last_window,
                (SELECT count(*) FROM ticket
                    WHERE ticket.device = device.id AND ticket.state <> 'closed') AS open_tickets
            FROM device;
        CREATE VIEW open_ticket AS
            SELECT ticket.id AS ticket, device.name AS device, component, failure_mode, severity,
                ticket.state AS state, risk, p50 / 86400 AS remaining_days,
                strftime('%Y-%m-%dT%H:%M:%SZ', opened_at / 1000000000, 'unixepoch') AS opened_at,
                strftime('%Y-%m-%dT%H:%M:%SZ', service_by / 1000000000, 'unixepoch')
                    AS service_by,
                sentence
            FROM ticket JOIN device ON device.id = ticket.device
            WHERE ticket.state <> 'closed';
        """
}
