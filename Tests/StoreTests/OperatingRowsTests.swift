import GRDB
import Primitives
import Testing

@testable import Detection
@testable import Engine
@testable import Store
@testable import Tickets

/// What machines did in the store: rows, views, and the hours of components.
@Suite struct OperatingRowsTests {
    /// The start of window `hours` after the sample's time; windows of an hour.
    private static func time(_ hours: Int64) -> Timestamp { Sample.time + .hours(hours) }

    /// Windows `hours` of a device that has run for half of them and was started twice; one step
    /// each from `first` on.
    private func steps(_ hours: Range<Int64>, from first: Int = 1) -> [EngineStep] {
        hours.enumerated().map { index, hour in
            var step = Sample.step(first + index, changes: [])
            step.closed = [Sample.closed(start: Self.time(hour))]
            step.closed[0].assessment.end = Self.time(hour + 1)
            let running = TimeSpan.minutes((hour + 1) * 30)
            step.closed[0].assessment.operation = DeviceOperation(
                state: hour % 2 == 0 ? .running : .idle,
                tally: OperatingTally(
                    running: running, idle: running, observed: .hours(hour + 1), starts: 2))
            return step
        }
    }

    private func event(
        _ kind: MaintenanceEvent.Kind, _ hours: Double, _ component: String = "bearing"
    ) -> MaintenanceEvent {
        MaintenanceEvent(
            time: Sample.time + TimeSpan(secondsRounded: hours * 3_600), device: "P-101",
            component: component, kind: kind)
    }

    private func taking(_ events: [MaintenanceEvent], _ sequence: Int) -> EngineStep {
        var step = EngineStep(
            sequence: sequence, advancedTo: Sample.time, counters: EngineCounters())
        step.commands = events.map {
            AppliedCommand(command: OperatorCommand(id: 0, action: .maintenance($0), by: "anna"))
        }
        return step
    }

    private func write(_ steps: [EngineStep], to store: TestStore) throws {
        var writer = try store.writer()
        for step in steps { _ = try writer.write(step) }
    }

