import Foundation
import Testing

extension EndToEndTests {
    /// The daemon killed under load at random moments, a few times; `make crash-test` does it 500
    /// times.
    @Suite struct CrashTests {
        private static let hasPython =
            (try? ForestallProgram.run("/bin/sh", ["-c", "command -v python3"]))?.code == 0

        /// What is sent again after a kill is what may be lost, and in the end all is there once.
        @Test(
            .enabled(if: hasPython, "python3 is not installed"),
            arguments: [("window", "10"), ("journal", "5")])
        func noMoreIsLostThanMayBe(level: String, kills: String) throws {
            let outcome = try ForestallProgram.run(
                "/usr/bin/env",
                [
                    "python3", SampleRecording.repository + "/Tests/Kills/crash.py", "--program",
                    try ForestallProgram.path(), "--kills", kills, "--seed", "1",
                    "--level", level, "--recording", SampleRecording.bearingWear.path, "--config",
                    SampleRecording.configuration,
                ], patience: 300)
            #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.lines.last?.hasSuffix(" kills left 0 findings") == true)
        }
    }
}
