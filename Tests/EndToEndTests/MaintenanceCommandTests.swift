import Foundation
import Testing

extension EndToEndTests {
    /// `maintenance record`, `import` and `list`, with and without a daemon;
    /// `replay --maintenance`.
    @Suite struct MaintenanceCommandTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private static let header = "time,device,component,event,part,cost,note\n"
        private static let wear = SampleRecording.bearingWear.path

        private func replay(_ arguments: String..., state: String = "state") throws
            -> ForestallProgram.Outcome
        {
            try ForestallProgram.run(
                try ForestallProgram.path(),
                [
                    "replay", Self.wear, "--config", SampleRecording.configuration, "--state",
                    directory(state),
                ] + arguments)
        }

        private func ask(_ arguments: String...) throws -> ForestallProgram.Outcome {
            try ForestallProgram.run(
                try ForestallProgram.path(),
                arguments
                    + ["--config", SampleRecording.configuration, "--state", directory("state")])
        }

        /// `time device component event state` per event.
        private func history() throws -> [String] {
            let outcome = try ForestallProgram.run(
                "maintenance", "list", "--json", "--state", directory("state"))
            #expect(outcome.code == 0, "\(outcome.errors)")
            let list = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
            return try #require(list as? [[String: Any]]).map { row in
                ["time", "device", "component", "event", "state"]
                    .map { row[$0] as? String ?? "?" }.joined(separator: " ")
            }
        }

        private func tickets(_ state: String = "state") throws -> [[String: Any]] {
            let outcome = try ForestallProgram.run(
                "tickets", "list", "--all", "--json", "--state", directory(state))
            let list = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
            return try #require(list as? [[String: Any]])
        }

        @Test func aReplacementWithoutADaemon() throws {
            #expect(try replay().code == 0)
            let ticket = try #require(try tickets().first)
            #expect(ticket["component"] as? String == "bearing")
            let opened = try #require(ticket["opened_at"] as? String)
            let recorded = try ask(
                "maintenance", "record", "P-201", "replacement", "--component", "bearing", "--at",
                "2026-02-05T00:00:00Z", "--part", "6312-C3", "--cost", "181.5", "--note", "worn",
                "--by", "anna")
            #expect(recorded.code == 0, "\(recorded.errors)")
            #expect(
                recorded.output
                    == "Recorded: replacement of bearing of P-201 at 2026-02-05T00:00:00Z.\n")
            #expect(opened < "2026-02-05")
            let closed = try #require(try tickets().first)
            #expect(closed["type"] as? String == "closed")
            let note = try #require(closed["operator"] as? [String: Any])
            #expect(note["by"] as? String == "anna" && note["part"] as? String == "6312-C3")
            #expect(note["note"] as? String == "worn")
            #expect(
                try ask("tickets", "show", ticket["ticket"] as? String ?? "").output
                    .contains("closed  (closed_by_maintenance)"))
            let again = try ask(
                "maintenance", "record", "P-201", "replacement", "--component", "bearing", "--at",
                "2026-02-05T00:00:00Z", "--json")
            #expect(again.code == 0)
            #expect(again.output == "{\"decision\":2,\"fate\":\"already_recorded\"}\n")
            #expect(
                try history() == ["2026-02-05T00:00:00Z P-201 bearing replacement recorded"])
            let table = try ask("maintenance", "list", "--device", "P-201").output
            #expect(table.contains("6312-C3") && table.contains("worn"))
            #expect(
                try ask("maintenance", "list", "--device", "P-1").output
                    == "No maintenance events.\n")
            // The replay is still complete.
            #expect(try replay().errors.contains("nothing to do"))
        }

        @Test func usage() throws {
            #expect(try replay().code == 0)
            #expect(try ask("maintenance", "record", "P-201", "mended").code == 64)
            #expect(try ask("maintenance", "record", "P-201", "repair", "--cost", "-1").code == 64)
            #expect(try ask("maintenance", "record", "", "repair").code == 64)
            #expect(try ask("maintenance", "record", "P-201", "repair", "--at", "soon").code == 64)
            #expect(try ask("maintenance", "import", directory("nowhere.csv")).code == 74)
            #expect(try history() == [])
        }

        /// Good rows are taken though others are refused; the same file again changes nothing.
        @Test func importing() throws {
            #expect(try replay().code == 0)
            let file = try directory.write(
                Self.header
                    + "2026-01-20T00:00:00Z,P-201,bearing,inspection,,,\"quiet, \"\"fine\"\"\"\n"
                    + "2026-01-21T00:00:00Z,P-201,bearing,mended,,,\n"
                    + "2026-01-22T00:00:00Z,P-777,,failure,,,\n"
                    + "2026-01-22T00:00:00Z,P-777,,failure,,,again\n"
                    + "2100-01-01T00:00:00Z,P-201,,retired,,,\n", to: "history.csv")
            let imported = try ask("maintenance", "import", file)
            #expect(imported.code == 65)
            #expect(
                imported.errors == """
                    forestall: 1 row of \(file) was refused
                        line 3, event: "mended" - expected failure, retired, inspection, repair, \
                    replacement, commissioned

                    """)
            #expect(imported.output.hasPrefix("Events recorded: 2; waiting: 1; "))
            let expected = [
                "2026-01-20T00:00:00Z P-201 bearing inspection recorded",
                "2026-01-22T00:00:00Z P-777  failure recorded",
                "2100-01-01T00:00:00Z P-201  retired waiting",
            ]
            #expect(try history() == expected)
            let again = try ask("maintenance", "import", file, "--json")
            #expect(again.code == 65)
            #expect(again.output == "{\"recorded\":0,\"waiting\":0,\"known\":4,\"refused\":1}\n")
            #expect(try history() == expected)
            let wrong = try directory.write("time,device,event,colour\n", to: "wrong.csv")
            let refused = try ask("maintenance", "import", wrong)
            #expect(refused.code == 65 && refused.output == "")
            #expect(refused.errors.contains("line 1, colour: \"colour\" - expected one of"))
        }

        @Test func aRunningDaemonTakesEvents() throws {
            #expect(try replay().code == 0)
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let recorded = try ask(
                "maintenance", "record", "P-201", "replacement", "--component", "bearing", "--at",
                "2026-02-05T00:00:00Z")
            #expect(recorded.code == 0, "\(recorded.errors)")
            #expect(recorded.output.hasPrefix("Recorded: "))
            #expect(try tickets().first?["type"] as? String == "closed")
            // kill -9: it is in the state, and folded again.
            ForestallProgram.kill(daemon.process)
            daemon.process.waitUntilExit()
            let second = try RunningDaemon(in: directory, state: directory("state"))
            let id = try #require(try tickets().first?["ticket"] as? String)
            let closing = try ask("tickets", "close", id, "--outcome", "confirmed")
            #expect(closing.code == 1 && closing.errors.contains("the ticket is closed"))
            let file = try directory.write(
                Self.header + "2026-02-05T00:00:00Z,P-201,bearing,replacement,,,\n"
                    + "2026-02-05T00:05:00Z,P-201,,failure,,,\n", to: "history.csv")
            let imported = try ask("maintenance", "import", file)
            #expect(imported.code == 0, "\(imported.errors)")
            #expect(
                imported.output
                    == "Events recorded: 1; waiting: 0; known already: 1; rows refused: 0.\n")
            #expect(try second.stop().code == 0)
            #expect(try tickets().first?["type"] as? String == "closed")
            let status = try ask("status", "--json").output
            #expect(status.contains("\"refold_differences\":0"))
        }

        /// Events enter at their times: what is closed, when, and that the rest is recorded too.
        @Test func replayingAHistory() throws {
            let file = try directory.write(
                Self.header
                    + "2026-02-03T12:00:00Z,P-201,bearing,replacement,6312-C3,,\n"
                    + "2030-01-01T00:00:00Z,P-201,,retired,,,\n", to: "history.csv")
            let outcome = try replay(
                "--maintenance", file, "--tickets", directory("tickets.jsonl"))
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains(", 2 maintenance events"))
            let lines = splitLines(try directory.text("tickets.jsonl"))
            let closed = lines.filter { $0.contains("\"type\":\"closed\"") }
            #expect(
                closed.contains {
                    $0.contains("\"time\":\"2026-02-03T12:00:00Z\"") && $0.contains("6312-C3")
                })
            #expect(
                try history() == [
                    "2026-02-03T12:00:00Z P-201 bearing replacement recorded",
                    "2030-01-01T00:00:00Z P-201  retired recorded",
                ])
            #expect(try replay("--maintenance", file).errors.contains("nothing to do"))
        }

        @Test func aBadRowCostsNoGoodOne() throws {
            let file = try directory.write(
                Self.header + "soon,P-201,bearing,replacement,,,\n"
                    + "2026-02-03T12:00:00Z,P-201,bearing,replacement,,,\n", to: "history.csv")
            let outcome = try replay("--maintenance", file)
            #expect(outcome.code == 65)
            #expect(outcome.errors.contains("line 2, time: \"soon\" - expected RFC 3339"))
            #expect(outcome.errors.contains(", 1 maintenance events"))
            #expect(try history().count == 1)
            let wrong = try directory.write("when,device,event\n", to: "wrong.csv")
            #expect(try replay("--maintenance", wrong, state: "other").code == 65)
            #expect(!FileManager.default.fileExists(atPath: directory("other")))
        }

        /// Killed on the way and started again until it is complete: as if nothing had happened.
        @Test func anInterruptedReplayEndsAsAnUninterruptedOne() throws {
            var rows = Self.header + "2030-01-01T00:00:00Z,P-201,,inspection,,,\n"
            for day in 10...28 {
                rows += "2026-01-\(day)T06:00:00Z,P-201,bearing,failure,,,\n"
                rows += "2026-01-\(day)T08:00:00Z,P-201,bearing,repair,,,\n"
            }
            rows += "2026-02-04T00:00:00Z,P-201,bearing,replacement,,,\n"
            let file = try directory.write(rows, to: "history.csv")
            #expect(try replay("--maintenance", file, state: "whole").code == 0)
            var kills = 0
            for round in 1...6 {
                let process = try ForestallProgram.start(
                    try ForestallProgram.path(),
                    [
                        "replay", Self.wear, "--config", SampleRecording.configuration, "--state",
                        directory("state"), "--maintenance", file,
                    ], input: "/dev/null", output: directory("out"), errors: directory("err"))
                let wal = directory("state/forestall.db-wal")
                try ForestallProgram.wait(for: "some commits") {
                    let size =
                        try? FileManager.default.attributesOfItem(atPath: wal)[.size] as? Int
                    return (size ?? 0) >= round * 300_000 || !process.isRunning
                }
                if process.isRunning { kills += 1 }
                ForestallProgram.kill(process)
                process.waitUntilExit()
            }
            #expect(kills >= 3)
            #expect(try replay("--maintenance", file).code == 0)
            #expect(
                try Spool.messages(in: directory, state: "state")
                    == Spool.messages(in: directory, state: "whole"))
            #expect(try history().count == 40)
            guard Database.isReadable else { return }
            for table in ["maintenance", "component_life", "ticket_change", "device_score"] {
                let found = try Database.rows(directory("state"), "SELECT * FROM \(table)")
                let expected = try Database.rows(directory("whole"), "SELECT * FROM \(table)")
                #expect((found == expected) as Bool, "\(table) differs")
                #expect(!found.isEmpty)
            }
        }
    }
}
