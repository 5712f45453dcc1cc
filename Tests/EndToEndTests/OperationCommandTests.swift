import Foundation
import Testing

extension EndToEndTests {
    /// Hours and starts as people see them, and what they survive.
    @Suite struct OperationCommandTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private func replay(_ path: String) throws {
            let outcome = try ForestallProgram.run(
                "replay", path, "--config", SampleRecording.configuration, "--state",
                directory("state"))
            #expect(outcome.code == 0, "\(outcome.errors)")
        }

        private func ask(_ arguments: String...) throws -> String {
            let outcome = try ForestallProgram.run(
                try ForestallProgram.path(), arguments + ["--state", directory("state")])
            #expect(outcome.code == 0, "\(outcome.errors)")
            return outcome.output
        }

        private func device() throws -> [String: Any] {
            let list = try JSONSerialization.jsonObject(
                with: Data(try ask("devices", "P-201", "--json").utf8))
            return try #require((list as? [[String: Any]])?.first)
        }

        /// The count made by hand from the recording: windows of ten minutes, `current > 2.0`.
        private struct Count: Equatable {
            var running = 0.0
            var observed = 0.0
            var starts = 0

            init(_ lines: [String]) {
                var windows: [(start: Int64, low: Double, high: Double)] = []
                for line in lines {
                    let words = line.split(separator: " ")
                    guard
                        let field = words[1].split(separator: ",").first(where: {
                            $0.hasPrefix("current=")
                        }), let current = Double(field.dropFirst(8)), let time = Int64(words[2])
                    else { continue }
                    let start = time / 600_000_000_000
                    if windows.last?.start != start { windows.append((start, current, current)) }
                    windows[windows.count - 1].low = min(windows[windows.count - 1].low, current)
                    windows[windows.count - 1].high = max(windows[windows.count - 1].high, current)
                }
                var isOff = false
                for window in windows {
                    observed += 600
                    if window.low > 2 {
                        running += 600
                        if isOff { starts += 1 }
                        isOff = false
                    } else if window.high > 2 {
                        running += 300
                    } else {
                        isOff = true
                    }
                }
            }
        }

