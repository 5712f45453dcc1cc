import Foundation
import Testing

extension EndToEndTests {
    /// A store that fails while the daemon runs, and comes back; a database that is damaged.
    @Suite(.enabled(if: Database.isReadable, "needs sqlite3")) struct StoreTroubleTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private func shell(_ command: String) throws -> ForestallProgram.Outcome {
            try ForestallProgram.run("/bin/sh", ["-c", command])
        }

        /// Status and body of `GET /health`.
        private func health(_ daemon: RunningDaemon) throws -> String {
            try shell(
                "curl -s -w '%{http_code}' http://127.0.0.1:\(daemon.httpPorts[0])/health"
            ).output
        }

        /// What a replay of the whole recording delivers.
        private func expectedDocuments() throws -> [String] {
            let replay = try ForestallProgram.run(
                "replay", SampleRecording.bearingWear.path, "--config",
                SampleRecording.configuration, "--tickets", directory("expected.jsonl"))
            #expect(replay.code == 0)
            return splitLines(try directory.text("expected.jsonl")).sorted()
        }

        private func expectClean(_ state: String = "state") throws {
            let outcome = try ForestallProgram.run(
                "verify", "--state", directory(state), "--config", SampleRecording.configuration)
            #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
        }

        private func damaged() throws -> [String] {
            try directory.names("state").filter {
                $0.hasPrefix("forestall.db.damaged-") && !$0.hasSuffix("-wal")
                    && !$0.hasSuffix("-shm")
            }
        }

        /// Overwrites the database from `offset` on, in place.
        private func overwrite(from offset: UInt64) throws {
            let handle = try FileHandle(
                forUpdating: URL(fileURLWithPath: directory("state/forestall.db")))
            let size = try handle.seekToEnd()
            try handle.seek(toOffset: offset)
            try handle.write(contentsOf: Data(repeating: 0xA5, count: Int(size - offset)))
            try handle.close()
        }

