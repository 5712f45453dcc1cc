import Foundation
import Testing

extension EndToEndTests {
    /// The benchmark of receiving, for a second: that it still works, not what it finds.
    @Suite struct IngestBenchmarkTests {
        private static let isPossible = ["cc", "python3"].allSatisfy { program in
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            return path.split(separator: ":").contains {
                FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
            }
        }

        private static var script: String {
            let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            return tests.deletingLastPathComponent().path + "/Benchmarks/ingest.py"
        }

        private struct Row: Decodable {
            var name: String
            var value: Double
            var unit: String
            var reference: Double?
            var ratio: Double?
        }

        @Test(.enabled(if: isPossible, "a C compiler and python3 are not both installed"))
        func itStillWorks() throws {
            let directory = try TemporaryDirectory()
            let outcome = try ForestallProgram.run(
                "/usr/bin/env",
                [
                    "python3", Self.script, "--small", "--program", try ForestallProgram.path(),
                    "--out", directory("out"),
                ])
            #expect(outcome.code == 0, "\(outcome.errors)")
            let rows = try JSONDecoder().decode(
                [Row].self, from: Data(directory.text("out/bench-ingest.json").utf8))
            let values = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.value) })
            for name in ["receiver.udp.full", "receiver.tcp.full", "forestall.tcp.full"] {
                #expect(values[name] ?? 0 > 0, "\(name)")
            }
            for name in ["forestall.udp.cpu", "forestall.tcp.cpu", "memory.idle"] {
                #expect(values[name] ?? 0 > 0, "\(name)")
                #expect(rows.first { $0.name == name }?.ratio ?? 0 > 0, "\(name)")
            }
            #expect(outcome.output.contains("| forestall.udp.lossless"))
        }

        /// Without the program there is nothing to measure, and that is said.
        @Test(.enabled(if: isPossible, "a C compiler and python3 are not both installed"))
        func itSaysThatItCouldNotRun() throws {
            let outcome = try ForestallProgram.run(
                "/usr/bin/env", ["python3", Self.script, "--small", "--program", "/nowhere"])
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("No such file or directory: '/nowhere'"))
            #expect(outcome.output.isEmpty)
        }
    }
}
