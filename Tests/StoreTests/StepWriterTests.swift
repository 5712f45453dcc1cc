import GRDB
import Testing

@testable import Engine
@testable import Primitives
@testable import Store
@testable import Tickets
@testable import Windows

@Suite struct StepWriterTests {
    private func check(_ store: TestStore, _ sql: String, _ expected: [String]) throws {
        #expect(try store.rows(sql) == expected, "\(sql)")
    }

    /// With every step of a daemon that has a journal, and forgotten when it has none.
    @Test func theJournalsPositionIsThatOfTheLastStep() throws {
        let store = try TestStore()
        let history = StepHistory(store.database)
        #expect(try history.journal() == JournalPosition(record: 0, lines: 0))
        var writer = try store.writer()
        for (number, lines) in [(4, 0), (4, 7), (9, 2)] as [(UInt64, UInt64)] {
            let position = JournalPosition(record: number, lines: lines)
            _ = try writer.write(Sample.step(Int(number + lines), changes: []), journal: position)
            #expect(try history.journal() == position)
        }
        _ = try writer.write(Sample.step(20, changes: []))
        #expect(try history.journal() == nil)
    }

    @Test func everyTableIsWritten() throws {
        let store = try TestStore()
        var writer = try store.writer()
        let input = FoldedInput(name: "a.lp.gz", size: 1_000, hash: "h", offset: 512)
        let outcome = try writer.write(Sample.step(), input: input)
        var expected = StepOutcome()
        expected.windows = 2
        expected.changes = 1
        expected.messages = 3
        #expect(outcome == expected)
        let t = Sample.time.nanoseconds
        let end = t + 60_000_000_000
        try check(
            store, "SELECT * FROM device",
            ["1|P-101|pump|\(t)|\(t)|62.5|0.75|abnormal|1.0|||||||||||60.0"])
        try check(store, "SELECT * FROM device_attribute", ["1|site|Kiel"])
        try check(
            store, "SELECT * FROM signal ORDER BY id",
            ["1|1|pump.vibration_rms|mm/s||||||", "2|1|pump.temperature|||||||"])
        try check(
            store,
            """
            SELECT start, signal, count, min, max, mean, sd, first, last FROM window ORDER BY key
            """, ["\(t)|1|60|1.0|2.0|1.5|0.25|1.25|1.75", "\(t)|2|60|1.0|2.0||0.25|1.25|1.75"])
        try check(store, "SELECT * FROM window_start", ["\(t)"])
        try check(
            store, "SELECT * FROM device_score",
            ["\(t)|1|\(end)|2|0.75|4.25|62.5|abnormal|1|||"])
        try check(store, "SELECT * FROM signal_score", ["\(t)|1|0.0|2.5|abnormal|good|4.5"])
        try check(
            store, "SELECT * FROM prognosis",
            ["1|bearing|\(end)|1209600.0|0.625|432000.0|777600.0||trend_to_limit"])
        try check(
            store, "SELECT id, device, component, state, revision, severity, risk FROM ticket",
            ["00c0ffee00c0ffee|1|bearing|open|1|warning|0.625"])
        try check(
            store, "SELECT ticket, revision, type, time, reason FROM ticket_change",
            ["00c0ffee00c0ffee|1|opened|\(t)|failure_risk"])
        try check(store, "SELECT * FROM ticket_decision", ["1|bearing|\(end)|failure_risk"])
        try check(
            store, "SELECT id, sink, event_id, time, attempts, delivered_at FROM outbox",
            [
                "1|spool|00c0ffee00c0ffee-1|\(t)|0|", "2|alerts|00c0ffee00c0ffee-1|\(t)|0|",
                "3|alerts|P-101/abnormal/\(end)|\(end)|0|",
            ])
        try check(store, "SELECT * FROM alert", ["1|\(end)|1|abnormal|62.5|0.75|1"])
        try check(
            store, "SELECT * FROM refusal",
            ["udp:127.0.0.1|late|3|\(t)|0|pump vibration_rms=1"])
        try check(
            store, "SELECT * FROM step",
            ["1|\(t + 120_000_000_000)|2|\(t)|\(t)|1|c1|a.lp.gz|1000|h|512"])
        try check(
            store, "SELECT sequence, lines_accepted, lines_refused, readings, process FROM runtime",
            ["1|120|3|240|{}"])
        try check(store, "SELECT value FROM metadata WHERE key = 'gateway'", ["gw-1"])
        #expect(try store.database.lastSequence() == 1)
        #expect(try store.database.resumeOffset(of: input) == 512)
    }

