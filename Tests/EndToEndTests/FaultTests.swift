import Foundation
import Testing

extension EndToEndTests {
    /// Calls to the file system that fail, one at a time; `make fault-test` fails every one.
    @Suite struct FaultTests {
        private static let isPossible = ["cc", "python3"].allSatisfy { program in
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            return path.split(separator: ":").contains {
                FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
            }
        }

        /// After each failure the state is whole, nothing committed is lost, and the program has
        /// said what it could not do.
        @Test(.enabled(if: isPossible, "a C compiler and python3 are not both installed"))
        func aFailingCallLeavesNoTrace() throws {
            let directory = try TemporaryDirectory()
            let folder = SampleRecording.repository + "/Tests/Faults"
            let library = directory("faults.so")
            let compiled = try ForestallProgram.run(
                "/usr/bin/env",
                [
                    "cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library,
                    folder + "/faults.c", "-ldl",
                ])
            #expect(compiled.code == 0, "\(compiled.errors)")
            let outcome = try ForestallProgram.run(
                "/usr/bin/env",
                [
                    "python3", folder + "/faults.py", "--program", try ForestallProgram.path(),
                    "--shim", library, "--config", SampleRecording.configuration, "--most", "3",
                    "--seconds", "45",
                ], patience: 300)
            #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.lines.last == "0 failures left a trace")
            // They were made: a library that is not loaded leaves no trace either.
            for call in ["open", "write", "sync"] {
                let row = outcome.lines.first { $0.hasPrefix("| replay  | \(call) ") } ?? ""
                #expect(row.hasSuffix("|      3 |     0 |"), "\(row)")
            }
        }
    }
}
