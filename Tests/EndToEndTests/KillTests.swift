import Foundation
import Testing

extension EndToEndTests {
    /// What survives `kill -9`.
    @Suite struct KillTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private static let wear = SampleRecording.bearingWear.path

        private func replay(into state: String) throws -> Process {
            try ForestallProgram.start(
                try ForestallProgram.path(),
                [
                    "replay", Self.wear, "--config", SampleRecording.configuration, "--state",
                    directory(state),
                ], input: "/dev/null", output: directory(state + ".out"),
                errors: directory(state + ".err"))
        }

        /// What the state says, table by table and message by message.
        private func contents(of state: String) throws -> [String] {
            var contents = try Spool.messages(in: directory, state: state)
            guard Database.isReadable else { return contents }
            for table in ["ticket", "ticket_change", "window", "device_score", "prognosis", "step"]
            {
                contents += try Database.rows(directory(state), "SELECT * FROM \(table)")
            }
            // Running time and starts among them.
            contents += try Database.rows(directory(state), "SELECT * FROM device")
            return contents
        }

        /// Names the first thing that differs; all of it would be megabytes.
        private func expectContents(of state: String, _ expected: [String]) throws {
            let actual = try contents(of: state)
            let place = zip(actual, expected).enumerated().first { $1.0 != $1.1 }
            let rows = place.map { "row \($0.offset): \($0.element)" } ?? "one is longer"
            #expect((actual == expected) as Bool, "\(rows)")
        }

