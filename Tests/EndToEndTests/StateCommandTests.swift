import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// `verify` and `backup`: what is whole, what is not, and a copy to go on from.
    @Suite(.enabled(if: Database.isReadable, "needs the sqlite3 command"))
    struct StateCommandTests {
        let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
            let replay = try ForestallProgram.run(
                "replay", SampleRecording.bearingWear.path, "--config",
                SampleRecording.configuration, "--state", directory("state"))
            #expect(replay.code == 0)
        }

        private func verify(
            _ options: String..., state: String = "state"
        ) throws -> ForestallProgram.Outcome {
            try ForestallProgram.run(
                try ForestallProgram.path(),
                ["verify", "--config", SampleRecording.configuration, "--state", directory(state)]
                    + options)
        }

        /// Breaks something with another program, as it would happen.
        private func change(_ sql: String) throws {
            let outcome = try ForestallProgram.run(
                "/usr/bin/env", ["sqlite3", directory("state/forestall.db"), sql])
            #expect(outcome.errors.isEmpty)
        }

        private func findings(_ options: [String] = []) throws -> [String] {
            let outcome = try ForestallProgram.run(
                try ForestallProgram.path(),
                [
                    "verify", "--config", SampleRecording.configuration, "--state",
                    directory("state"),
                ] + options)
            let found = outcome.lines.filter { !$0.hasPrefix("ok ") && !$0.hasPrefix("WRONG ") }
            #expect(outcome.code == (found.isEmpty ? 0 : 1))
            return found
        }

        private func bytes(_ file: String) throws -> Data {
            try Data(contentsOf: URL(fileURLWithPath: directory(file)))
        }

        @Test func aSoundStateIsLeftAsItIs() throws {
            let files = ["forestall.db", "checkpoint.a", "checkpoint.b", "alerts.log"]
            let before = try files.map { try bytes("state/" + $0) }
            let outcome = try verify("--full")
            #expect(outcome.code == 0)
            #expect(outcome.lines.count == 14)
            #expect(outcome.lines.allSatisfy { $0.hasPrefix("ok ") })
            #expect(outcome.output.contains(/ok +4456 +steps, all of them folded again\n/))
            #expect(try files.map { try bytes("state/" + $0) } == before)
            let json = try verify("--json")
            let results =
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
            #expect(results?.count == 14)
            #expect(results?.allSatisfy { ($0["findings"] as? [String])?.isEmpty == true } == true)
        }

        @Test func whatDoesNotAgreeIsNamed() throws {
            let ticket = try #require(
                try Database.rows(directory("state"), "SELECT id FROM ticket").first)
            try change("DELETE FROM outbox WHERE event_id = '\(ticket)-3'")
            try change("DELETE FROM step WHERE sequence = 5")
            _ = try directory.write("", to: "state/outbox/new/stranger.json")
            _ = try directory.write("no checkpoint", to: "state/checkpoint.a")
            #expect(
                try findings() == [
                    "change \(ticket)-3 has no message in the outbox",
                    "step 5 closed windows and is not known",
                    "\(directory("state"))/outbox/new/\(ticket)-3.json is of no message in the "
                        + "outbox",
                    "\(directory("state"))/outbox/new/stranger.json is of no message in the outbox",
                    "\(directory("state"))/checkpoint.a is damaged; a start uses the other one, or "
                        + "all windows",
                ])
        }

        @Test func ticketsThatTheirChangesDoNotMakeAreNamed() throws {
            let ticket = try #require(
                try Database.rows(directory("state"), "SELECT id FROM ticket").first)
            try change("UPDATE ticket SET document = '{}'")
            try change("DELETE FROM ticket_change WHERE revision = 2")
            #expect(
                try findings() == [
                    "ticket \(ticket) has 7 changes, the last of which is revision 8",
                    "ticket \(ticket) is not what its latest change says",
                ])
        }

        @Test func hoursThatTheLatestWindowDoesNotSayAreNamed() throws {
            let hours = try #require(
                try Database.rows(directory("state"), "SELECT running_s FROM device").first)
            try change("UPDATE device SET running_s = 60")
            #expect(
                try findings() == [
                    "device P-201 has run for 60.0 s, and for \(hours) s by its latest window"
                ])
        }

        /// The windows say something else than they did when the tickets were made of them.
        @Test func windowsThatGiveOtherTicketsAreNoticed() throws {
            #expect(try findings(["--full"]).isEmpty)
            try change(
                "UPDATE window SET mean = min, max = max + 1 WHERE start > "
                    + "(SELECT max(start) - 10 * 86400000000000 FROM window)")
            try change("UPDATE rollup SET changed = start")
            #expect(try findings().isEmpty, "nothing is folded after the checkpoint")
            let found = try findings(["--full"])
            #expect(!found.isEmpty)
            #expect(found.allSatisfy { $0.hasPrefix("change ") && $0.contains(" of ") })
        }

        @Test func aDamagedFileIsNoticed() throws {
            var database = try bytes("state/forestall.db")
            let page = 4_096
            for place in stride(from: 200 * page, to: 260 * page, by: 1) { database[place] = 0xAA }
            try database.write(to: URL(fileURLWithPath: directory("state/forestall.db")))
            let found = try findings()
            #expect(!found.isEmpty)
            #expect(found.allSatisfy { $0.hasPrefix("the database file is damaged: ") })
        }

        @Test func aCopyCanBeGoneOnFrom() throws {
            try directory.makeDirectory("copy")
            let copy = directory("copy/forestall.db")
            let backup = try ForestallProgram.run(
                "backup", copy, "--state", directory("state"))
            #expect(backup.code == 0)
            #expect(backup.output.hasPrefix("\(copy): "))
            let files = try FileManager.default.contentsOfDirectory(atPath: directory("copy"))
            #expect(files == ["forestall.db"])
            #expect(try verify("--full", state: "copy").code == 0)
            // What a daemon would take up: the windows, and from them the same open ticket.
            let again = try ForestallProgram.run(
                "replay", SampleRecording.healthyWeek.path, "--config",
                SampleRecording.configuration, "--state", directory("copy"))
            #expect(again.code == 0)
            #expect(again.errors.contains("differences=0 windows=4457"))
            #expect(
                try Database.rows(directory("copy"), "SELECT id, revision FROM ticket")
                    == Database.rows(directory("state"), "SELECT id, revision FROM ticket"))
            // A file that is there is not lost by mistake.
            let refused = try ForestallProgram.run("backup", copy, "--state", directory("state"))
            #expect(refused.code == 74)
            #expect(
                refused.errors == "forestall: cannot write \(copy): it is there already - give "
                    + "another name or --force\n")
            let forced = try ForestallProgram.run(
                "backup", directory("again.db"), "--force", "--state", directory("state"))
            #expect(forced.code == 0)
            #expect(
                try ForestallProgram.run(
                    "backup", directory("nowhere/x"), "--state", directory("state")
                ).code == 74)
        }

        /// A database that has let old windows go is sound, and says how far it goes back.
        @Test func whatIsNoLongerKeptIsNoFinding() throws {
            let keepsAll = try String(
                contentsOfFile: SampleRecording.configuration, encoding: .utf8)
            let keeps = keepsAll.replacingOccurrences(
                of: "# keep_windows = \"730d\"", with: "keep_windows = \"10d\"")
            #expect(keeps != keepsAll)
            let configuration = try directory.write(keeps, to: "short.toml")
            let replay = try ForestallProgram.run(
                "replay", SampleRecording.bearingWear.path, "--config", configuration, "--state",
                directory("short"))
            #expect(replay.code == 0)
            for table in ["ticket_change", "maintenance"] {
                let sql = "SELECT * FROM \(table) ORDER BY 1, 2"
                #expect(
                    try Database.rows(directory("short"), sql)
                        == Database.rows(directory("state"), sql))
            }
            let days = try Database.rows(
                directory("short"), "SELECT (max(start) - min(start)) / 86400000000000 FROM window")
            #expect(days == ["9"])
            let full = try verify("--full", state: "short")
            #expect(full.code == 0)
            #expect(
                full.output.contains(
                    "all of them folded again: left out, the oldest windows are no longer kept"))
            let usual = try verify(state: "short")
            #expect(usual.code == 0 && !usual.output.contains("left out"))
            let status = try ForestallProgram.run("status", "--state", directory("short"))
            #expect(status.output.contains(/Windows +kept from 2026-.*, [1-9]\d+ removed\n/))
            // Without the checkpoint a start cannot know what the removed windows taught.
            for checkpoint in ["checkpoint.a", "checkpoint.b"] {
                try? FileManager.default.removeItem(atPath: directory("short/" + checkpoint))
            }
            let again = try ForestallProgram.run(
                "replay", SampleRecording.healthyWeek.path, "--config", configuration, "--state",
                directory("short"))
            #expect(again.errors.contains("Windows after the checkpoint are no longer kept"))
        }

        /// A running daemon is neither disturbed nor in the way.
        @Test func bothWorkBesideADaemon() throws {
            let daemon = try RunningDaemon(in: directory, state: directory("live"), clock: "wall")
            let sender = try LoopbackPeer(tcp: daemon.tcpPorts[0])
            let lines = (0..<20_000).map { "pump,device=p-\($0 % 500) v=\($0)\n" }.joined()
            for round in 0..<5 {
                try sender.send(lines)
                let copy = directory("copy-\(round).db")
                #expect(
                    try ForestallProgram.run("backup", copy, "--state", directory("live")).code
                        == 0)
                #expect(try verify(state: "live").code == 0)
            }
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["lines"] == 100_000)
            #expect(!ending.errors.contains("warning"))
        }
    }
}
