import Foundation
import GRDB
import Testing

@testable import Store

@_silgen_name("setfsuid")
private func setfsuid(_ user: UInt32) -> Int32

@Suite struct StateDirectoryTests {
    /// `$` stands for the temporary directory.
    private func check(
        _ parent: TemporaryDirectory, _ path: String, _ category: StoreFailure.Category,
        _ sentence: String, _ body: (String) throws -> Void
    ) throws {
        let failure = #expect(throws: StoreFailure.self) { try body(parent.path + path) }
        let expected = sentence.replacingOccurrences(of: "$", with: parent.path)
        #expect(failure?.description == expected)
        #expect(failure?.category == category)
        #expect(failure?.isRetryable == false)
    }

    private func open(_ path: String) throws {
        _ = try StateDatabase(opening: StateDirectory(creating: path))
    }

    @Test func createdForOwnerAndGroup() throws {
        let parent = try TemporaryDirectory()
        let directory = try StateDirectory(creating: parent.path + "/state")
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.path)
        #expect(attributes[.posixPermissions] as? Int == 0o750)
        // Again, and with a database in it.
        try open(directory.path)
        try open(directory.path)
        #expect(parent.exists("state/forestall.db"))
    }

    @Test func missingParent() throws {
        try check(
            try TemporaryDirectory(), "/a/state", .inputOutput,
            "cannot create state directory $/a/state: the directory $/a does not exist - "
                + "create it or give another directory with --state", open)
    }

    @Test func notADirectory() throws {
        let parent = try TemporaryDirectory()
        try Data().write(to: URL(fileURLWithPath: parent.path + "/state"))
        try check(
            parent, "/state", .inputOutput,
            "cannot use $/state as state directory: it is not a directory - "
                + "give another directory with --state", open)
        try check(
            parent, "/state/deeper", .inputOutput,
            "cannot create state directory $/state/deeper: a part of the path is not a directory - "
                + "check the permissions of $/state or give another directory with --state", open)
    }

    /// The superuser may write everywhere, so this thread (only) asks the file system as somebody
    /// else for a moment. The module map of Glibc leaves `setfsuid` out.
    @Test func readOnlyDirectory() throws {
        let parent = try TemporaryDirectory()
        let path = parent.path + "/state"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o555])
        let before = setfsuid(65_534)
        defer { _ = setfsuid(UInt32(before)) }
        try check(
            parent, "/state", .inputOutput,
            "cannot write in state directory $/state: permission denied - "
                + "check its owner and permissions or give another directory with --state", open)
        try check(
            parent, "/state/deeper", .inputOutput,
            "cannot create state directory $/state/deeper: permission denied - "
                + "check the permissions of $/state or give another directory with --state", open)
    }

    @Test func notADatabase() throws {
        let parent = try TemporaryDirectory()
        let directory = try StateDirectory(creating: parent.path + "/state")
        let text = String(repeating: "certainly not SQLite\n", count: 100)
        try text.write(toFile: directory.databasePath, atomically: false, encoding: .utf8)
        try check(
            parent, "/state", .data,
            "cannot open $/state/forestall.db: it is not a Forestall database - "
                + "give another directory with --state", open)
        #expect(try parent.text("state/forestall.db") == text)
    }

    @Test func somebodyElsesDatabase() throws {
        let parent = try TemporaryDirectory()
        let directory = try StateDirectory(creating: parent.path + "/state")
        let queue = try DatabaseQueue(path: directory.databasePath)
        try queue.write { db in try db.execute(sql: "CREATE TABLE song (title TEXT)") }
        try queue.close()
        let sentence =
            "cannot open $/state/forestall.db: it is not a Forestall database - "
            + "give another directory with --state"
        try check(parent, "/state", .data, sentence, open)
        try check(parent, "/state", .data, sentence) {
            _ = try ReadModel(StateDirectory(reading: $0))
        }
        // Left as it was.
        let again = try DatabaseQueue(path: directory.databasePath)
        #expect(
            try again.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "delete")
    }

    /// The very first start ended between two transactions.
    @Test func aDatabaseThatWasOnlyBegun() throws {
        let parent = try TemporaryDirectory()
        let directory = try StateDirectory(creating: parent.path + "/state")
        let queue = try DatabaseQueue(path: directory.databasePath)
        try queue.write { db in
            try db.execute(
                sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        try queue.close()
        try open(directory.path)
    }

    @Test func damagedDatabase() throws {
        let parent = try TemporaryDirectory()
        let path = parent.path + "/state"
        try open(path)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path + "/forestall.db"))
        try handle.seek(toOffset: 100)
        try handle.write(contentsOf: Data(repeating: 0xA5, count: 4_000))
        try handle.close()
        try check(
            parent, "/state", .data,
            "cannot open $/state/forestall.db: the database is damaged - "
                + "restore a copy or move it away", open)
    }

    @Test func newerVersion() throws {
        let parent = try TemporaryDirectory()
        let path = parent.path + "/state"
        let database = try StateDatabase(opening: StateDirectory(creating: path))
        try database.pool.write { db in try db.execute(sql: "PRAGMA user_version = 13") }
        try database.close()
        let sentence =
            "cannot open $/state/forestall.db: it was written by a newer version of forestall "
            + "(schema v13, this one knows v12) - use that version or another --state"
        try check(parent, "/state", .data, sentence, open)
        try check(parent, "/state", .data, sentence) {
            _ = try ReadModel(StateDirectory(reading: $0))
        }
    }
}