    @Test func viewsAreReadable() throws {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(Sample.step())
        try check(
            store, "SELECT * FROM window_readable WHERE mean IS NOT NULL",
            [
                "P-101|pump.vibration_rms|2026-02-03T04:10:00Z|60|1.0|2.0|1.5|0.25|1.25|1.75||1.0|||||mm/s|"
                    + "\(Sample.time.nanoseconds)"
            ])
        try check(
            store, "SELECT * FROM device_health",
            ["P-101|pump|62.5|0.75|abnormal|1.0|2026-02-03T04:10:00Z|1"])
        try check(
            store,
            "SELECT ticket, device, component, severity, remaining_days, service_by "
                + "FROM open_ticket",
            ["00c0ffee00c0ffee|P-101|bearing|warning|9.0|2026-02-08T04:10:00Z"])
    }

    /// Everything or nothing: each table in turn refuses its row, and no table has any.
    @Test(arguments: [
        "outbox", "alert", "refusal", "runtime", "step", "ticket", "ticket_change",
        "ticket_decision", "prognosis", "signal_score", "device_score", "window", "signal",
    ])
    func aStepIsThereAsAWholeOrNotAtAll(_ table: String) throws {
        let store = try TestStore()
        var writer = try store.writer()
        try store.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON \(table) BEGIN SELECT raise(ABORT, 'no'); END")
        #expect(throws: StoreFailure.self) { try writer.write(Sample.step()) }
        for name in [
            "outbox", "alert", "refusal", "runtime", "step", "ticket", "ticket_change",
            "ticket_decision", "prognosis", "signal_score", "device_score", "window", "signal",
            "device", "device_attribute",
        ] {
            try check(store, "SELECT count(*) FROM \(name)", ["0"])
        }
        // The same writer goes on with the same step once the cause is gone.
        try store.execute("DROP TRIGGER broken")
        #expect(try writer.write(Sample.step()).windows == 2)
        try check(store, "SELECT count(*) FROM window", ["2"])
        try check(store, "SELECT name FROM device", ["P-101"])
    }

    @Test func aStepMayBeGivenUp() throws {
        let store = try TestStore()
        var writer = try store.writer()
        try store.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON runtime BEGIN SELECT raise(ABORT, 'no'); END")
        #expect(throws: StoreFailure.self) { try writer.write(Sample.step()) }
        try store.execute("DROP TRIGGER broken")
        var next = Sample.step(2)
        next.devices = []
        next.signals = []
        #expect(try writer.write(next).windows == 2)
        try check(
            store, "SELECT signal FROM window_readable ORDER BY signal",
            ["pump.temperature", "pump.vibration_rms"])
    }

    @Test func writingAStepTwiceChangesNothing() throws {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(Sample.step())
        let outcome = try writer.write(Sample.step())
        var expected = StepOutcome()
        expected.isRepeated = true
        expected.windowsKept = 2
        expected.changesKept = 1
        #expect(outcome == expected)
        try check(store, "SELECT count(*) FROM outbox", ["3"])
        try check(store, "SELECT count FROM refusal", ["3"])
    }

    @Test func theCommittedChangeWins() throws {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(Sample.step())
        var other = Sample.ticket()
        other.severity = .urgent
        let outcome = try writer.write(Sample.step(2, changes: [Sample.change(of: other)]))
        #expect(outcome.changesKept == 1)
        #expect(outcome.changesDiffering == 1)
        try check(store, "SELECT severity, revision FROM ticket", ["warning|1"])
        try check(store, "SELECT count(*) FROM ticket_change", ["1"])
        try check(store, "SELECT count FROM refusal", ["6"])
    }

    @Test func rowsAreFoundByName() throws {
        let store = try TestStore()
        var first = try store.writer()
        _ = try first.write(Sample.step())
        // The next process discovers another device first.
        var second = try store.writer()
        var step = EngineStep(sequence: 2, advancedTo: Sample.time, counters: EngineCounters())
        let fan = DeviceID(rawValue: 0)
        let pump = DeviceID(rawValue: 1)
        let fanSpeed = SignalID(rawValue: 0)
        let vibration = SignalID(rawValue: 1)
        step.devices = [
            Sample.device("F-1", id: fan, signals: [fanSpeed]),
            Sample.device("P-101", id: pump, signals: [vibration]),
        ]
        step.signals = [
            Signal(id: fanSpeed, device: fan, name: "fan.speed"),
            Signal(id: vibration, device: pump, name: "pump.vibration_rms"),
        ]
        let later = Sample.time + .minutes(5)
        step.closed = [
            Sample.closed(
                device: fan, start: later, summaries: [Sample.summary(fanSpeed)],
                signals: [Sample.assessment(fanSpeed)]),
            Sample.closed(
                device: pump, start: later, summaries: [Sample.summary(vibration)],
                signals: [Sample.assessment(vibration)]),
        ]
        _ = try second.write(step)
        try check(
            store,
            "SELECT device, signal FROM window_readable WHERE start LIKE '%04:15:00Z' "
                + "ORDER BY device",
            ["F-1|fan.speed", "P-101|pump.vibration_rms"])
        try check(store, "SELECT count(*) FROM device", ["2"])
        try check(store, "SELECT count(*) FROM signal", ["3"])
    }

