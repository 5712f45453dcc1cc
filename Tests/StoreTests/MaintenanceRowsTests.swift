import GRDB
import Primitives
import Testing

@testable import Engine
@testable import Store
@testable import Tickets

/// Maintenance events in the store: given, taken, kept once, and the lives they tell of.
@Suite struct MaintenanceRowsTests {
    private static let time = Sample.time
    private static let stamp = Sample.time.nanoseconds

    private func event(
        _ kind: MaintenanceEvent.Kind, _ hours: Int64, _ component: String = "bearing",
        note: String? = nil
    ) -> MaintenanceEvent {
        MaintenanceEvent(
            time: Self.time + .hours(hours), device: "P-9", component: component, kind: kind,
            part: "6312-C3", cost: 181.5, note: note)
    }

    /// Steps that take these events, each with the ids given.
    private func take(
        _ steps: [[(Int64, MaintenanceEvent)]], from first: Int = 1, in store: TestStore
    ) throws {
        var writer = try store.writer()
        for (index, events) in steps.enumerated() {
            var step = EngineStep(
                sequence: first + index, advancedTo: Self.time, counters: EngineCounters())
            step.commands = events.map { id, event in
                AppliedCommand(
                    command: OperatorCommand(
                        id: id, action: .maintenance(event), by: "anna", note: event.note))
            }
            _ = try writer.write(step)
        }
    }

    /// Written by one connection, read by the daemon's: as it was given.
    @Test func whatIsGivenIsRead() throws {
        let store = try TestStore()
        let given = [
            event(.failure, 1), event(.replacement, 2, "", note: "n"),
            MaintenanceEvent(time: Self.time, device: "P-8", kind: .inspection),
        ]
        let inbox = try OperatorInbox(store.database.directory)
        let ids = try inbox.give(
            given.map { (.maintenance($0), $0.note) }, by: "anna", at: Self.time)
        let waiting = try OperatorInbox(store.database).waiting(after: 0, limit: 9)
        #expect(waiting.map(\.id) == ids)
        #expect(waiting.map(\.action) == given.map { .maintenance($0) })
        #expect(waiting.map(\.note) == [nil, "n", nil])
    }

