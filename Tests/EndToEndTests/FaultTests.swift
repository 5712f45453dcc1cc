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
                    Self.folder + "/faults.c", "-ldl",
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

        /// A journal on a full disk: requests are told to come back, the health says why, nothing
        /// that was answered 204 is missing, and it goes on by itself.
        @Test(.enabled(if: isPossible, "a C compiler and python3 are not both installed"))
        func aJournalThatCannotBeWritten() throws {
            let directory = try TemporaryDirectory()
            let example = try String(contentsOfFile: SampleRecording.configuration, encoding: .utf8)
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"),
                configuration: example.replacingOccurrences(
                    of: "[state]", with: "[state]\ndurability = \"journal\""),
                environment: [
                    "LD_PRELOAD": try Self.shim(in: directory),
                    "FAULTS_PREFIX": directory("state/journal"), "FAULTS_CALL": "write",
                    "FAULTS_AT": "3", "FAULTS_FOR": "2", "FAULTS_ERRNO": "28",
                ])
            let address = "http://127.0.0.1:\(daemon.httpPorts[0])"
            func post(_ value: Int) throws -> String {
                let line = "pump,device=P-1 flow=\(value) 17675712\(value)0000000000"
                return try ForestallProgram.run(
                    "/bin/sh", ["-c", "curl -s -i --data-binary '\(line)' \(address)/write"]
                ).output
            }
            func health() throws -> String {
                try ForestallProgram.run("/bin/sh", ["-c", "curl -s -i \(address)/health"]).output
            }
            #expect(try post(1).hasPrefix("HTTP/1.1 204"))
            #expect(try health().hasPrefix("HTTP/1.1 200"))
            // The third write is the second request's.
            let refused = try post(2)
            #expect(refused.hasPrefix("HTTP/1.1 503"), "\(refused)")
            #expect(refused.lowercased().contains("retry-after:"))
            let told = try health()
            #expect(told.hasPrefix("HTTP/1.1 503"))
            #expect(told.contains("requests are told to come back: cannot write "), "\(told)")
            #expect(told.contains("no space left on device"))
            try ForestallProgram.wait(for: "a request that is taken") {
                try post(2).hasPrefix("HTTP/1.1 204")
            }
            #expect(try health().hasPrefix("HTTP/1.1 200"))
            #expect(try post(3).hasPrefix("HTTP/1.1 204"))
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            // The refused ones did not reach the engine.
            #expect(ending.totals["lines"] == 3)
            #expect(ending.errors.contains("Journal cannot be written"))
            #expect(ending.errors.contains("Journal is written again"))
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
                    "--shim", library, "--config", SampleRecording.configuration, "--short",
                    "--most", "3", "--seconds", "60",
                ], patience: 300)
            #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.lines.last == "0 failures left a trace")
            // They were made: a library that is not loaded leaves no trace either.
            for call in ["open", "write", "sync", "rename", "read"] {
                let row = outcome.lines.first { $0.contains(" | \(call) ") } ?? ""
                #expect(!row.contains("|      0 |     0 |"), "\(outcome.output)")
            }
        }
    }
}
