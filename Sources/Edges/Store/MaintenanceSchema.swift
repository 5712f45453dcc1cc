/// Version 5 of the schema: what was done to machines, and the lives of their components.
///
/// `operator_command` is made anew, because SQLite cannot change the conditions of a table; its
/// rows and their ids stay.
enum MaintenanceSchema {
    static let sql = commands + history

    private static let commands = """
        ALTER TABLE operator_command RENAME TO operator_command_before;
        DROP INDEX operator_command_waiting;
        DROP INDEX operator_command_step;
        CREATE TABLE operator_command (  -- what somebody decided, and what became of it
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            given_at INTEGER NOT NULL,  -- by the clock of whoever gave it
            given_by TEXT NOT NULL,
            action TEXT NOT NULL CHECK (action IN ('acknowledge', 'plan', 'close', 'reopen',
                'shelve', 'unshelve', 'maintenance')),
            ticket TEXT,
            device TEXT,  -- its name
            planned_for INTEGER,
            duration INTEGER CHECK (duration > 0),  -- nanoseconds to shelve for
            outcome TEXT,
            part TEXT,
            note TEXT,
            step INTEGER,  -- in which it was taken; NULL while it waits
            refusal TEXT,  -- why it changed nothing; NULL when it took effect
            event TEXT,  -- of a maintenance event: as in table maintenance
            event_time INTEGER,
            component TEXT,
            cost REAL CHECK (cost >= 0),
            CHECK ((ticket IS NULL) <> (device IS NULL)),
            CHECK ((action IN ('shelve', 'unshelve', 'maintenance')) = (device IS NOT NULL)),
            CHECK ((action = 'plan') = (planned_for IS NOT NULL)),
            CHECK ((action = 'shelve') = (duration IS NOT NULL)),
            CHECK ((action = 'close') = (outcome IS NOT NULL)),
            CHECK ((action = 'maintenance') = (event IS NOT NULL)),
            CHECK ((event IS NULL) = (event_time IS NULL)),
            CHECK ((event IS NULL) = (component IS NULL)),
            CHECK (refusal IS NULL OR step IS NOT NULL)
        );
        INSERT INTO operator_command (id, given_at, given_by, action, ticket, device, planned_for,
                duration, outcome, part, note, step, refusal)
            SELECT id, given_at, given_by, action, ticket, device, planned_for, duration, outcome,
                part, note, step, refusal FROM operator_command_before;
        DROP TABLE operator_command_before;
        CREATE INDEX operator_command_waiting ON operator_command (id) WHERE step IS NULL;
        CREATE INDEX operator_command_step ON operator_command (step) WHERE step IS NOT NULL;

        """

    private static let history = """
        CREATE TABLE maintenance (  -- failures and what was done about them; never removed
            id INTEGER PRIMARY KEY,
            time INTEGER NOT NULL,
            device TEXT NOT NULL CHECK (device <> ''),  -- its name; it need not have been seen
            component TEXT NOT NULL,  -- empty for the whole device
            event TEXT NOT NULL CHECK (event IN ('failure', 'replacement', 'repair',
                'inspection', 'commissioned', 'retired')),
            part TEXT,  -- number of the one put in
            cost REAL CHECK (cost >= 0),
            note TEXT,
            given_by TEXT NOT NULL,
            step INTEGER NOT NULL,  -- in which it was taken
            UNIQUE (device, time, component, event)
        );
        CREATE INDEX maintenance_step ON maintenance (step);
        CREATE TABLE component_life (  -- follows from maintenance
            device TEXT NOT NULL CHECK (device <> ''),
            component TEXT NOT NULL,  -- empty for the whole device
            number INTEGER NOT NULL CHECK (number >= 1),
            started_at INTEGER,  -- NULL when it began before the history
            ended_at INTEGER,  -- NULL while it goes on
            ended_by TEXT CHECK (ended_by IN ('failure', 'replacement', 'repair', 'commissioned',
                'retired')),  -- 'failure' is one; every other cut it short
            part TEXT,  -- number of the one it began with
            PRIMARY KEY (device, component, number),
            CHECK (started_at <= ended_at),
            CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
            CHECK (started_at IS NOT NULL OR number = 1)
        ) WITHOUT ROWID;
        CREATE VIEW maintenance_readable AS
            SELECT strftime('%Y-%m-%dT%H:%M:%SZ', time / 1000000000, 'unixepoch') AS time,
                device, component, event, part, cost, note, given_by
            FROM maintenance;
        CREATE VIEW component_life_readable AS
            SELECT device, component, number,
                strftime('%Y-%m-%dT%H:%M:%SZ', started_at / 1000000000, 'unixepoch')
                    AS started_at,
                strftime('%Y-%m-%dT%H:%M:%SZ', ended_at / 1000000000, 'unixepoch') AS ended_at,
                ended_by, part, (ended_at - started_at) / 86400e9 AS lasted_days
            FROM component_life;
        ALTER TABLE runtime ADD COLUMN maintenance_taken INTEGER NOT NULL DEFAULT 0
            CHECK (maintenance_taken >= 0);
        ALTER TABLE runtime ADD COLUMN maintenance_refused INTEGER NOT NULL DEFAULT 0
            CHECK (maintenance_refused >= 0);
        """
}