    @Test func aTakenEventIsKeptWithItsStep() throws {
        let store = try TestStore()
        let inbox = try OperatorInbox(store.database.directory)
        let id = try inbox.give(
            .maintenance(event(.failure, 0)), by: "anna", note: nil, at: Self.time)
        try take([[(id, event(.failure, 0))], [(0, event(.repair, 1, note: "n"))]], in: store)
        #expect(try inbox.fate(of: id) == .applied)
        #expect(
            try store.rows("SELECT * FROM maintenance ORDER BY id") == [
                "1|\(Self.stamp)|P-9|bearing|failure|6312-C3|181.5||anna|1|",
                "2|\(Self.stamp + 3_600_000_000_000)|P-9|bearing|repair|6312-C3|181.5|n|anna|2|",
            ])
        #expect(
            try store.rows("SELECT * FROM maintenance_readable LIMIT 1") == [
                "2026-02-03T04:10:00Z|P-9|bearing|failure|6312-C3|181.5||anna"
            ])
        let history = try StepHistory(store.database).steps(after: 0)
        #expect(history.map(\.commands.count) == [1, 1])
        #expect(history[0].commands.first?.action == .maintenance(event(.failure, 0)))
        #expect(history[1].commands.first?.by == "anna")
        #expect(history[1].commands.first?.note == "n")
    }

    /// The same event again is not recorded, whoever tells it; nor is it folded again.
    @Test func anEventIsRecordedOnce() throws {
        let store = try TestStore()
        let inbox = try OperatorInbox(store.database.directory)
        let first = event(.failure, 0)
        var second = first
        second.note = "told again"
        let ids = try inbox.give(
            [(.maintenance(first), nil), (.maintenance(second), nil)], by: "anna", at: Self.time)
        try take([[(ids[0], first)], [(ids[1], second)]], in: store)
        #expect(try inbox.fate(of: ids[0]) == .applied)
        #expect(try inbox.fate(of: ids[1]) == .refused(.alreadyRecorded))
        #expect(try store.rows("SELECT count(*), max(note) FROM maintenance") == ["1|"])
        #expect(try StepHistory(store.database).steps(after: 0).map(\.commands.count) == [1, 0])
        // A step that is written twice has still taken it.
        try take([[(ids[0], first)]], in: store)
        #expect(try inbox.fate(of: ids[0]) == .applied)
        #expect(try inbox.fates(of: ids[0]...ids[1]).applied == 2)
    }

    @Test func livesFollowTheHistory() throws {
        let store = try TestStore()
        try take(
            [[(0, event(.replacement, 48))], [(0, event(.failure, 24)), (0, event(.repair, 30))]],
            in: store)
        #expect(
            try store.rows(
                """
                SELECT component, number, started_at, ended_at, ended_by, lasted_days
                FROM component_life_readable
                """) == [
                    "bearing|1||2026-02-04T04:10:00Z|failure|",
                    "bearing|2|2026-02-04T10:10:00Z|2026-02-05T04:10:00Z|replacement|0.75",
                    "bearing|3|2026-02-05T04:10:00Z|||",
                ])
    }

    @Test func whatWaitsIsListedToo() throws {
        let store = try TestStore()
        let inbox = try OperatorInbox(store.database.directory)
        try take([[(0, event(.failure, 0))]], in: store)
        let later = event(.repair, 9)
        _ = try inbox.give(.maintenance(later), by: "bert", note: nil, at: Self.time)
        let model = try ReadModel(store.database.directory)
        #expect(
            try model.maintenance() == [
                ReadModel.MaintenanceRow(
                    event: event(.failure, 0), by: "anna", isWaiting: false),
                ReadModel.MaintenanceRow(event: later, by: "bert", isWaiting: true),
            ])
        #expect(try model.maintenance(of: "P-9").count == 2)
        #expect(try model.maintenance(of: "P-1") == [])
    }

    @Test func eventsAreCounted() throws {
        let store = try TestStore()
        var writer = try store.writer()
        var step = Sample.step(changes: [])
        step.counters.maintenanceTaken = 5
        step.counters.maintenanceRefused = 3
        _ = try writer.write(step)
        #expect(
            try store.rows("SELECT maintenance_taken, maintenance_refused FROM runtime") == ["5|3"])
    }

    /// The table of decisions is made anew; what it holds, and what comes next, stay.
    @Test func anOlderDatabaseKeepsItsDecisions() throws {
        let parent = try TemporaryDirectory()
        let directory = try StateDirectory(creating: parent.path + "/state")
        let pool = try DatabasePool(path: directory.databasePath)
        try Schema.migrator.migrate(pool, upTo: "v4")
        try pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO operator_command (id, given_at, given_by, action, ticket, outcome,
                            part, note, step, refusal)
                        VALUES (7, 1, 'anna', 'close', 't', 'confirmed', 'p', 'n', 3,
                            'already_closed');
                    INSERT INTO operator_command (id, given_at, given_by, action, device, duration)
                        VALUES (9, 2, 'bert', 'shelve', 'P-1', 60000000000);
                    """)
        }
        try pool.close()
        let database = try StateDatabase(opening: directory)
        let inbox = OperatorInbox(database)
        #expect(try inbox.fate(of: 7) == .refused(.alreadyClosed))
        let waiting = try inbox.waiting(after: 0, limit: 9)
        #expect(waiting.map(\.id) == [9])
        #expect(waiting.first?.action == .shelve(device: "P-1", duration: .minutes(1)))
        #expect(
            try inbox.give(.unshelve(device: "P-1"), by: "anna", note: nil, at: Self.time) == 10)
        #expect(try database.read { try Row.fetchAll($0, sql: "PRAGMA foreign_key_check") } == [])
    }

    @Test(
        arguments: [
            ("'', 1, '', 'repair', NULL", "device <> ''"),
            ("'P', 1, '', 'mended', NULL", "event IN"),
            ("'P', 1, '', 'repair', -1", "cost >= 0"),
        ])
    func constraints(_ values: String, _ constraint: String) throws {
        let store = try TestStore()
        let error = #expect(throws: DatabaseError.self) {
            try store.execute(
                """
                INSERT INTO maintenance (device, time, component, event, cost, given_by, step)
                VALUES (\(values), 'b', 1)
                """)
        }
        #expect(error?.message?.contains(constraint) == true)
    }
}
