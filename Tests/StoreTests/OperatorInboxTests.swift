import GRDB
import Primitives
import Testing

@testable import Engine
@testable import Store
@testable import Tickets
@testable import Windows

@Suite struct OperatorInboxTests {
    private static let ticket = "00c0ffee00c0ffee"
    private static let actions: [OperatorCommand.Action] = [
        .acknowledge(ticket: ticket), .plan(ticket: ticket, at: Sample.time + .days(3)),
        .close(ticket: ticket, outcome: .wrongComponent, part: "6312-C3"),
        .close(ticket: ticket, outcome: .duplicate, part: nil), .reopen(ticket: ticket),
        .shelve(device: "P-101", duration: .minutes(90)), .unshelve(device: "P-101"),
    ]

    private func give(_ store: TestStore, _ action: OperatorCommand.Action) throws -> Int64 {
        try OperatorInbox(store.database.directory).give(
            action, by: "anna", note: "n", at: Sample.time)
    }

    /// Written by one connection, read by the daemon's: as it was given, in order.
    @Test func whatIsGivenIsRead() throws {
        let store = try TestStore()
        let ids = try Self.actions.map { try give(store, $0) }
        #expect(ids == ids.sorted())
        let waiting = try OperatorInbox(store.database).waiting(after: 0, limit: 100)
        #expect(waiting.map(\.id) == ids)
        #expect(waiting.map(\.action) == Self.actions)
        #expect(waiting.allSatisfy { $0.by == "anna" && $0.note == "n" })
        let rest = try OperatorInbox(store.database).waiting(after: ids[2], limit: 2)
        #expect(rest.map(\.id) == [ids[3], ids[4]])
    }

    /// The step that takes decisions says so, in its own transaction.
    @Test func aStepMarksWhatItTook() throws {
        let store = try TestStore()
        let ids = try Self.actions.map { try give(store, $0) }
        let inbox = OperatorInbox(store.database)
        var step = Sample.step()
        step.commands = try inbox.waiting(after: 0, limit: 2).map { AppliedCommand(command: $0) }
        step.commands[1].refusal = .alreadyClosed
        var writer = try store.writer()
        _ = try writer.write(step)
        #expect(try inbox.fate(of: ids[0]) == .applied)
        #expect(try inbox.fate(of: ids[1]) == .refused(.alreadyClosed))
        #expect(try inbox.fate(of: ids[2]) == .waiting)
        #expect(try inbox.fate(of: 99) == nil)
        #expect(try inbox.waiting(after: 0, limit: 100).map(\.id) == Array(ids[2...]))
        let history = try StepHistory(store.database).steps(after: 0)
        #expect(history.map(\.sequence) == [1])
        #expect(history[0].commands.map(\.id) == [ids[0]], "a refused one is not folded again")
    }

    @Test func shelvesAreShownWithTheDevice() throws {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(Sample.step())
        for action in Self.actions.suffix(2) { _ = try give(store, action) }
        let commands = try OperatorInbox(store.database).waiting(after: 0, limit: 100)
        for (place, command) in commands.enumerated() {
            var step = EngineStep(
                sequence: 2 + place, advancedTo: Sample.time + .hours(Int64(place)),
                counters: EngineCounters())
            step.commands = [AppliedCommand(command: command)]
            _ = try writer.write(step)
            let until = Sample.time + (place == 0 ? .minutes(90) : .hours(1))
            #expect(
                try store.rows("SELECT shelved_from, shelved_until FROM device")
                    == ["\(Sample.time.nanoseconds)|\(until.nanoseconds)"])
        }
    }

    /// A decision given and a step lost: the row waits for the next engine.
    @Test func aFailedStepLeavesTheDecisionWaiting() throws {
        let store = try TestStore()
        let id = try give(store, Self.actions[0])
        let inbox = OperatorInbox(store.database)
        var step = Sample.step()
        step.commands = try inbox.waiting(after: 0, limit: 1).map { AppliedCommand(command: $0) }
        var writer = try store.writer()
        try store.execute(
            "CREATE TRIGGER no BEFORE UPDATE ON runtime BEGIN SELECT RAISE(ABORT, 'no'); END")
        try store.execute("INSERT OR REPLACE INTO runtime (id) VALUES (1)")
        #expect(throws: StoreFailure.self) { _ = try writer.write(step) }
        #expect(try inbox.fate(of: id) == .waiting)
        #expect(try store.rows("SELECT count(*) FROM step") == ["0"])
    }

    /// Changes of tickets about silence come back as they were committed.
    @Test func committedSilenceIsReadBack() throws {
        let store = try TestStore()
        var step = Sample.step()
        step.changes[0].ticket.component = "telemetry"
        step.changes[0].ticket.failureMode = TelemetryFailure.siteOutage.rawValue
        step.changes[0].reason = .siteSilent
        var writer = try store.writer()
        _ = try writer.write(step)
        let change = step.changes[0]
        let found = try StepHistory(store.database).steps(after: 0).flatMap(\.silences)
        #expect(
            found == [
                RecordedSilence(
                    ticket: change.ticket.id, revision: 1, kind: .opened, time: change.time,
                    reason: .siteSilent, device: "P-101", failure: .siteOutage,
                    firstSeen: change.ticket.firstSeen, openedAt: change.ticket.openedAt)
            ])
    }

    @Test func anOperatorsChangeSaysWho() throws {
        var change = Sample.step().changes[0]
        let plain = TicketDocument.json(change)
        #expect(!plain.contains("operator"))
        change.operatorNote = TicketChange.OperatorNote(
            OperatorCommand(id: 1, action: Self.actions[2], by: "anna", note: "see photo"))
        #expect(
            TicketDocument.json(change)
                == String(plain.dropLast())
                + #","operator":{"by":"anna","planned_for":null,"outcome":"wrong_component","#
                + #""part":"6312-C3","note":"see photo"}}"#)
    }

    /// A database of the first version is brought up to date, with what it holds.
    @Test func theFirstVersionIsUpgraded() throws {
        let parent = try TemporaryDirectory()
        let directory = try StateDirectory(creating: parent.path + "/state")
        let pool = try DatabasePool(path: directory.databasePath)
        try Schema.migrator.migrate(pool, upTo: "v1")
        try pool.write { db in
            try db.execute(
                sql: "INSERT INTO device (name, class, first_seen) VALUES ('P-101', 'pump', 1)")
        }
        try pool.close()
        let failure = #expect(throws: StoreFailure.self) { _ = try ReadModel(directory) }
        #expect(failure?.description.contains("older version") == true)
        let database = try StateDatabase(opening: directory)
        let model = try ReadModel(directory)
        #expect(try model.devices().map(\.name) == ["P-101"])
        #expect(try OperatorInbox(database).waiting(after: 0, limit: 1) == [])
    }
}
