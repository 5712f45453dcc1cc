import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// `export`: what other programs read is what the database holds.
    @Suite(.enabled(if: Database.isReadable, "needs the sqlite3 command"))
    struct ExportCommandTests {
        static let history = """
            time,device,component,event,part,cost,note
            2026-01-04T06:00:00Z,P-201,bearing,inspection,,120.5,"oil, filter"
            2026-01-05T08:00:00Z,P-201,,inspection,,,

            """

        let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
            let history = try directory.write(Self.history, to: "history.csv")
            let replay = try ForestallProgram.run(
                "replay", SampleRecording.bearingWear.path, "--config",
                SampleRecording.configuration, "--state", directory("state"), "--maintenance",
                history, "--tickets", directory("tickets.jsonl"))
            #expect(replay.code == 0)
        }

        private func export(_ options: String...) throws -> ForestallProgram.Outcome {
            try ForestallProgram.run(
                try ForestallProgram.path(),
                ["export"] + options + ["--state", directory("state")])
        }

        private func rows(_ sql: String) throws -> [String] {
            try Database.rows(directory("state"), sql)
        }

        private static let subjects = [
            ("windows", "SELECT count(*) FROM window"),
            (
                "scores",
                "SELECT (SELECT count(*) FROM device_score) + (SELECT count(*) FROM signal_score)"
            ),
            ("prognoses", "SELECT count(*) FROM prognosis"),
            ("tickets", "SELECT count(*) FROM ticket_change"),
            ("alerts", "SELECT count(*) FROM alert"),
            ("events", "SELECT count(*) FROM device_event"),
            ("maintenance", "SELECT count(*) FROM maintenance"),
            ("devices", "SELECT count(*) FROM device"),
        ]

        /// Every row once, in every format, each readable by whoever reads that format.
        @Test func everySubjectInEveryFormat() throws {
            for (subject, sql) in Self.subjects {
                let count = try #require(try rows(sql).first.flatMap { Int($0) })
                if subject != "events" { #expect(count > 0, "\(subject)") }
                let csv = try export(subject)
                #expect(csv.code == 0 && csv.errors.isEmpty)
                #expect(csv.lines.count == count + 1, "\(subject)")
                let json = try export(subject, "--format", "jsonl").lines
                #expect(json.count == count)
                for line in json.prefix(200) {
                    #expect(
                        try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
                }
                let file = directory(subject + ".lp")
                let written = try export(subject, "--format", "lp", "--out", file)
                #expect(
                    written.errors == "\(file): \(count) \(count == 1 ? "row" : "rows")\n")
                let parsed = try ForestallProgram.run("parse", file)
                #expect(parsed.code == 0)
                #expect(parsed.lines.count == count, "\(subject)")
            }
        }

        @Test func windowsAreThoseOfTheDatabaseBitForBit() throws {
            let csv = try export("windows").lines
            #expect(
                csv[0] == "window_start,device,signal,unit,count,min,max,mean,sd,first,last,"
                    + "slope,missing,changes,p50,p95,p99")
            let kept = try rows(
                """
                SELECT start, device.name, signal.name, ifnull(unit, ''), count,
                    hex(ieee754_to_blob(mean)), hex(ieee754_to_blob(sd))
                FROM window JOIN signal ON signal.id = window.signal
                    JOIN device ON device.id = signal.device
                ORDER BY start, window.signal
                """)
            #expect(kept.count > 4_000)
            func hex(_ text: Substring) -> String {
                let digits = String(Double(text)?.bitPattern ?? 0, radix: 16, uppercase: true)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }
            for (row, expected) in zip(csv.dropFirst(), kept) {
                let fields = row.split(separator: ",", omittingEmptySubsequences: false)
                let text = (fields[0..<5] + [Substring(hex(fields[7])), Substring(hex(fields[8]))])
                    .joined(separator: "|")
                #expect(text == expected)
                if text != expected { break }
            }
        }

        @Test func ticketsAreTheMessagesAsDelivered() throws {
            let lines = try export("tickets", "--format", "jsonl").output
            let told = try String(contentsOfFile: directory("tickets.jsonl"), encoding: .utf8)
            #expect(!told.isEmpty)
            #expect(lines == told)
        }

        @Test func timesAreWhatTheFormatHasForThem() throws {
            let json = try export("devices", "--format", "jsonl", "--device", "P-201").lines
            let first = try #require(
                try rows("SELECT first_seen FROM device WHERE name = 'P-201'").first)
            let text = try #require(
                try rows(
                    """
                    SELECT strftime('%Y-%m-%dT%H:%M:%SZ', first_seen / 1000000000, 'unixepoch')
                    FROM device WHERE name = 'P-201'
                    """
                ).first)
            #expect(json.count == 1 && json[0].hasPrefix("{\"first_seen\":\"\(text)\","))
            let csv = try export("devices", "--device", "P-201").lines
            #expect(csv[1].hasPrefix("\(first),P-201,"))
            let line = try export("devices", "--format", "lp", "--device", "P-201").lines
            #expect(line[0].hasPrefix("forestall_device,device=P-201 class=\"pump\","))
            #expect(line[0].hasSuffix(" " + first))
        }

        @Test func onlyWhatIsAskedFor() throws {
            let starts = try rows("SELECT DISTINCT start FROM window ORDER BY start")
            let (from, until) = (starts[100], starts[110])
            let some = try export("windows", "--from", from, "--until", until).lines.dropFirst()
            #expect(
                try rows(
                    "SELECT count(*) FROM window WHERE start >= \(from) AND start < \(until)")
                    == ["\(some.count)"])
            #expect(Set(some.map { String($0.prefix { $0 != "," }) }).count == 10)
            let all = try export("windows", "--device", "P-201").lines.dropFirst()
            #expect(!all.isEmpty && all.allSatisfy { $0.contains(",P-201,") })
            let unknown = try export("windows", "--device", "P-999")
            #expect(unknown.code == 65)
            #expect(unknown.errors == "forestall: device \"P-999\" is not known\n")
            let turned = try export("windows", "--from", until, "--until", from)
            #expect(turned.code == 64)
            #expect(turned.errors.contains("--from must be before --until"))
            let nowhere = try export("windows", "--out", directory("nowhere/x"))
            #expect(nowhere.code == 74)
            #expect(nowhere.errors.contains("its directory does not exist"))
        }

        /// The disk is full: a sentence, and where not even that can be written, the right code.
        @Test func anOutputThatCannotBeWritten() throws {
            let sentence =
                "forestall: cannot write standard output: the disk is full - free some space\n"
            for command in ["export windows", "status", "tickets list --json"] {
                let outcome = try ForestallProgram.shell(
                    "\"$0\" \(command) --state \"\(directory("state"))\" > /dev/full")
                #expect(outcome.code == 74, "\(command)")
                #expect(outcome.errors == sentence, "\(command)")
            }
            #expect(
                try ForestallProgram.shell("\"$0\" check --config nowhere.toml 2> /dev/full").code
                    == 78)
            let file = try export("devices", "--out", "/dev/full")
            #expect(file.code == 74)
            #expect(
                file.errors
                    == "forestall: cannot write /dev/full: the disk is full - free some space\n")
        }

        /// What is exported of the history is what is imported.
        @Test func theHistoryComesBack() throws {
            let file = directory("again.csv")
            #expect(try export("maintenance", "--out", file).code == 0)
            let imported = try ForestallProgram.run(
                "maintenance", "import", file, "--config", SampleRecording.configuration,
                "--state", directory("state"))
            #expect(imported.code == 0)
            #expect(
                imported.output == "Events recorded: 0; waiting: 0; known already: 2; "
                    + "rows refused: 0.\n")
            #expect(
                try String(contentsOfFile: file, encoding: .utf8).contains(
                    "P-201,bearing,inspection,,120.5,\"oil, filter\"\n"))
        }

        /// How Grafana reads: another process asks again and again while the daemon writes.
        @Test func readersAndTheDaemonDoNotDisturbEachOther() throws {
            let state = directory("live")
            let daemon = try RunningDaemon(in: directory, state: state, clock: "event")
            let sender = try LoopbackPeer(tcp: daemon.tcpPorts[0])
            var seen = 0
            for minute in 0..<40 {
                let stamp = 1_767_225_600 + minute * 60
                try sender.send(
                    (0..<500).map { "pump,device=p-\($0) v=\(minute) \(stamp)000000000\n" }
                        .joined())
                let counts = try Database.rows(
                    state,
                    """
                    SELECT count(*) FROM window_readable;
                    SELECT ifnull(max(count), 0) FROM (SELECT count(*) AS count FROM window
                        GROUP BY start, signal);
                    """)
                let count = try #require(Int(counts[0]))
                #expect(count >= seen && Int(counts[1]) ?? 9 <= 1)
                seen = count
                if minute % 10 == 5 {
                    let exported = try ForestallProgram.run(
                        "export", "windows", "--state", state)
                    #expect(exported.code == 0 && exported.lines.count > count)
                }
            }
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["lines"] == 20_000)
            #expect(!ending.errors.contains("warning") && !ending.errors.contains("error"))
            #expect(try Database.rows(state, "SELECT sum(count) FROM window") == ["20000"])
        }
    }
}