    @Test func ticketsWaitForTheDisk() throws {
        let store = try TestStore()
        var writer = try store.writer()
        func synchronous() throws -> Int? {
            try store.database.pool.writeWithoutTransaction { db in
                try Int.fetchOne(db, sql: "PRAGMA synchronous")
            }
        }
        _ = try writer.write(Sample.step(1, changes: []))
        #expect(try synchronous() == 1)
        _ = try writer.write(Sample.step(2))
        #expect(try synchronous() == 2)
        _ = try writer.write(Sample.step(3, changes: []))
        #expect(try synchronous() == 1)
    }

    @Test(
        arguments: [
            ([.opened], "open"), ([.opened, .updated], "open"),
            ([.opened, .recovered], "recovered"),
            ([.opened, .acknowledged, .escalated], "acknowledged"),
            ([.opened, .planned, .updated], "planned"),
            ([.opened, .recovered, .reopened], "open"), ([.opened, .recovered, .closed], "closed"),
        ] as [([TicketChange.Kind], String)])
    func ticketStates(_ kinds: [TicketChange.Kind], _ state: String) throws {
        let store = try TestStore()
        var writer = try store.writer()
        let changes = kinds.enumerated().map { index, kind in
            Sample.change(
                kind, revision: index + 1, time: Sample.time + .minutes(Int64(index)))
        }
        _ = try writer.write(Sample.step(1, changes: changes))
        try check(store, "SELECT state, revision FROM ticket", ["\(state)|\(kinds.count)"])
    }

    @Test func aForgottenTicketIsSuperseded() throws {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(Sample.step())
        let successor = Sample.change(of: Sample.ticket("1111111111111111"))
        let outcome = try writer.write(Sample.step(2, changes: [successor]))
        #expect(outcome.ticketsSuperseded == 1)
        #expect(outcome.messages == 4)
        try check(
            store, "SELECT id, state, revision FROM ticket ORDER BY id",
            ["00c0ffee00c0ffee|closed|2", "1111111111111111|open|1"])
        let documents = try store.rows(
            "SELECT document FROM ticket_change WHERE type = 'closed' AND reason = 'superseded'")
        var expected = Sample.ticket()
        expected.sentence = "Superseded by ticket 1111111111111111 for the same component."
        let closed = Sample.change(.closed, revision: 2, of: expected)
        #expect(documents == [TicketDocument.json(closed)])
        try check(
            store,
            "SELECT payload FROM outbox WHERE sink = 'alerts' "
                + "AND event_id = '00c0ffee00c0ffee-2'",
            [
                "time=2026-02-03T04:10:00Z level=notice event=ticket.closed "
                    + "ticket=00c0ffee00c0ffee device=P-101 component=bearing severity=warning "
                    + "msg=\"Superseded by ticket 1111111111111111 for the same component.\""
            ])
    }

    @Test func emptyStepsOnlyCount() throws {
        let store = try TestStore()
        var writer = try store.writer()
        var counters = EngineCounters()
        counters.linesAccepted = .max
        _ = try writer.write(
            EngineStep(sequence: 5, advancedTo: Sample.time, counters: counters))
        try check(store, "SELECT count(*) FROM step", ["0"])
        try check(store, "SELECT lines_accepted FROM runtime", ["\(Int64.max)"])
        try writer.publish(process: #"{"uptime_seconds":5}"#)
        try check(
            store, "SELECT sequence, process FROM runtime", [#"5|{"uptime_seconds":5}"#])
    }

    @Test func aBusyDatabaseIsWorthAnotherTry() throws {
        let store = try TestStore()
        var writer = try store.writer()
        let other = try DatabaseQueue(path: store.database.directory.databasePath)
        try store.execute("PRAGMA busy_timeout = 0")
        try other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            let failure = #expect(throws: StoreFailure.self) { try writer.write(Sample.step()) }
            #expect(failure?.isRetryable == true)
            #expect(failure?.category == .unavailable)
            #expect(
                failure?.description == "cannot write step 1 to "
                    + store.database.directory.databasePath
                    + ": another program is writing to it - close it")
            try db.execute(sql: "ROLLBACK")
        }
        #expect(try writer.write(Sample.step()).windows == 2)
    }

    /// A limit on pages is a full disk.
    @Test func aFullDiskIsWorthAnotherTry() throws {
        let store = try TestStore()
        var writer = try store.writer()
        let pages = try store.rows("PRAGMA page_count").first ?? "0"
        try store.execute("PRAGMA max_page_count = \(pages)")
        var step = Sample.step()
        step.refused[0].sample = String(repeating: "x", count: 20_000)
        let failure = #expect(throws: StoreFailure.self) { try writer.write(step) }
        #expect(failure?.isRetryable == true)
        #expect(failure?.description.hasSuffix(": the disk is full - free some space") == true)
        try check(store, "SELECT count(*) FROM step", ["0"])
        try store.execute("PRAGMA max_page_count = 1073741823")
        #expect(try writer.write(step).changes == 1)
    }
}
