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

        private static let folder = SampleRecording.repository + "/Tests/Faults"

        /// The library that makes calls fail.
        private static func shim(in directory: TemporaryDirectory) throws -> String {
            let library = directory("faults.so")
            let compiled = try ForestallProgram.run(
                "/usr/bin/env",
                [
                    "cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library,
                    folder + "/faults.c", "-ldl",
                ])
            #expect(compiled.code == 0, "\(compiled.errors)")
            return library
        }

        /// The disk takes half an alert and is full: the half is taken back, and told whole later,
        /// by this program or the next.
        @Test(.enabled(if: isPossible, "a C compiler and python3 are not both installed"))
        func halfAnAlertIsTakenBack() throws {
            let directory = try TemporaryDirectory()
            let library = try Self.shim(in: directory)
            func alerts(_ state: String, _ environment: String) throws -> String {
                let replay = try ForestallProgram.shell(
                    environment + " exec \"$0\" \"$@\"", "replay",
                    SampleRecording.bearingWear.path, "--config", SampleRecording.configuration,
                    "--state", directory(state))
                #expect(replay.code == 0)
                return try directory.text(state + "/alerts.log")
            }
            let expected = try alerts("whole", "")
            let path = directory("state") + "/alerts.log"
            let disturbed = try alerts(
                "state",
                "LD_PRELOAD='\(library)' FAULTS_PREFIX='\(path)' FAULTS_CALL=write FAULTS_AT=2 "
                    + "FAULTS_FOR=2 FAULTS_SHORT=1 FAULTS_ERRNO=28 "
                    + "FAULTS_LOG='\(directory("faults.log"))'")
            #expect(try directory.text("faults.log").contains("write 2 "))
            #expect(expected.hasPrefix(disturbed) && disturbed.hasSuffix("\n"))
            #expect(try alerts("state", "") == expected)
        }

        /// After each failure the state is whole, nothing committed is lost, and the program has
        /// said what it could not do.
        @Test(.enabled(if: isPossible, "a C compiler and python3 are not both installed"))
        func aFailingCallLeavesNoTrace() throws {
            let directory = try TemporaryDirectory()
            let library = try Self.shim(in: directory)
            let outcome = try ForestallProgram.run(
                "/usr/bin/env",
                [
                    "python3", Self.folder + "/faults.py", "--program", try ForestallProgram.path(),
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
