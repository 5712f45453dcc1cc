import Foundation
import Testing

extension EndToEndTests {
    /// What `devices` and `signals` say about clocks and the quality of signals.
    @Suite struct QualityCommandTests {
        let directory: TemporaryDirectory

        /// Two hours of a machine whose signal `b` sticks after one, a line every ten seconds.
        init() throws {
            directory = try TemporaryDirectory()
            var lines = ""
            for second in stride(from: 0, to: 7_200, by: 10) {
                let b = second < 3_600 ? second * 7_919 % 101 : 55
                lines +=
                    "motor,device=M-1 a=\(second * 31 % 89),b=\(b) "
                    + "\(1_767_225_600 + second)000000000\n"
            }
            try lines.write(toFile: directory("m.lp"), atomically: true, encoding: .utf8)
            let replay = try ForestallProgram.run(
                "replay", directory("m.lp"), "--state", directory("state"), "--scores",
                directory("scores.csv"))
            #expect(replay.code == 0)
        }

        private func run(_ arguments: String...) throws -> ForestallProgram.Outcome {
            try ForestallProgram.run(
                try ForestallProgram.path(), arguments + ["--state", directory("state")])
        }

        private func first(_ arguments: String..., where key: String, is value: String) throws
            -> [String: Any]
        {
            let outcome = try ForestallProgram.run(
                try ForestallProgram.path(),
                arguments + ["--json", "--state", directory("state")])
            let rows = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
            return try #require(
                (rows as? [[String: Any]])?.first { $0[key] as? String == value })
        }

        @Test func aStuckSignalIsShown() throws {
            let stuck = try first("signals", "M-1", where: "signal", is: "motor.b")
            #expect(stuck["quality"] as? String == "stuck")
            #expect((stuck["quality_since"] as? String)?.hasPrefix("2026-01-01T01:0") == true)
            let good = try first("signals", "M-1", where: "signal", is: "motor.a")
            #expect(good["quality"] as? String == "good")
            #expect(try run("signals", "M-1").lines.contains { $0.contains(" stuck  ") })
            let page = try run("devices", "M-1").output
            #expect(page.contains("Signals that are not good\n    motor.b: stuck, since 2026-"))
            #expect(!page.contains("motor.a: good"))
            // The file of scores says it too, and the device is not abnormal for it.
            let rows = try String(contentsOfFile: directory("scores.csv"), encoding: .utf8)
                .split(separator: "\n")
            #expect(rows.count { $0.hasPrefix("M-1,motor.b,") && $0.hasSuffix(",stuck") } > 50)
            #expect(!rows.contains { $0.hasSuffix(",abnormal") })
        }

        @Test(.enabled(if: Database.isReadable, "needs the sqlite3 command"))
        func aWrongClockIsShown() throws {
            let none = try first("devices", where: "device", is: "M-1")
            #expect(none["clock"] is NSNull)
            let outcome = try ForestallProgram.run(
                "/usr/bin/env",
                [
                    "sqlite3", directory("state/forestall.db"),
                    """
                    UPDATE device SET clock_state = 'behind', clock_offset_s = -3600.4,
                        clock_since = 1767225600000000000
                    """,
                ])
            #expect(outcome.errors.isEmpty)
            let device = try first("devices", where: "device", is: "M-1")
            #expect(device["clock"] as? String == "clock_skew")
            #expect(device["clock_state"] as? String == "behind")
            #expect(device["clock_offset_seconds"] as? Double == -3_600.4)
            #expect(device["clock_since"] as? String == "2026-01-01T00:00:00Z")
            #expect(try run("devices").output.contains("clock_skew -3600 s"))
            #expect(
                try run("devices", "M-1").output.contains(
                    "Clock clock_skew (behind), -3600 s against the gateway's, since "
                        + "2026-01-01T00:00:00Z\n"))
        }
    }
}
