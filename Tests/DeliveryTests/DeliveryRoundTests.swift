import Foundation
import GRDB
import Logging
import Platform
import Primitives
import Synchronization
import Testing

@testable import Delivery
@testable import Store

@Suite struct DeliveryRoundTests {
    /// A state directory with an outbox, and what was logged about it.
    private final class World: Sendable {
        let path: String
        let database: StateDatabase
        let log = Log()

        init() throws {
            path = FileManager.default.temporaryDirectory.path + "/forestall-\(UUID().uuidString)"
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
            database = try StateDatabase(opening: StateDirectory(creating: path))
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func round() -> DeliveryRound {
            DeliveryRound(
                database, logger: Logger(label: "test") { [log] _ in LogHandler(log: log) })
        }

        func enqueue(_ sink: OutboxSink, _ event: String, _ payload: String) throws {
            try database.write { db in
                _ = try Outbox.enqueue(
                    sink, eventID: event, payload: payload, time: Timestamp(seconds: 1), in: db)
            }
        }

        func files() throws -> [String: String] {
            let names = try FileManager.default.contentsOfDirectory(atPath: path + "/outbox/new")
            var result: [String: String] = [:]
            for name in names { result[name] = try text("outbox/new/" + name) }
            return result
        }

        func text(_ name: String) throws -> String {
            try String(contentsOfFile: path + "/" + name, encoding: .utf8)
        }

        func put(_ name: String, _ text: String) throws {
            let url = URL(fileURLWithPath: path + "/" + name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }

        func remove(_ name: String) throws {
            try FileManager.default.removeItem(atPath: path + "/" + name)
        }

        /// `event attempts delivered_at last_error`, one row each.
        func rows() throws -> [String] {
            try database.read { db in
                try Row.fetchAll(
                    db,
                    sql: """
                        SELECT event_id, attempts,
                            ifnull(CAST(delivered_at AS TEXT), '-') AS delivered,
                            ifnull(last_error, '-') AS error FROM outbox ORDER BY id
                        """
                ).map { row in
                    "\(row["event_id"] as String) \(row["attempts"] as Int) "
                        + "\(row["delivered"] as String)"
                        + " \(row["error"] as String)"
                }
            }
        }
    }

    private final class Log: Sendable {
        let messages = Mutex<[String]>([])
    }

    private struct LogHandler: Logging.LogHandler {
        let log: Log
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        init(log: Log) { self.log = log }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.messages.withLock { $0.append("\(event.level) \(event.message)") }
        }
    }

    private let second: UInt64 = 1_000_000_000
    private let now = Timestamp(nanoseconds: 77)

    private func check(
        _ outcome: DeliveryRound.Outcome, delivered: Int, failures: Int = 0,
        next: UInt64? = nil, hasMore: Bool = false, line: Int = #line
    ) {
        let expected = DeliveryRound.Outcome(
            delivered: delivered, failures: failures, nextAttempt: next, hasMore: hasMore)
        #expect(outcome == expected, "line \(line)")
    }

    @Test func bothSinks() throws {
        let world = try World()
        try world.enqueue(.spool, "t-1", "{\"a\":1}")
        try world.enqueue(.alerts, "t-1", "event=one")
        try world.enqueue(.alerts, "t-2", "event=two")
        try world.enqueue(.spool, "../t 2", "{}")
        var round = world.round()
        check(round.run(now: now, monotonic: 0), delivered: 4)
        #expect(try world.files() == ["t-1.json": "{\"a\":1}", "%2E.%2Ft%202.json": "{}"])
        #expect(try world.text("alerts.log") == "event=one\nevent=two\n")
        #expect(
            try world.rows() == ["t-1 0 77 -", "t-1 0 77 -", "t-2 0 77 -", "../t 2 0 77 -"])
        #expect(try Outbox(world.database).backlog() == 0)
        // Nothing is due any more, also for the next process.
        check(round.run(now: now, monotonic: 0), delivered: 0)
        var next = world.round()
        check(next.run(now: now, monotonic: 0), delivered: 0)
        #expect(try world.text("alerts.log") == "event=one\nevent=two\n")
    }

    /// Killed after the rename, before the mark: the reader may have the file open already.
    @Test func killedBetweenFileAndMark() throws {
        let world = try World()
        try world.enqueue(.spool, "t-1", "{\"new\":1}")
        try world.put("outbox/new/t-1.json", "{\"old\":1}")
        var round = world.round()
        check(round.run(now: now, monotonic: 0), delivered: 1)
        #expect(try world.files() == ["t-1.json": "{\"old\":1}"])
        #expect(try world.rows() == ["t-1 0 77 -"])
    }

    /// Killed inside the write: a torn file under `tmp` is written anew.
    @Test func killedInsideTheWrite() throws {
        let world = try World()
        try world.enqueue(.spool, "t-1", "{\"whole\":1}")
        try world.put("outbox/tmp/t-1.json", "{\"tor")
        var round = world.round()
        check(round.run(now: now, monotonic: 0), delivered: 1)
        #expect(try world.files() == ["t-1.json": "{\"whole\":1}"])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: world.path + "/outbox/tmp") == [])
    }

