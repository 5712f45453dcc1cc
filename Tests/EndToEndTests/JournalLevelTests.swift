import Foundation
import Testing

extension EndToEndTests {
    /// Level `journal`: what was answered is there after a crash, once.
    @Suite struct JournalLevelTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private func daemon(
            _ durability: String, clock: String = "event"
        ) throws -> RunningDaemon {
            let example = try String(contentsOfFile: SampleRecording.configuration, encoding: .utf8)
            return try RunningDaemon(
                in: directory, state: directory("state"), clock: clock,
                configuration: example.replacingOccurrences(
                    of: "[state]",
                    with: "[state]\ndurability = \"\(durability)\"\njournal_interval = \"5ms\""))
        }

        private func post(_ daemon: RunningDaemon, _ body: String) throws -> String {
            let file = try directory.write(body, to: "body")
            let address = "http://127.0.0.1:\(daemon.httpPorts[0])/write"
            return try ForestallProgram.run(
                "/bin/sh",
                [
                    "-c",
                    "curl -s -o /dev/stderr -w '%{http_code}' --data-binary @\(file) \(address)",
                ]
            ).output
        }

        private func kill(_ daemon: RunningDaemon) {
            ForestallProgram.kill(daemon.process)
            daemon.process.waitUntilExit()
        }

        private func segments() throws -> [String] {
            directory.has("state/journal") ? try directory.names("state/journal") : []
        }

        private func expectedDocuments() throws -> [String] {
            let replay = try ForestallProgram.run(
                "replay", SampleRecording.bearingWear.path, "--config",
                SampleRecording.configuration, "--tickets", directory("expected.jsonl"))
            #expect(replay.code == 0)
            return splitLines(try directory.text("expected.jsonl")).sorted()
        }

        /// Killed after the answer, with the last windows open; then taken up at the other level,
        /// which empties the journal.
        @Test(.enabled(if: Database.isReadable, "needs sqlite3"))
        func whatWasAnsweredIsThere() throws {
            let lines = try SampleRecording.bearingWear.lines
            let first = try daemon("journal")
            let part = lines.count * 2 / 3
            #expect(try post(first, lines[..<part].joined(separator: "\n")) == "204")
            kill(first)
            #expect(try segments().count == 1)
            let second = try daemon("journal")
            try ForestallProgram.wait(for: "what the journal holds") {
                try second.log.contains("Lines of the journal taken in again")
            }
            #expect(try post(second, lines[part...].joined(separator: "\n")) == "204")
            kill(second)
            #expect(try segments().count == 2)
            let third = try daemon("window")
            try ForestallProgram.wait(for: "what the journal holds") {
                try third.log.contains("Lines of the journal taken in again")
            }
            let ending = try third.stop()
            #expect(ending.code == 0)
            #expect(try segments() == [], "two checkpoints contain it")
            #expect(
                try Spool.documents(in: directory, state: "state") == expectedDocuments())
            let rows = try Database.rows(
                directory("state"), "SELECT count(*), sum(count) FROM window")
            #expect(rows == ["31199|155543"])
            // What was in committed windows already is passed over, not refused.
            #expect(try Database.rows(directory("state"), "SELECT * FROM refusal").isEmpty)
            // Nothing is taken in again.
            let fourth = try daemon("journal")
            #expect(try !fourth.stop().errors.contains("taken in again"))
        }

        /// With the wall clock the times at which lines arrived count, not those of the restart.
        @Test(.enabled(if: Database.isReadable, "needs sqlite3"))
        func linesKeepTheirArrival() throws {
            let first = try daemon("journal", clock: "wall")
            // Without stamps: they are of the moment they came.
            #expect(try post(first, "pump,device=P-1 flow=5\npump,device=P-1 flow=7\n") == "204")
            kill(first)
            let before = Date().timeIntervalSince1970
            let second = try daemon("journal", clock: "wall")
            try ForestallProgram.wait(for: "what the journal holds") {
                try second.log.contains("Lines of the journal taken in again")
            }
            #expect(try second.stop().code == 0)
            let seen = try Database.rows(
                directory("state"), "SELECT first_seen FROM device WHERE name = 'P-1'")
            let time = try #require(seen.first.flatMap { Double($0) })
            #expect(time / 1e9 < before)
        }

        /// What came late and was answered is there after a crash, once, whether a step had
        /// committed it or not.
        @Test(.enabled(if: Database.isReadable, "needs sqlite3"))
        func lateLinesAreThereOnce() throws {
            // A window of ten minutes, of yesterday.
            let old = (Int(Date().timeIntervalSince1970) / 600 - 144) * 600
            func send(_ daemon: RunningDaemon, _ seconds: [Int]) throws {
                let lines = seconds.map { "pump,device=P-1 flow=\($0) \(old + $0)000000000\n" }
                #expect(try post(daemon, lines.joined()) == "204")
            }
            func windows() throws -> [String] {
                try Database.rows(
                    directory("state"),
                    """
                    SELECT sum(count), (SELECT count(*) FROM late_reading),
                        (SELECT count(*) FROM window_closed) FROM window
                    """)
            }
            func restart(_ daemon: RunningDaemon) throws -> RunningDaemon {
                kill(daemon)
                let next = try self.daemon("journal", clock: "wall")
                try ForestallProgram.wait(for: "what the journal holds") {
                    try next.log.contains("Lines of the journal taken in again")
                }
                return next
            }
            var daemon = try daemon("journal", clock: "wall")
            try send(daemon, [0, 700])
            try ForestallProgram.wait(for: "the window") { try windows() == ["1|0|0"] }
            try send(daemon, [1, 2])
            try ForestallProgram.wait(for: "the late lines") { try windows() == ["3|2|1"] }
            // Answered, and most likely not committed.
            try send(daemon, [3, 4, 5])
            daemon = try restart(daemon)
            try ForestallProgram.wait(for: "the later lines") { try windows() == ["6|5|1"] }
            daemon = try restart(daemon)
            try send(daemon, [6])
            try ForestallProgram.wait(for: "the last line") { try windows() == ["7|6|1"] }
            #expect(try daemon.stop().code == 0)
            #expect(try windows() == ["7|6|1"])
            let check = try ForestallProgram.run("verify", "--state", directory("state"))
            #expect(check.code == 0)
        }

        /// A torn end, as a power cut leaves it, costs what it held and nothing else.
        @Test func aTornEndIsTold() throws {
            // All of one open window, so that the journal alone has them.
            let lines = try SampleRecording.bearingWear.lines
            let first = try daemon("journal")
            for piece in [lines[..<2], lines[2..<4]] {
                #expect(try post(first, piece.map { $0 + "\n" }.joined()) == "204")
            }
            kill(first)
            let name = "state/journal/" + (try segments())[0]
            try directory.write(directory.bytes(name).dropLast(20), to: name)
            let second = try daemon("journal")
            try ForestallProgram.wait(for: "what the journal holds") {
                try second.log.contains("Lines of the journal taken in again")
            }
            let ending = try second.stop()
            #expect(ending.code == 0)
            #expect(ending.errors.contains("Journal ends in a record that is not whole"))
            #expect(ending.totals["lines"] == 2)
        }
    }
}