        /// Killed after 0, 1, 2, ... committed steps' worth of database growth, started again with
        /// the same command until it completes: everything equals the uninterrupted run.
        @Test func anInterruptedReplayEndsAsAnUninterruptedOne() throws {
            let whole = try replay(into: "whole")
            #expect(try ForestallProgram.finish(whole, what: "the replay") == 0)
            let expected = try contents(of: "whole")
            #expect(!expected.isEmpty)
            var kills = 0
            for round in 1...8 {
                let process = try replay(into: "killed")
                let wal = directory("killed/forestall.db-wal")
                let target = round * 300_000
                try ForestallProgram.wait(for: "some commits") {
                    let size =
                        try? FileManager.default.attributesOfItem(atPath: wal)[.size] as? Int
                    return (size ?? 0) >= target || !process.isRunning
                }
                if process.isRunning { kills += 1 }
                ForestallProgram.kill(process)
                process.waitUntilExit()
            }
            #expect(kills >= 3)
            let last = try replay(into: "killed")
            #expect(try ForestallProgram.finish(last, what: "the last replay") == 0)
            try expectContents(of: "killed", expected)
            let again = try replay(into: "killed")
            #expect(try ForestallProgram.finish(again, what: "one more replay") == 0)
            #expect(
                try directory.text("killed.err")
                    == "this input is already complete in this state; nothing to do\n")
        }

        /// Killed on the way after a checkpoint, and again right after it has gone on from there:
        /// what the second run has written at its start must name the place it went on from.
        /// Of two checkpoints of one step the one in `checkpoint.b` is read, so the first run's is
        /// moved out of its way.
        @Test func aReplayInterruptedTwiceKeepsItsPlace() throws {
            let whole = try replay(into: "whole")
            #expect(try ForestallProgram.finish(whole, what: "the replay") == 0)
            let expected = try contents(of: "whole")
            let first = try replay(into: "killed")
            try ForestallProgram.wait(for: "the checkpoint of the beginning") {
                directory.has("killed/checkpoint.a") || !first.isRunning
            }
            // Checkpoints come every five seconds; the recording is shorter.
            #expect(first.suspend())
            let due = Date(timeIntervalSinceNow: 5.1)
            try ForestallProgram.wait(for: "the time of a checkpoint") { Date() >= due }
            #expect(first.resume())
            try ForestallProgram.wait(for: "a checkpoint on the way") {
                try hasCheckpointOnTheWay() || !first.isRunning
            }
            ForestallProgram.kill(first)
            first.waitUntilExit()
            #expect(try hasCheckpointOnTheWay(), "the first run was over too soon")
            let beginning = try directory.bytes("killed/checkpoint.a")
            try directory.write(directory.bytes("killed/checkpoint.b"), to: "killed/checkpoint.a")
            try directory.write(beginning, to: "killed/checkpoint.b")
            let second = try replay(into: "killed")
            try ForestallProgram.wait(for: "the first checkpoint of the second run") {
                try directory.bytes("killed/checkpoint.b") != beginning || !second.isRunning
            }
            ForestallProgram.kill(second)
            second.waitUntilExit()
            let last = try replay(into: "killed")
            #expect(try ForestallProgram.finish(last, what: "the last replay") == 0)
            try expectContents(of: "killed", expected)
        }

        /// Whether a checkpoint names a place behind the beginning of the input.
        private func hasCheckpointOnTheWay() throws -> Bool {
            try ["checkpoint.a", "checkpoint.b"].contains { name in
                guard directory.has("killed/" + name) else { return false }
                let bytes = try directory.bytes("killed/" + name).prefix(256)
                let text = String(decoding: bytes, as: UTF8.self)
                return text.contains(/[0-9a-f]{16}:0:[1-9]/)
            }
        }

        /// Without checkpoints everything is folded from the committed windows.
        @Test func aLostCheckpointCostsNoTicket() throws {
            let whole = try replay(into: "state")
            #expect(try ForestallProgram.finish(whole, what: "the replay") == 0)
            for name in ["checkpoint.a", "checkpoint.b"] {
                try directory.write("not a checkpoint", to: "state/" + name)
            }
            let before = try Spool.messages(in: directory, state: "state")
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.errors.contains("Checkpoint is unusable"))
            #expect(ending.errors.contains("differences=0"))
            #expect(try Spool.messages(in: directory, state: "state") == before)
        }

        /// A fold that gives another change than the committed one: both are in the log, the row
        /// and its message stay, and the status says how many.
        @Test(.enabled(if: Database.isReadable))
        func aDifferenceIsLoggedAndTheCommittedRowStays() throws {
            let whole = try replay(into: "state")
            #expect(try ForestallProgram.finish(whole, what: "the replay") == 0)
            let change = "FROM ticket_change WHERE revision = 2"
            let altered = try ForestallProgram.run(
                "/usr/bin/env",
                [
                    "sqlite3", directory("state/forestall.db"),
                    "UPDATE ticket_change SET document = "
                        + "json_set(document, '$.reason', 'altered') WHERE revision = 2",
                ])
            #expect(altered.code == 0)
            for name in ["checkpoint.a", "checkpoint.b"] {
                try directory.write("not a checkpoint", to: "state/" + name)
            }
            let before = try Spool.messages(in: directory, state: "state")
            let row = try Database.rows(directory("state"), "SELECT document \(change)")
            #expect(row.first?.contains("altered") == true)
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            let line = try #require(
                splitLines(ending.errors).first {
                    $0.contains("A restart gives another ticket than was committed")
                })
            #expect(line.contains("\"reason\":\"altered\""))
            #expect(line.contains("\"reason\":\"Wearing towards its limit"))
            #expect(ending.errors.contains("differences=1"))
            #expect(try Database.rows(directory("state"), "SELECT document \(change)") == row)
            #expect(try Spool.messages(in: directory, state: "state") == before)
            let status = try ForestallProgram.run("status", "--json", "--state", directory("state"))
            #expect(status.output.contains("\"refold_differences\":1"))
            let screen = try ForestallProgram.run("status", "--state", directory("state"))
            #expect(screen.output.contains("1 differ"))
        }

        /// A few kills by strace at exact places: inside a commit, a checkpoint and a rename.
        /// `make kill-test` does a hundred, on a longer recording.
        @Test func killsAtExactPlacesLeaveNoTrace() throws {
            let script = SampleRecording.repository + "/Tests/Kills/kills.py"
            let outcome = try ForestallProgram.run(
                "/usr/bin/env",
                [
                    "python3", script, "--kills", "6", "--program", try ForestallProgram.path(),
                    "--recording", Self.wear, "--config", SampleRecording.configuration,
                ], patience: 300)
            if outcome.output.hasPrefix("skipped") || outcome.code == 127 {
                return print("skipped: python3 or strace is not here; see `make kill-test`")
            }
            #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.lines.last == "0 differences")
            for place in ["commit", "checkpoint", "rename"] {
                #expect(outcome.lines.contains { $0.hasPrefix("| " + place) }, "\(place)")
            }
        }

        @Test func hangupReopensTheAlertLog() throws {
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let sender = try DatagramSender(port: daemon.ports[0])
            let lines = try SampleRecording.bearingWear.lines
            let half = lines.count * 3 / 4
            try sender.send(Array(lines[..<half]), datagramBytes: 1_400)
            try ForestallProgram.wait(for: "the first alerts") {
                directory.has("state/alerts.log")
            }
            try FileManager.default.moveItem(
                atPath: directory("state/alerts.log"), toPath: directory("state/alerts.log.1"))
            let hangup = try ForestallProgram.run(
                "/bin/sh", ["-c", "kill -HUP \(daemon.process.processIdentifier)"])
            #expect(hangup.code == 0)
            try sender.send(Array(lines[half...]), datagramBytes: 1_400)
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            let old = try directory.lines("state/alerts.log.1")
            let new = try directory.lines("state/alerts.log")
            #expect(!old.isEmpty)
            #expect(!new.isEmpty)
            #expect(Set(old).isDisjoint(with: Set(new)))
        }
    }
}
