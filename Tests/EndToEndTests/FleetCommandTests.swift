import Foundation
import Testing

extension EndToEndTests {
    /// `status`, `devices` and `signals`: what they say about a replayed state.
    @Suite struct FleetCommandTests {
        let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
            let replay = try ForestallProgram.run(
                "replay", SampleRecording.bearingWear.path, "--config",
                SampleRecording.configuration, "--state", directory("state"))
            #expect(replay.code == 0)
        }

        private func json(_ arguments: String...) throws -> Any {
            let outcome = try ForestallProgram.run(
                try ForestallProgram.path(), arguments + ["--json", "--state", directory("state")])
            #expect(outcome.code == 0)
            return try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        }

        private func text(_ arguments: String...) throws -> ForestallProgram.Outcome {
            try ForestallProgram.run(
                try ForestallProgram.path(), arguments + ["--state", directory("state")])
        }

        @Test func statusCountsWhatWentThrough() throws {
            let status = try #require(try json("status") as? [String: Any])
            #expect(status["open_tickets"] as? Int == 1)
            #expect(status["outbox_backlog"] as? Int == 0)
            #expect(status["advanced_to"] as? String == "2026-02-05T00:08:10Z")
            let counters = try #require(status["counters"] as? [String: Int])
            #expect(counters["lines_accepted"] == 22_263)
            #expect(counters["lines_refused"] == 0)
            let screen = try text("status")
            #expect(screen.code == 0)
            #expect(screen.lines.contains { $0.hasPrefix("Open tickets") && $0.hasSuffix(" 1") })
        }

        @Test func devicesAndTheirDecisions() throws {
            let devices = try #require(try json("devices") as? [[String: Any]])
            #expect(devices.map { $0["device"] as? String } == ["P-201"])
            #expect(devices.first?["class"] as? String == "pump")
            #expect(devices.first?["learned"] as? Double == 1)
            #expect(devices.first?["open_tickets"] as? Int == 1)
            let one = try text("devices", "P-201")
            #expect(one.output.contains("    bearing: "))
            #expect(one.output.contains("    seal: "))
        }

        @Test func signalsOfADevice() throws {
            let signals = try #require(try json("signals", "P-201") as? [[String: Any]])
            #expect(signals.count == 7)
            #expect(
                signals.contains {
                    $0["signal"] as? String == "pump.vibration_rms"
                        && $0["unit"] as? String == "mm/s"
                })
        }

        @Test func anUnknownDeviceIsAFinding() throws {
            for command in ["devices", "signals"] {
                let outcome = try text(command, "P-999")
                #expect(outcome.code == 1)
                #expect(
                    outcome.errors
                        == "forestall: there is no device P-999 in \(directory("state")) - "
                        + "see 'forestall devices'\n")
            }
        }

        @Test func aPacedReplayTakesItsTime() throws {
            let start = Date()
            let outcome = try ForestallProgram.shell(
                "gzip -dc \"$1\" 2>/dev/null | head -n 600 | \"$0\" replay - --speed 144000",
                SampleRecording.bearingWear.path)
            // 599 readings two minutes apart at 40 hours a second.
            #expect(outcome.code == 0)
            #expect(outcome.errors.hasPrefix("600 lines, "))
            #expect(Date().timeIntervalSince(start) >= 0.4)
        }
    }

    /// The benchmark programs run; their figures are for people.
    @Suite struct BenchmarkTests {
        @Test func theIdleBenchmarkRunsSmall() throws {
            let directory = try TemporaryDirectory()
            let outcome = try ForestallProgram.run(
                "/usr/bin/env",
                [
                    "python3", SampleRecording.repository + "/Tests/Benchmarks/idle.py", "--small",
                    "--program", try ForestallProgram.path(), "--out", directory.path,
                ])
            if outcome.code == 127 { return print("skipped: there is no python3") }
            #expect(outcome.code == 0, "\(outcome.errors)")
            let figures =
                try JSONSerialization.jsonObject(with: try directory.bytes("idle.json"))
                as? [[String: Any]]
            #expect(
                figures?.map { $0["name"] as? String } == [
                    "loaded.cpu", "loaded.wakes", "loaded.resident", "idle.cpu", "idle.wakes",
                    "idle.resident", "idle.peak",
                ])
            #expect(figures?.allSatisfy { $0["value"] is Double && $0["ratio"] != nil } == true)
        }

        @Test func everyBenchmarkRunsSmall() throws {
            let directory = try TemporaryDirectory()
            let program = try ForestallProgram.path() + "-bench"
            guard FileManager.default.isExecutableFile(atPath: program) else {
                print("skipped: there is no forestall-bench beside the program under test")
                return
            }
            let outcome = try ForestallProgram.run(
                program, ["--small", "--out", directory.path])
            #expect(outcome.code == 0)
            let files = try directory.names("")
            #expect(
                files == [
                    "bind.json", "commit.json", "detection.json", "one-module.json", "parse.json",
                    "read.json", "replay-day.json", "windows.json",
                ])
            for file in files {
                let figures =
                    try JSONSerialization.jsonObject(with: try directory.bytes(file))
                    as? [[String: Any]]
                #expect(figures?.isEmpty == false)
                let values = (figures ?? []).compactMap { $0["value"] as? Double }
                // None is missing; some may be nothing, such as the memory kept for a line.
                #expect(values.count == figures?.count, "\(file)")
                #expect(values.contains { $0 > 0 }, "\(file)")
            }
        }
    }
}
