import Foundation
import Platform
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct FileTests {
    private func write(
        _ text: String, _ name: String, under root: String
    ) throws(SystemFailure) -> DurableFile.Outcome {
        try DurableFile.writeAtomically(
            Array(text.utf8).span, name: name, temporaryDirectory: root + "/tmp",
            finalDirectory: root + "/new")
    }

    /// The failure's sentence with the directory's random name replaced by ROOT.
    private func check(
        _ root: String, says expected: String, at location: SourceLocation = #_sourceLocation,
        _ body: () throws(SystemFailure) -> Void
    ) {
        do throws(SystemFailure) {
            try body()
            Issue.record("nothing was refused", sourceLocation: location)
        } catch {
            let told = error.description.replacingOccurrences(of: root, with: "ROOT")
            #expect(told == expected, sourceLocation: location)
        }
    }

    @Test func aDurableFileIsMovedIntoPlace() throws {
        let directory = try TemporaryDirectory()
        let root = directory.path + "/outbox"
        #expect(try write("one", "a.json", under: root) == .written)
        #expect(directory.text("outbox/new/a.json") == "one")
        #expect(try directory.names("outbox/tmp") == [])
        let attributes = try FileManager.default.attributesOfItem(atPath: root + "/new")
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
        #expect(mode & ~0o750 == 0)
    }

    @Test func writingTwiceChangesNothing() throws {
        let directory = try TemporaryDirectory()
        let root = directory.path
        #expect(try write("one", "a.json", under: root) == .written)
        // As if the process had died while it wrote the file a second time.
        try directory.write(Array("half".utf8), to: "tmp/a.json")
        #expect(try write("two", "a.json", under: root) == .alreadyPresent)
        #expect(directory.text("new/a.json") == "one")
        #expect(try directory.names("tmp") == [])
    }

    @Test func aStumpFromBeforeIsReplaced() throws {
        let directory = try TemporaryDirectory()
        try Directory.create(directory.path + "/tmp")
        try directory.write(Array("a much longer stump".utf8), to: "tmp/a.json")
        #expect(try write("short", "a.json", under: directory.path) == .written)
        #expect(directory.text("new/a.json") == "short")
    }

    @Test func anEmptyAndALargeFile() throws {
        let directory = try TemporaryDirectory()
        let large = String(repeating: "0123456789abcdef", count: 40_000)
        _ = try write("", "empty", under: directory.path)
        _ = try write(large, "large", under: directory.path)
        #expect(directory.text("new/empty") == "")
        #expect(directory.text("new/large") == large)
    }

    @Test func directoriesAreMadeWithTheirParents() throws {
        let directory = try TemporaryDirectory()
        let root = directory.path
        for path in ["/a/b/c", "/a/b/c", "/d/", "/e//f"] {
            try Directory.create(root + path)
            #expect(Directory.isDirectory(root + path))
        }
        try directory.write([0x61], to: "file")
        check(root, says: "cannot create directory ROOT/file: not a directory") {
            () throws(SystemFailure) in try Directory.create(root + "/file")
        }
        check(root, says: "cannot create directory ROOT/file/x: not a directory") {
            () throws(SystemFailure) in try Directory.create(root + "/file/x")
        }
    }

    @Test func refusedWritesLeaveNothing() throws {
        let directory = try TemporaryDirectory()
        let root = directory.path
        try Directory.create(root + "/tmp/a.json")
        check(root, says: "cannot write ROOT/tmp/a.json: is a directory") {
            () throws(SystemFailure) in _ = try write("x", "a.json", under: root)
        }
        #expect(try directory.names("new") == [])
    }

    @Test(arguments: [false, true]) func linesAreAppended(synchronized: Bool) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/alerts.log"
        var log = try AppendFile(path: path, synchronizesEachLine: synchronized)
        try log.append("first")
        try log.append("second")
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        try log.append("third")
        try log.reopen()
        try log.append("fourth")
        #expect(directory.text("alerts.log.1") == "first\nsecond\nthird\n")
        #expect(directory.text("alerts.log") == "fourth\n")
        var again = try AppendFile(path: path)
        try again.append("fifth")
        #expect(directory.text("alerts.log") == "fourth\nfifth\n")
    }

    /// After a power cut the file may end with the beginning of a line.
    @Test func aLineIsNotGluedToAStump() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/alerts.log"
        try Data("first\nsec".utf8).write(to: URL(fileURLWithPath: path))
        var log = try AppendFile(path: path)
        try log.append("third")
        #expect(directory.text("alerts.log") == "first\nsec\nthird\n")
        try Data("fir".utf8).write(to: URL(fileURLWithPath: path))
        try log.reopen()
        try log.append("second")
        try log.append("third")
        #expect(directory.text("alerts.log") == "fir\nsecond\nthird\n")
    }

    /// /dev/full takes no byte: what a full disk answers.
    @Test func aFullDiskIsToldAndRetryable() throws {
        var log = try AppendFile(path: "/dev/full")
        do throws(SystemFailure) {
            try log.append("line")
            Issue.record("a full disk took a line")
        } catch {
            #expect(error.description == "cannot write /dev/full: no space left on device")
            #expect(error.isRetryable)
        }
    }

    @Test func aLockNamesItsHolder() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lock"
        let process = ProcessInfo.processInfo.processIdentifier
        do {
            let lock = try FileLock(path: path)
            #expect(directory.text("lock") == "\(process)\n")
            check(
                directory.path,
                says: "cannot lock ROOT/lock: process \(process) is using this state directory"
                    + " - stop it or give another directory with --state"
            ) { () throws(SystemFailure) in _ = try FileLock(path: path) }
            #expect(lock.path == path)
        }
        let next = try FileLock(path: path)
        #expect(next.path == path)
    }

    @Test func outputFilesReplace() throws {
        let directory = try TemporaryDirectory()
        for text in ["a longer text", "short"] {
            let file = try OutputFile(path: directory.path + "/out.csv")
            try file.write(Array(text.utf8).span)
        }
        #expect(directory.text("out.csv") == "short")
    }
}
