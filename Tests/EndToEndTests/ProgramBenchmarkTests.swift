import Foundation
import Testing

extension EndToEndTests {
    /// The benchmarks of the whole program in their short form: that they still work, not what they
    /// find.
    @Suite struct ProgramBenchmarkTests {
        private static let isPossible =
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
                FileManager.default.isExecutableFile(atPath: "\($0)/python3")
            }

        private static var folder: String {
            let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            return tests.deletingLastPathComponent().path + "/Benchmarks/"
        }

        private struct Row: Decodable {
            var name: String
            var value: Double
            var ratio: Double?
        }

        /// Its figures by name.
        private func run(_ script: String, _ arguments: String...) throws -> [String: Row] {
            let directory = try TemporaryDirectory()
            let outcome = try ForestallProgram.run(
                "/usr/bin/env",
                [
                    "python3", Self.folder + script + ".py", "--small", "--program",
                    try ForestallProgram.path(), "--out", directory("out"),
                ] + arguments)
            #expect(outcome.code == 0, "\(outcome.errors)")
            let rows = try JSONDecoder().decode(
                [Row].self, from: Data(directory.text("out/\(script).json").utf8))
            return Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0) })
        }

        /// Every line that came in while it took up what it knew has been taken in.
        @Test(.enabled(if: isPossible, "python3 is not installed"))
        func restartsAreMeasured() throws {
            let rows = try run("restart")
            #expect(rows["restart.folded"]?.value ?? 0 >= 1_500)
            #expect(rows["restart.udp.sent"]?.value ?? 0 > 0)
            #expect(rows["restart.udp.missing"]?.value == 0)
            for name in ["restart.clean.wall", "restart.killed.wall", "restart.killed.cpu"] {
                #expect(rows[name]?.ratio ?? 0 > 0, "\(name)")
            }
        }

        @Test(.enabled(if: isPossible, "python3 is not installed"))
        func replaysAreMeasured() throws {
            let directory = try TemporaryDirectory()
            let hours = (0..<48).map { hour in
                "2015-01-0\(1 + hour / 24) \(hour % 24 < 10 ? "0" : "")\(hour % 24):00:00,7,"
                    + "170.5,\(400 + hour),100.25,40.5"
            }
            let file = try directory.write(
                "datetime,machineID,volt,rotate,pressure,vibration\n"
                    + hours.joined(separator: "\n") + "\n", to: "hourly.csv")
            let rows = try run("replay", "--hourly", file)
            #expect(rows["replay.hourly.readings"]?.value == 192)
            #expect(rows["replay.hourly.windows"]?.value == 192)
            for name in ["replay.day.wall", "replay.day.cpu", "replay.hourly.cpu"] {
                #expect(rows[name]?.ratio ?? 0 > 0, "\(name)")
            }
        }

        /// A directory in memory counts nothing, and the short form accepts that.
        @Test(.enabled(if: isPossible, "python3 is not installed"))
        func whatIsWrittenIsMeasured() throws {
            let directory = try TemporaryDirectory()
            let rows = try run("flash", "--directory", directory.path)
            for name in ["flash.day", "flash.full.day"] {
                #expect(rows[name]?.ratio != nil, "\(name)")
            }
            #expect(rows["flash.checkpoints"]?.value ?? 0 > 0)
        }

        /// Without the program there is nothing to measure, and that is said.
        @Test(
            .enabled(if: isPossible, "python3 is not installed"),
            arguments: ["restart", "replay", "flash"])
        func theySayThatTheyCouldNotRun(_ script: String) throws {
            let outcome = try ForestallProgram.run(
                "/usr/bin/env",
                ["python3", Self.folder + script + ".py", "--small", "--program", "/nowhere"])
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("/nowhere"), "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
    }
}