    @Test func eachWindowSaysWhatTheMachineDid() throws {
        let store = try TestStore()
        try write(steps(0..<3), to: store)
        #expect(
            try store.rows("SELECT operating, running_s FROM device_score ORDER BY start") == [
                "running|1800.0", "idle|3600.0", "running|5400.0",
            ])
        #expect(
            try store.rows("SELECT operating, running_s, idle_s, observed_s, starts FROM device")
                == ["running|5400.0|5400.0|10800.0|2"])
        #expect(
            try store.rows(
                """
                SELECT device, operating, running_hours, idle_hours, observed_hours, starts,
                    running_share, availability FROM device_operation
                """) == ["P-101|running|1.5|1.5|3.0|2|0.5|1.0"])
        let operation = try ReadModel(store.database.directory).devices().first?.operation
        #expect(
            operation
                == ReadModel.OperationRow(
                    state: "running", running: 5_400, idle: 5_400, observed: 10_800, starts: 2,
                    availability: 1))
    }

    @Test(arguments: OperatingState.allCases)
    func everyStateHasAWord(_ state: OperatingState) throws {
        let store = try TestStore()
        var step = steps(0..<1)[0]
        step.closed[0].assessment.operation?.state = state
        try write([step], to: store)
        #expect(try store.rows("SELECT operating FROM device_score") == ["\(state)"])
    }

    /// A class that does not say when its machines run has no hours; one that no longer says so
    /// keeps what was counted.
    @Test func withoutAConditionThereIsNothing() throws {
        let store = try TestStore()
        try write([Sample.step(changes: [])], to: store)
        let columns = "SELECT operating, running_s, idle_s, observed_s, starts FROM device"
        #expect(try store.rows(columns) == ["||||"])
        #expect(try store.rows("SELECT operating, running_s FROM device_score") == ["|"])
        #expect(try ReadModel(store.database.directory).devices().first?.operation == nil)
        try write(steps(1..<2, from: 2), to: store)
        var last = steps(2..<3, from: 3)[0]
        last.closed[0].assessment.operation = nil
        try write([last], to: store)
        #expect(try store.rows(columns) == ["|3600.0|3600.0|7200.0|2"])
    }

    /// A step that comes again, and windows older than the latest, change nothing.
    @Test func nothingGoesBack() throws {
        let store = try TestStore()
        let all = steps(0..<4)
        try write(all + all.prefix(2), to: store)
        #expect(try store.rows("SELECT running_s, starts FROM device") == ["7200.0|2"])
        #expect(try StepHistory(store.database).operations().map(\.tally.running) == [.hours(2)])
        #expect(try StepHistory(store.database).operations().map(\.device) == ["P-101"])
    }

    /// Half an hour of running an hour. An event in the third window has the two before it, told
    /// in time, right after, or long after; the life it begins counts from there.
    @Test(arguments: [2, 3, 4, 6])
    func aNewLifeCountsFromItsBeginning(_ told: Int) throws {
        let store = try TestStore()
        var all = steps(0..<6)
        all.insert(taking([event(.replacement, 2.25)], 100), at: told)
        for (index, _) in all.enumerated() { all[index].sequence = index + 1 }
        try write(all, to: store)
        #expect(try store.rows("SELECT running_s FROM maintenance") == ["3600.0"])
        let lives = "SELECT number, running_hours FROM component_life_readable ORDER BY number"
        #expect(try store.rows(lives) == ["1|", "2|2.0"])
        try write(
            [taking([event(.failure, 6.5), event(.repair, 6.75)], 8)] + steps(6..<10, from: 9),
            to: store)
        #expect(try store.rows(lives) == ["1|", "2|2.0", "3|2.0"])
        let model = try ReadModel(store.database.directory)
        #expect(try model.lives(of: "P-101").map(\.running) == [nil, 7_200, 7_200])
        #expect(try model.lives(of: "P-101").map(\.life.number) == [1, 2, 3])
        #expect(try model.maintenance().map(\.running) == [3_600, 10_800, 10_800])
    }

    /// Whoever closes the program in between: what waits for its window is found again.
    @Test func anEventWaitsForItsWindowOverARestart() throws {
        let store = try TestStore()
        try write(steps(0..<2) + [taking([event(.replacement, 2.25)], 3)], to: store)
        #expect(try store.rows("SELECT running_s FROM maintenance") == [""])
        try write(steps(2..<3, from: 4), to: store)
        #expect(try store.rows("SELECT running_s FROM maintenance") == ["3600.0"])
    }

    /// A step that could not be committed leaves the event waiting.
    @Test func anEventWaitsOverAFailedCommit() throws {
        let store = try TestStore()
        var writer = try store.writer()
        for step in steps(0..<2) + [taking([event(.replacement, 2.25)], 3)] {
            _ = try writer.write(step)
        }
        try store.execute("ALTER TABLE prognosis RENAME TO away")
        let next = steps(2..<3, from: 4)[0]
        var failing = next
        failing.closed[0].risks = [Sample.risk]
        #expect(throws: StoreFailure.self) { _ = try writer.write(failing) }
        try store.execute("ALTER TABLE away RENAME TO prognosis")
        _ = try writer.write(next)
        #expect(try store.rows("SELECT running_s FROM maintenance") == ["3600.0"])
    }

    /// Put to use at most a day before it was first seen: from nothing. Earlier: nobody counted.
    @Test(arguments: [(-0.1, "0.0"), (-23.9, "0.0"), (-24.1, ""), (0.5, "0.0")])
    func beforeItWasFirstSeen(_ hours: Double, _ running: String) throws {
        for told in [0, 1, 3] {
            let store = try TestStore()
            var all = steps(0..<3)
            all.insert(taking([event(.commissioned, hours)], 9), at: told)
            for (index, _) in all.enumerated() { all[index].sequence = index + 1 }
            try write(all, to: store)
            #expect(
                try store.rows("SELECT ifnull(running_s, '') FROM maintenance") == [running],
                "told after \(told) windows")
        }
    }

    /// Windows that are no longer kept give no hours, and what waits is not given those of a window
    /// it does not belong to.
    @Test func eventsAmongWindowsThatAreNoLongerKept() throws {
        let store = try TestStore()
        try write(steps(0..<3), to: store)
        try store.execute("DELETE FROM device_score")
        try store.execute(
            "INSERT INTO metadata (key, value) "
                + "VALUES ('windows_kept_from', '\(Self.time(3).nanoseconds)')")
        try write(
            [taking([event(.repair, 1.5), event(.repair, -2), event(.repair, 3.5)], 4)],
            to: store)
        let hours = "SELECT ifnull(running_s, '') FROM maintenance ORDER BY time"
        #expect(try store.rows(hours) == ["0.0", "", ""])
        try write(steps(3..<5, from: 5), to: store)
        #expect(try store.rows(hours) == ["0.0", "", "5400.0"])
    }

    /// Ten hours with four in work, failures told twice; then retired while in work.
    @Test func availability() throws {
        let store = try TestStore()
        try write(
            steps(0..<11) + [
                taking(
                    [
                        event(.failure, 2), event(.failure, 3, "seal"), event(.repair, 4),
                        event(.repair, 5, "seal"), event(.failure, 8),
                    ], 12)
            ], to: store)
        let share = "SELECT round(availability, 6) FROM device_operation"
        #expect(try store.rows(share) == ["0.6"])
        #expect(
            try store.rows(
                """
                SELECT (failed_at - \(Sample.time.nanoseconds)) / 3600000000000,
                    (until - \(Sample.time.nanoseconds)) / 3600000000000
                FROM device_down ORDER BY failed_at
                """) == ["2|4", "8|"])
        try write([taking([event(.retired, 9, "")], 13)], to: store)
        #expect(try store.rows(share) == ["0.7"])
        try write([taking([event(.failure, -50), event(.repair, 0)], 14)], to: store)
        #expect(try store.rows(share) == ["0.7"], "before it was first seen")
    }

    /// Rows of an older file stay, and are counted on.
    @Test func anOlderDatabaseKeepsItsRows() throws {
        let parent = try TemporaryDirectory()
        let directory = try StateDirectory(creating: parent.path + "/state")
        let pool = try DatabasePool(path: directory.databasePath)
        try Schema.migrator.migrate(pool, upTo: "v5")
        try pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO device (id, name, class, first_seen) VALUES (1, 'P-101', 'pump', 5);
                    INSERT INTO device_score VALUES (1, 1, 2, 1, 0.5, 1, 50, 'normal', 1);
                    INSERT INTO maintenance (time, device, component, event, given_by, step)
                        VALUES (5, 'P-101', 'bearing', 'repair', 'anna', 1);
                    INSERT INTO component_life (device, component, number, started_at)
                        VALUES ('P-101', 'bearing', 2, 5);
                    """)
        }
        try pool.close()
        let database = try StateDatabase(opening: directory)
        for (sql, nulls) in [
            ("SELECT score, operating, running_s FROM device_score", [false, true, true]),
            ("SELECT number, running_hours FROM component_life_readable", [false, true]),
            ("SELECT time, running_s FROM maintenance", [false, true]),
            ("SELECT device, running_hours, starts FROM device_operation", [false, true, true]),
        ] {
            let rows = try database.read { try Row.fetchAll($0, sql: sql) }
            #expect(rows.map { $0.databaseValues.map(\.isNull) } == [nulls], "\(sql)")
        }
        let wrong = try database.read { try Row.fetchAll($0, sql: "PRAGMA foreign_key_check") }
        #expect(wrong.isEmpty)
        #expect(try StepHistory(database).operations() == [])
    }
}