    @Test func aFailingSinkRestsAndBlocksNobody() throws {
        let world = try World()
        try world.put("outbox/new", "in the way")
        try world.enqueue(.spool, "t-1", "{}")
        try world.enqueue(.spool, "t-2", "{}")
        try world.enqueue(.alerts, "t-1", "event=one")
        var round = world.round()
        check(
            round.run(now: now, monotonic: 10 * second), delivered: 1, failures: 1,
            next: 11 * second)
        #expect(try world.text("alerts.log") == "event=one\n")
        let rows = try world.rows()
        #expect(rows[0].hasPrefix("t-1 1 - cannot create directory \(world.path)/outbox/new: "))
        #expect(rows[1] == "t-2 0 - -", "later rows wait for the first")
        // It rests; meanwhile the other sink goes on.
        try world.enqueue(.alerts, "t-2", "event=two")
        check(round.run(now: now, monotonic: 10 * second), delivered: 1, next: 11 * second)
        // Twice more in vain: the pause doubles, and the same error is logged once.
        check(
            round.run(now: now, monotonic: 11 * second), delivered: 0, failures: 1,
            next: 13 * second)
        check(
            round.run(now: now, monotonic: 13 * second), delivered: 0, failures: 1,
            next: 17 * second)
        #expect(try world.rows()[0].hasPrefix("t-1 3 - "))
        let failed = "error delivery failed; messages wait in the outbox"
        #expect(world.log.messages.withLock { $0 } == [failed])
        // The cause is gone: everything arrives, in order, once.
        try world.remove("outbox/new")
        check(round.run(now: now, monotonic: 16 * second), delivered: 0, next: 17 * second)
        check(round.run(now: now, monotonic: 17 * second), delivered: 2)
        #expect(try world.files() == ["t-1.json": "{}", "t-2.json": "{}"])
        #expect(try world.rows()[0] == "t-1 3 77 -")
        #expect(
            world.log.messages.withLock { $0 } == [failed, "notice delivery works again"])
    }

    @Test func theLastRoundDoesNotRest() throws {
        let world = try World()
        try world.put("outbox", "in the way")
        try world.enqueue(.spool, "t-1", "{}")
        var round = world.round()
        check(round.run(now: now, monotonic: 0), delivered: 0, failures: 1, next: second)
        try world.remove("outbox")
        check(round.run(now: now, monotonic: 0, isLast: true), delivered: 1)
    }

    @Test func anAlertLogThatCannotBeOpened() throws {
        let world = try World()
        try world.put("alerts.log/in-the-way", "")
        try world.enqueue(.alerts, "t-1", "event=one")
        var round = world.round()
        check(round.run(now: now, monotonic: 0), delivered: 0, failures: 1, next: second)
        try world.remove("alerts.log")
        check(round.run(now: now, monotonic: second), delivered: 1)
        #expect(try world.text("alerts.log") == "event=one\n")
    }

    /// The line is in the log and the database refuses the mark: only the mark is repeated.
    @Test func aMessageThatCannotBeMarkedIsNotSentAgain() throws {
        let world = try World()
        try world.enqueue(.alerts, "t-1", "event=one")
        try world.database.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER broken BEFORE UPDATE ON outbox
                    BEGIN SELECT raise(ABORT, 'no'); END
                    """)
        }
        var round = world.round()
        check(round.run(now: now, monotonic: 0), delivered: 0, failures: 1, next: second)
        #expect(try world.text("alerts.log") == "event=one\n")
        try world.database.write { db in try db.execute(sql: "DROP TRIGGER broken") }
        check(round.run(now: now, monotonic: second), delivered: 1)
        #expect(try world.text("alerts.log") == "event=one\n")
        #expect(try world.rows() == ["t-1 0 77 -"])
    }

    @Test func theAlertLogIsReopened() throws {
        let world = try World()
        try world.enqueue(.alerts, "t-1", "event=one")
        var round = world.round()
        check(round.run(now: now, monotonic: 0), delivered: 1)
        try FileManager.default.moveItem(
            atPath: world.path + "/alerts.log", toPath: world.path + "/alerts.log.1")
        try world.enqueue(.alerts, "t-2", "event=two")
        check(round.run(now: now, monotonic: 0), delivered: 1)
        #expect(try world.text("alerts.log.1") == "event=one\nevent=two\n")
        round.reopenAlertLog()
        try world.enqueue(.alerts, "t-3", "event=three")
        check(round.run(now: now, monotonic: 0), delivered: 1)
        #expect(try world.text("alerts.log") == "event=three\n")
    }

    @Test func roundsAreBounded() throws {
        let world = try World()
        for index in 0..<OutboxDrain.limit + 1 {
            try world.enqueue(.alerts, "t-\(index)", "event=\(index)")
        }
        var round = world.round()
        check(round.run(now: now, monotonic: 0), delivered: OutboxDrain.limit, hasMore: true)
        check(round.run(now: now, monotonic: 0), delivered: 1)
    }
}
