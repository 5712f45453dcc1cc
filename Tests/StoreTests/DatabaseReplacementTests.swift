import Foundation
import GRDB
import Primitives
import Testing

@testable import Engine
@testable import Store
@testable import Tickets

/// What becomes of a database whose file is damaged.
@Suite struct DatabaseReplacementTests {
    private static let directories = ["ticket", "ticket_change", "outbox", "maintenance", "device"]

    /// A store with a step in it, all of it in the file and closed.
    private func written() throws -> TestStore {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(Sample.step(7))
        try store.execute("UPDATE outbox SET delivered_at = 5 WHERE sink = 'alerts'")
        try store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return store
    }

    /// Overwrites every page of a table but the schema.
    private func damage(_ table: String, of store: TestStore) throws {
        let pages = try store.database.read { db in
            (
                try Int.fetchAll(
                    db, sql: "SELECT rootpage FROM sqlite_schema WHERE name = ?",
                    arguments: [table]),
                try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
            )
        }
        for page in pages.0 {
            try overwrite(store, from: (page - 1) * pages.1, count: pages.1)
        }
    }

    private func overwrite(_ store: TestStore, from offset: Int, count: Int) throws {
        let path = store.database.directory.databasePath
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: Data(repeating: 0xA5, count: count))
        try handle.close()
    }

    private func replace(
        _ store: TestStore, _ sequence: Int, at time: Timestamp = Sample.time
    ) throws -> DatabaseReplacement.Outcome {
        try store.database.replace(at: time, after: sequence, gateway: "gw-1")
    }

    private func names(_ store: TestStore) -> [String] {
        DamagedDatabase.names(in: store.database.directory)
    }

    private func findings(_ store: TestStore) throws -> [String] {
        try DatabaseCheck(store.database).run().flatMap(\.findings)
    }

    @Test func whatCanBeReadIsTakenOver() throws {
        let store = try written()
        let before = try Self.directories.map { try store.rows("SELECT * FROM \($0)") }
        try damage("window", of: store)
        let outcome = try replace(store, 0)
        #expect(outcome.setAside == "forestall.db.damaged-20260203T041000Z")
        #expect(outcome.lost.isEmpty)
        #expect(names(store) == [outcome.setAside])
        #expect(try Self.directories.map { try store.rows("SELECT * FROM \($0)") } == before)
        #expect(try store.rows("SELECT count(*) FROM window") == ["0"])
        #expect(try findings(store).isEmpty)
        #expect(try StepHistory(store.database).last().sequence == 7)
        #expect(try store.rows("PRAGMA journal_mode") == ["wal"])
        var writer = try store.writer()
        let next = try writer.write(Sample.step(8))
        #expect(next.windows == 2)
        #expect(next.changesKept == 1, "the ticket's change is there already")
    }

    /// Nothing but the spool is left to say what was delivered.
    @Test func withoutTheFileTheSpoolSaysWhatWasDelivered() throws {
        let store = try written()
        let spool = store.database.directory.spoolPath
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
        let file = spool + "/00c0ffee00c0ffee-1.json"
        try Data("{}".utf8).write(to: URL(fileURLWithPath: file))
        try overwrite(store, from: 0, count: 100_000)
        let outcome = try replace(store, 6)
        #expect(outcome.takenOver.isEmpty)
        #expect(outcome.lost.contains("ticket"))
        #expect(try StepHistory(store.database).last().sequence == 6)
        var writer = try store.writer()
        let step = try writer.write(
            Sample.step(7, changes: [Sample.change(), Sample.change(.updated, revision: 2)]))
        #expect(step.changes == 2)
        // The first change lies in the spool; the second is new.
        let waiting = try Outbox(store.database).undelivered(for: .spool, limit: 9)
        #expect(waiting.map(\.eventID) == ["00c0ffee00c0ffee-2"])
        #expect(try findings(store).isEmpty)
    }

    /// A ticket whose first changes are in the damaged file is no finding; a gap is one.
    @Test func aTicketMayBeginInTheDamagedFile() throws {
        let store = try written()
        try overwrite(store, from: 0, count: 100_000)
        _ = try replace(store, 7)
        var writer = try store.writer()
        _ = try writer.write(Sample.step(8, changes: [Sample.change(.updated, revision: 3)]))
        #expect(try findings(store).isEmpty)
        _ = try writer.write(Sample.step(9, changes: [Sample.change(.updated, revision: 5)]))
        #expect(try findings(store).count == 1)
    }

    /// A step that was on its way when the file was exchanged introduces its devices again.
    @Test func theWriterGoesOn() throws {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(Sample.step(1))
        try store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        try overwrite(store, from: 4_096, count: 200_000)
        _ = try replace(store, 1)
        try writer.beginAgain()
        var step = Sample.step(2, changes: [])
        step.devices = []
        step.signals = []
        #expect(try writer.write(step).windows == 2)
        #expect(try store.rows("SELECT value FROM metadata WHERE key = 'gateway'") == ["gw-1"])
    }

    @Test func onlyTheNewestAreKept() throws {
        let store = try written()
        var made: [String] = []
        for number in 0..<5 {
            // Two of them in one second.
            let time = Sample.time + .seconds(Int64(number / 2))
            made.append(try replace(store, 7, at: time).setAside)
        }
        #expect(made[1] == made[0] + ".2")
        #expect(names(store) == made.suffix(DamagedDatabase.kept))
    }

    /// Between its last two renames there is no database; the next start ends what was begun.
    @Test func anInterruptedReplacementIsEnded() throws {
        let store = try written()
        _ = try replace(store, 7)
        try store.database.close()
        let directory = store.database.directory
        try FileManager.default.moveItem(
            atPath: directory.databasePath, toPath: directory.freshDatabasePath)
        try DatabaseReplacement.finish(in: directory)
        #expect(try StepHistory(StateDatabase(opening: directory)).last().sequence == 7)
        // A fresh one beside a database is of no use.
        try Data("x".utf8).write(to: URL(fileURLWithPath: directory.freshDatabasePath))
        try DatabaseReplacement.finish(in: directory)
        #expect(!FileManager.default.fileExists(atPath: directory.freshDatabasePath))
        #expect(try StepHistory(StateDatabase(opening: directory)).last().sequence == 7)
    }

    /// The place of the fresh file is taken: nothing is set aside, and a later call succeeds.
    @Test func aFailedReplacementCanBeRepeated() throws {
        let store = try written()
        let fresh = store.database.directory.freshDatabasePath
        try FileManager.default.createDirectory(
            atPath: fresh, withIntermediateDirectories: false)
        try Data().write(to: URL(fileURLWithPath: fresh + "/x"))
        let failure = #expect(throws: StoreFailure.self) {
            try replace(store, 7)
        }
        #expect(failure?.isRetryable == true)
        #expect(names(store).isEmpty)
        try FileManager.default.removeItem(atPath: fresh)
        #expect(try replace(store, 7).lost.isEmpty)
        #expect(names(store).count == 1)
    }

    @Test func damageIsKnownToAllWhoShareTheDatabase() throws {
        let store = try written()
        try damage("outbox", of: store)
        try store.database.reopen()
        let copy = store.database
        #expect(store.database.damage == nil)
        let failure = #expect(throws: StoreFailure.self) {
            try Outbox(copy).undelivered(for: .spool, limit: 9)
        }
        #expect(failure?.isDamage == true)
        #expect(store.database.damage == failure)
        _ = try replace(store, 7)
        #expect(copy.damage == nil)
        #expect(try Outbox(copy).backlog() == 1)
    }

    /// Delivered or not, nobody knows: they are delivered, with the same content.
    @Test func messagesAreMadeAgainFromTheChanges() throws {
        let store = try written()
        let message = "SELECT event_id, payload, time FROM outbox WHERE sink = 'spool'"
        let before = try store.rows(message)
        try damage("outbox", of: store)
        let outcome = try replace(store, 7)
        #expect(outcome.lost == ["outbox"])
        #expect(try store.rows(message + " AND delivered_at IS NULL") == before)
        #expect(try findings(store).isEmpty)
    }

    /// Whoever reads or writes while the file is opened again is told to come back, at worst.
    @Test func othersMayBeAtWorkMeanwhile() throws {
        let store = try written()
        let outbox = Outbox(store.database)
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for _ in 0..<60 {
                do {
                    if thread == 0 {
                        try store.database.reopen()
                    } else {
                        _ = try outbox.undelivered(for: .spool, limit: 9)
                        _ = try outbox.backlog()
                    }
                } catch {
                    let isExpected = (error as? StoreFailure)?.isRetryable == true
                    #expect(isExpected, "\(error)")
                }
            }
        }
        #expect(try outbox.backlog() == 1)
    }

    /// Which failures may pass by themselves, and which are damage.
    @Test(
        arguments: [
            (.SQLITE_BUSY, true, false), (.SQLITE_LOCKED, true, false),
            (.SQLITE_FULL, true, false), (.SQLITE_IOERR, true, false),
            (.SQLITE_READONLY, true, false), (.SQLITE_CANTOPEN, true, false),
            (.SQLITE_PERM, true, false), (.SQLITE_NOMEM, true, false),
            (.SQLITE_PROTOCOL, true, false), (.SQLITE_CORRUPT, false, true),
            (.SQLITE_NOTADB, false, true), (.SQLITE_CONSTRAINT, false, false),
        ] as [(ResultCode, Bool, Bool)])
    func kindsOfFailure(_ code: ResultCode, isRetryable: Bool, isDamage: Bool) {
        let failure = StoreFailure("write", "/x", because: DatabaseError(resultCode: code))
        #expect(failure.isRetryable == isRetryable)
        #expect(failure.isDamage == isDamage)
    }
}