        /// Nothing that was taken in meanwhile is lost, and nothing has to be done afterwards.
        @Test func aFullDiskIsToldAndNothingIsLost() throws {
            let expected = try expectedDocuments()
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), ignoring: "XFSZ")
            #expect(try health(daemon).hasSuffix("200"))
            let lines = try SampleRecording.bearingWear.lines.map { $0 + "\n" }
            let sender = try StreamSender(port: daemon.tcpPorts[0])
            let half = lines.count / 2
            try sender.send(lines[..<half].joined())
            try ForestallProgram.wait(for: "some steps") {
                try Database.rows(directory("state"), "SELECT count(*) > 9 FROM step") == ["1"]
            }
            let process = daemon.process.processIdentifier
            let limit = "prlimit --pid \(process) --fsize="
            #expect(try shell(limit + "4096:unlimited").code == 0)
            try sender.send(lines[half..<half + 2_000].joined())
            try ForestallProgram.wait(for: "the health to say so") {
                try health(daemon).hasSuffix("503")
            }
            let told = try health(daemon)
            #expect(told.contains("\"message\":\"lines wait in memory: cannot write step "))
            #expect(try shell(limit + "unlimited:unlimited").code == 0)
            try sender.send(lines[(half + 2_000)...].joined())
            try ForestallProgram.wait(for: "the health to be good again") {
                try health(daemon).hasSuffix("200")
            }
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["lines"] == lines.count)
            #expect(ending.errors.contains("Store cannot write; steps wait"))
            #expect(ending.errors.contains("Store writes again"))
            #expect(try Spool.documents(in: directory, state: "state") == expected)
            try expectClean()
        }

        /// Somebody else holds the database for longer than SQLite waits.
        @Test func aLockedDatabaseIsWaitedFor() throws {
            let expected = try expectedDocuments()
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let lines = try SampleRecording.bearingWear.lines.map { $0 + "\n" }
            let lock = Process()
            lock.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            lock.arguments = ["sqlite3", directory("state/forestall.db")]
            let commands = Pipe()
            lock.standardInput = commands
            lock.standardError = FileHandle.nullDevice
            lock.standardOutput = FileHandle.nullDevice
            try lock.run()
            defer { ForestallProgram.kill(lock) }
            try commands.fileHandleForWriting.write(contentsOf: Data("BEGIN IMMEDIATE;\n".utf8))
            let sender = try StreamSender(port: daemon.tcpPorts[0])
            try ForestallProgram.wait(for: "the lock") {
                try shell(
                    "sqlite3 \(directory("state/forestall.db")) 'BEGIN IMMEDIATE; ROLLBACK'"
                ).code != 0
            }
            try sender.send(lines[..<4_000].joined())
            try ForestallProgram.wait(for: "the health to say so") {
                try health(daemon).contains("another program is writing to it")
            }
            try commands.fileHandleForWriting.write(contentsOf: Data("ROLLBACK;\n".utf8))
            try commands.fileHandleForWriting.close()
            try sender.send(lines[4_000...].joined())
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["lines"] == lines.count)
            #expect(try Spool.documents(in: directory, state: "state") == expected)
            try expectClean()
        }

        /// The file is damaged under the running daemon: it is set aside, nothing that comes
        /// afterwards is lost, and no message is delivered twice or not at all.
        @Test func damageWhileItRuns() throws {
            let expected = try expectedDocuments()
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let lines = try SampleRecording.bearingWear.lines.map { $0 + "\n" }
            let sender = try StreamSender(port: daemon.tcpPorts[0])
            let part = lines.count * 9 / 10
            try sender.send(lines[..<part].joined())
            try ForestallProgram.wait(for: "the first messages") {
                try directory.has("state/outbox/new")
                    && !directory.names("state/outbox/new").isEmpty
            }
            // Into the file with everything, so that what is read next is read from there.
            try ForestallProgram.wait(for: "all in the file") {
                let database = directory("state/forestall.db")
                let answer = try shell("sqlite3 \(database) 'PRAGMA wal_checkpoint(TRUNCATE)'")
                return answer.output == "0|0|0\n"
            }
            try overwrite(from: 4_096)
            let before = try Spool.messages(in: directory, state: "state")
            try sender.send(lines[part...].joined())
            try ForestallProgram.wait(for: "the fresh database") { try !damaged().isEmpty }
            let status = try ForestallProgram.run("status", "--state", directory("state"))
            #expect(status.output.contains("Damaged databases"), "\(status.output)")
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["lines"] == lines.count)
            let names = try damaged()
            #expect(names.count == 1)
            let name = try #require(names.first)
            #expect(
                ending.errors.contains(
                    "Database was damaged and is set aside; a fresh one is begun"))
            #expect(ending.errors.contains("database.damaged=\(name)"), "\(ending.errors)")
            try expectClean()
            let after = try Spool.messages(in: directory, state: "state")
            #expect(Set(before).isSubset(of: after))
            #expect(try Spool.documents(in: directory, state: "state") == expected)
            // And a restart does not need what is in the damaged file.
            let again = try RunningDaemon(in: directory, state: directory("state"))
            let end = try again.stop()
            #expect(end.code == 0)
            #expect(!end.errors.contains("A restart gives another ticket"), "\(end.errors)")
            #expect(try Spool.messages(in: directory, state: "state") == after)
        }

        /// A state whose database is no database any more, at the start.
        @Test func damageAtTheStart() throws {
            let replay = try ForestallProgram.run(
                "replay", SampleRecording.bearingWear.path, "--config",
                SampleRecording.configuration, "--state", directory("state"))
            #expect(replay.code == 0)
            let before = try Spool.messages(in: directory, state: "state")
            #expect(!before.isEmpty)
            try overwrite(from: 0)
            let refused = try ForestallProgram.run(
                "verify", "--state", directory("state"), "--config",
                SampleRecording.configuration)
            #expect(refused.code == 65)
            #expect(try damaged().isEmpty, "verify only reports")
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            let name = try #require(try damaged().first)
            #expect(try damaged().count == 1)
            #expect(ending.errors.contains("database.damaged=\(name)"))
            #expect(try Spool.messages(in: directory, state: "state") == before)
            try expectClean()
            let status = try ForestallProgram.run(
                "status", "--json", "--state", directory("state"))
            #expect(status.output.contains("\"damaged_databases\":[\"\(name)\"]"))
        }

        /// A command that a person runs does not move anything away by itself.
        @Test func aReplayRefusesADamagedDatabase() throws {
            func replay() throws -> ForestallProgram.Outcome {
                try ForestallProgram.run(
                    "replay", SampleRecording.bearingWear.path, "--config",
                    SampleRecording.configuration, "--state", directory("state"))
            }
            #expect(try replay().code == 0)
            try overwrite(from: 100)
            let outcome = try replay()
            #expect(outcome.code == 65)
            #expect(outcome.errors.contains("the database is damaged"), "\(outcome.errors)")
            #expect(try damaged().isEmpty)
        }
    }
}
