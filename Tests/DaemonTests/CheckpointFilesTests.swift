import Engine
import Foundation
import TestSupport
import Testing

@testable import Daemon

/// Which of the two checkpoint files is read, and which is replaced.
@Suite struct CheckpointFilesTests: ~Copyable {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// As another process would see them.
    private var files: CheckpointFiles { CheckpointFiles(directory: directory.path) }

    private func checkpoint(_ sequence: Int, input: String = "") -> [UInt8] {
        TelemetryEngine(EngineConfiguration(), lastSequence: sequence).checkpoint(input: input)
    }

    private func path(_ name: String) -> String { directory.path + "/checkpoint." + name }

    private func put(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    }

    private func damage(_ name: String) throws {
        var bytes = try Array(Data(contentsOf: URL(fileURLWithPath: path(name))))
        bytes[bytes.count / 2] ^= 1
        try put(bytes, name)
    }

    /// The steps of the files, `nil` for one that cannot be used.
    private var steps: [Int?] { files.headers().map { $0.header?.sequence } }

    @Test func thereMayBeNone() throws {
        let found = files.newest()
        #expect(found.bytes == nil)
        #expect(found.unreadable.isEmpty)
        try files.write(checkpoint(1))
        #expect(files.headers().map(\.path) == [path("a")])
    }

    @Test func theNewerIsReadAndTheOlderReplaced() throws {
        let daemon = files
        for sequence in 1...4 {
            try daemon.write(checkpoint(sequence))
            #expect(files.newest().header?.sequence == sequence)
            #expect(files.newest().bytes == checkpoint(sequence))
        }
        #expect(steps == [3, 4])
        try files.write(checkpoint(5))
        #expect(steps == [5, 4])
        try files.write(checkpoint(6))
        #expect(steps == [5, 6])
    }

    /// A new history that begins with lower numbers than the file beside it.
    @Test func whatThisProcessWroteLastStays() throws {
        try put(checkpoint(9), "a")
        try put(checkpoint(8), "b")
        let daemon = files
        try daemon.write(checkpoint(1))
        #expect(steps == [9, 1])
        try daemon.write(checkpoint(2))
        #expect(steps == [2, 1])
    }

    @Test func aDamagedOneGivesWayAndIsReplaced() throws {
        try put(checkpoint(3), "a")
        try put(checkpoint(5), "b")
        try damage("b")
        let found = files.newest()
        #expect(found.header?.sequence == 3)
        #expect(found.unreadable == [path("b")])
        try files.write(checkpoint(4))
        #expect(steps == [3, 4])
    }

    @Test func whatIsNoCheckpointIsNamed() throws {
        try put(Array("no checkpoint".utf8), "a")
        #expect(files.newest().unreadable == [path("a")])
        try put(checkpoint(5), "b")
        #expect(files.newest().unreadable == [path("a")])
        #expect(files.newest().header?.sequence == 5)
        try put([], "a")
        #expect(files.newest().unreadable == [path("a")])
    }

    /// A replay that takes up a finished state begins with a second one of the same step.
    @Test func ofEqualOnesTheSecondIsRead() throws {
        try put(checkpoint(5, input: "first"), "a")
        try put(checkpoint(5, input: "second"), "b")
        #expect(files.newest().header?.input == "second")
    }
}