        private func expect(_ count: Count, sourceLocation: SourceLocation = #_sourceLocation)
            throws
        {
            let device = try device()
            #expect(
                device["running_s"] as? Double == count.running, sourceLocation: sourceLocation)
            #expect(
                device["observed_s"] as? Double == count.observed, sourceLocation: sourceLocation)
            #expect(device["starts"] as? Int == count.starts, sourceLocation: sourceLocation)
            #expect(device["idle_s"] as? Double == 0, sourceLocation: sourceLocation)
        }

        @Test func hoursOfAMachineAndItsComponents() throws {
            try replay(SampleRecording.bearingWear.path)
            let count = Count(try SampleRecording.bearingWear.lines)
            #expect(count.starts > 10 && count.running > 0.3 * count.observed)
            try expect(count)
            #expect(["running", "off", "transient"].contains(try device()["operating"] as? String))
            #expect(try device()["availability"] as? Double == 1)
            let page = try ask("devices", "P-201")
            let hours = Int((count.running / 3_600).rounded())
            #expect(page.contains("\nOperation\n"))
            #expect(page.contains("    \(hours) h running, 0 h idle, of "))
            #expect(page.contains("seen; starts: \(count.starts)\n"))
            #expect(page.contains("    available 100 % of the time\n"))
            #expect(!page.contains("Components"))

            let recorded = try ForestallProgram.run(
                "maintenance", "record", "P-201", "replacement", "--component", "bearing", "--at",
                "2026-01-20T00:00:00Z", "--part", "6312-C3", "--config",
                SampleRecording.configuration, "--state", directory("state"))
            #expect(recorded.code == 0, "\(recorded.errors)")
            let before = Count(
                try SampleRecording.bearingWear.lines.filter {
                    $0.split(separator: " ")[2] < "1768867200000000000"
                })
            let history = try JSONSerialization.jsonObject(
                with: Data(try ask("maintenance", "list", "--json").utf8))
            #expect((history as? [[String: Any]])?.first?["running_s"] as? Double == before.running)
            let table = try ask("maintenance", "list")
            #expect(table.contains("RUNNING"))
            #expect(table.contains(" \(Int((before.running / 3_600).rounded())) h "))
            let lives = try #require(try device()["lives"] as? [[String: Any]])
            #expect(lives.map { $0["number"] as? Int } == [1, 2])
            #expect(
                lives.map { $0["running_s"] as? Double } == [nil, count.running - before.running])
            let age = Int(((count.running - before.running) / 3_600).rounded())
            #expect(
                try ask("devices", "P-201").contains(
                    "\nComponents\n    bearing: life 2 since 2026-01-20T00:00:00Z, part 6312-C3, "
                        + "\(age) h running\n"))
            // The count is the machine's; a new part does not change it.
            try expect(count)
        }

        /// Killed and stopped, whether its checkpoints are there or every window is folded again:
        /// a restart adds nothing and takes nothing away.
        @Test(arguments: [false, true])
        func aRestartedDaemonCountsTheSame(_ losesCheckpoints: Bool) throws {
            try replay(SampleRecording.bearingWear.path)
            let count = Count(try SampleRecording.bearingWear.lines)
            for round in 0..<2 {
                if losesCheckpoints {
                    for name in ["checkpoint.a", "checkpoint.b"] {
                        try? FileManager.default.removeItem(atPath: directory("state/" + name))
                    }
                }
                let daemon = try RunningDaemon(in: directory, state: directory("state"))
                if round == 0 {
                    ForestallProgram.kill(daemon.process)
                    daemon.process.waitUntilExit()
                } else {
                    let ending = try daemon.stop()
                    #expect(ending.code == 0)
                    #expect(!ending.errors.contains("are taken from the database"))
                }
                try expect(count)
            }
            let verified = try ForestallProgram.run(
                "verify", "--full", "--config", SampleRecording.configuration, "--state",
                directory("state"))
            #expect(verified.code == 0, "\(verified.output)")
        }

        /// Two recordings, one after the other, with everything between them gone but the
        /// database's count: neither checkpoints nor windows. Or only the checkpoints.
        @Test(
            .enabled(if: Database.isReadable, "needs the sqlite3 command"),
            arguments: [false, true])
        func hoursOutliveCheckpointsAndWindows(_ losesWindows: Bool) throws {
            let lines = try SampleRecording.bearingWear.lines
            let middle = try #require(
                lines.indices.first { $0 > lines.count / 2 && isStart(lines[$0]) })
            try replay(
                directory.write(lines[..<middle].joined(separator: "\n") + "\n", to: "one.lp"))
            try expect(Count(Array(lines[..<middle])))
            for name in ["checkpoint.a", "checkpoint.b"] {
                try? FileManager.default.removeItem(atPath: directory("state/" + name))
            }
            if losesWindows {
                let emptied = try ForestallProgram.run(
                    "/usr/bin/env",
                    [
                        "sqlite3", directory("state/forestall.db"),
                        "DELETE FROM window; DELETE FROM device_score;",
                    ])
                #expect(emptied.code == 0)
            }
            let outcome = try ForestallProgram.run(
                "replay",
                directory.write(lines[middle...].joined(separator: "\n") + "\n", to: "two.lp"),
                "--config", SampleRecording.configuration, "--state", directory("state"))
            #expect(outcome.code == 0)
            #expect(
                outcome.errors.contains("Running hours are taken from the database") == losesWindows
            )
            let whole = Count(lines)
            let device = try device()
            #expect(device["running_s"] as? Double == whole.running)
            #expect(device["observed_s"] as? Double == whole.observed)
            // Without windows nobody knows what it did before the second half.
            let starts = try #require(device["starts"] as? Int)
            #expect((0...(losesWindows ? 1 : 0)).contains(whole.starts - starts))
        }

        private func isStart(_ line: String) -> Bool {
            (Int64(line.split(separator: " ")[2]) ?? 1) % 600_000_000_000 == 0
        }
    }
}
