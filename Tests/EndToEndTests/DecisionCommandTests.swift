import Foundation
import Testing

extension EndToEndTests {
    /// `tickets ack`, `plan`, `close`, `reopen`, `shelve`, `unshelve`, with and without a daemon;
    /// `tail`.
    @Suite struct DecisionCommandTests {
        let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
            let replay = try ForestallProgram.run(
                "replay", SampleRecording.bearingWear.path, "--config",
                SampleRecording.configuration, "--state", directory("state"))
            #expect(replay.code == 0)
        }

        private func ask(
            _ arguments: String..., configuration: String = SampleRecording.configuration
        ) throws -> ForestallProgram.Outcome {
            try ForestallProgram.run(
                try ForestallProgram.path(),
                arguments + ["--config", configuration, "--state", directory("state")])
        }

        private func tickets() throws -> [[String: Any]] {
            let outcome = try ask("tickets", "list", "--all", "--json")
            let list = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
            return try #require(list as? [[String: Any]])
        }

        private func ticket() throws -> String {
            try #require(try tickets().first?["ticket"] as? String)
        }

        private func messages() throws -> Int {
            try Spool.messages(in: directory, state: "state").count
        }

        /// From opened to closed and back by the command line alone; every change is delivered.
        @Test func theLifeOfATicketWithoutADaemon() throws {
            let id = try ticket()
            let before = try messages()
            let acknowledged = try ask("tickets", "ack", id, "--by", "anna", "--note", "on my way")
            #expect(acknowledged.code == 0)
            #expect(acknowledged.output == "Ticket \(id) is acknowledged.\n")
            let again = try ask("tickets", "ack", id)
            #expect(again.code == 1)
            #expect(
                again.errors == "forestall: the ticket is acknowledged or planned already\n")
            let planned = try ask("tickets", "plan", id, "--at", "2026-02-06T08:00:00Z", "--json")
            #expect(planned.output == "{\"decision\":3,\"fate\":\"applied\"}\n")
            let closed = try ask(
                "tickets", "close", id, "--outcome", "confirmed", "--part", "6312-C3")
            #expect(closed.output == "Ticket \(id) is closed: confirmed.\n")
            #expect(try ask("tickets", "list").output == "No open tickets.\n")
            #expect(try ask("tickets", "reopen", id).code == 0)
            #expect(try tickets().first?["type"] as? String == "reopened")
            #expect(try messages() == before + 4)
            let history = try ask("tickets", "show", id).output
            for word in ["acknowledged", "planned", "closed", "reopened"] {
                #expect(history.contains("  \(word)  (\(word)_by_operator)"))
            }
            // The replay is still complete, and what it learned is still there.
            let replay = try ask("replay", SampleRecording.bearingWear.path)
            #expect(replay.errors.contains("nothing to do"))
        }

        @Test func shelvingWithoutADaemon() throws {
            let shelved = try ask("shelve", "P-201", "--for", "4h", "--reason", "overhaul")
            #expect(shelved.code == 0)
            #expect(shelved.output.hasPrefix("P-201 is shelved for 4h"))
            let devices = try ask("devices", "--json").output
            #expect(devices.contains("\"shelved_until\":\"2026-02-05T04:08:10Z\""))
            #expect(try ask("unshelve", "P-201").code == 0)
            let notShelved = try ask("unshelve", "P-201")
            #expect(notShelved.code == 1)
            #expect(notShelved.errors == "forestall: the device is not shelved\n")
            #expect(try ask("shelve", "P-999", "--for", "4h", "--reason", "r").code == 1)
            #expect(try ask("shelve", "P-201", "--for", "soon", "--reason", "r").code == 64)
            #expect(try ask("tickets", "close", try ticket(), "--outcome", "fine").code == 64)
        }

        /// Under another configuration what was learned would not fit: the decision waits.
        @Test func anotherConfigurationLosesNothing() throws {
            let other = try directory.write("[class.pump]\nwindow = \"5m\"\n", to: "other.toml")
            let id = try ticket()
            let noted = try ask("tickets", "ack", id, configuration: other)
            #expect(noted.code == 0)
            #expect(noted.output.hasPrefix("Noted as decision 1; "))
            #expect(try tickets().first?["type"] as? String != "acknowledged")
            // The next one under the right configuration takes both.
            #expect(try ask("tickets", "plan", id, "--at", "1770000000000000000").code == 0)
            #expect(try tickets().first?["revision"] as? Int == 10)
        }

        @Test func aRunningDaemonTakesDecisions() throws {
            let id = try ticket()
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let before = try messages()
            let acknowledged = try ask("tickets", "ack", id)
            #expect(acknowledged.code == 0)
            #expect(acknowledged.output == "Ticket \(id) is acknowledged.\n")
            try ForestallProgram.wait(for: "the message") { try messages() == before + 1 }
            #expect(try ask("tickets", "ack", id).code == 1)
            // kill -9: the decision is in the state.
            ForestallProgram.kill(daemon.process)
            daemon.process.waitUntilExit()
            let second = try RunningDaemon(in: directory, state: directory("state"))
            #expect(try ask("tickets", "ack", id).code == 1)
            #expect(try ask("tickets", "close", id, "--outcome", "prevented").code == 0)
            #expect(try second.stop().code == 0)
            #expect(try messages() == before + 2)
            #expect(try tickets().first?["type"] as? String == "closed")
        }

        // MARK: tail

        @Test func tailShowsThePastByDeviceSeverityAndAge() throws {
            let all = try ask("tail", "--no-follow", "--since", "3650d")
            #expect(all.code == 0)
            #expect(all.lines == splitLines(try directory.text("state/alerts.log")))
            #expect(try ask("tail", "--no-follow").lines == Array(all.lines.suffix(10)))
            let urgent = try ask(
                "tail", "--no-follow", "--since", "3650d", "--severity", "urgent")
            #expect(urgent.lines == all.lines.filter { $0.contains("severity=urgent") })
            #expect(!urgent.lines.isEmpty)
            #expect(try ask("tail", "--no-follow", "--device", "P-999").output == "")
            #expect(try ask("tail", "--no-follow", "--since", "1s").output == "")
            let first = try #require(try ask("tail", "--no-follow", "--json").lines.last)
            let object = try JSONSerialization.jsonObject(with: Data(first.utf8))
            let alert = try #require(object as? [String: String])
            #expect(alert["device"] == "P-201")
            #expect(alert["msg"]?.contains("pump.vibration_rms") == true)
        }

        /// New alerts appear, also after the log was rotated away.
        @Test func tailFollowsThroughARotation() throws {
            let output = directory("tail.out")
            let tail = try ForestallProgram.start(
                try ForestallProgram.path(),
                ["tail", "--state", directory("state")], input: "/dev/null", output: output,
                errors: directory("tail.err"))
            defer { ForestallProgram.kill(tail) }
            func lines() throws -> [String] {
                splitLines(try String(contentsOfFile: output, encoding: .utf8))
            }
            let past = min(10, splitLines(try directory.text("state/alerts.log")).count)
            try ForestallProgram.wait(for: "the past") { try lines().count == past }
            let log = directory("state/alerts.log")
            let handle = try #require(FileHandle(forWritingAtPath: log))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data("time=x level=notice event=a msg=\"half".utf8))
            try handle.write(contentsOf: Data(" a line\"\n".utf8))
            try ForestallProgram.wait(for: "a new alert") { try lines().count == past + 1 }
            try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
            try directory.write("time=y level=notice event=b\n", to: "state/alerts.log")
            try ForestallProgram.wait(for: "one after rotation") { try lines().count == past + 2 }
            #expect(
                try lines().suffix(2) == [
                    "time=x level=notice event=a msg=\"half a line\"",
                    "time=y level=notice event=b",
                ])
        }
    }
}
