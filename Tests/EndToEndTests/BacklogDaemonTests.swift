import Testing

extension EndToEndTests {
    /// A recording of weeks that arrives at once at a daemon of the wall clock.
    @Suite struct BacklogDaemonTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private func log(_ clock: String) throws -> [String] {
            let daemon = try RunningDaemon(
                in: directory, state: directory(clock), clock: clock)
            let lines = try SampleRecording.bearingWear.lines
            let body = try directory.write(lines.joined(separator: "\n") + "\n", to: "body")
            let address = "http://127.0.0.1:\(daemon.httpPorts[0])/write"
            let answer = try ForestallProgram.run(
                "/bin/sh",
                [
                    "-c",
                    "curl -s -o /dev/stderr -w '%{http_code}' --data-binary @\(body) \(address)",
                ]
            ).output
            #expect(answer == "204")
            try ForestallProgram.wait(for: "the windows") {
                try Database.rows(directory(clock), "SELECT count(*) > 31000 FROM window") == ["1"]
            }
            #expect(try daemon.stop().code == 0)
            return splitLines(try directory.text(clock + "/alerts.log"))
        }

        /// Neither the old alerts nor the steps by which its tickets came about.
        @Test(.enabled(if: Database.isReadable, "needs sqlite3"))
        func raisesTicketsAndNoOldAlerts() throws {
            let asItHappens = try log("event")
            let atOnce = try log("wall")
            #expect(asItHappens.contains { $0.contains("event=device.abnormal") })
            #expect(asItHappens.contains { $0.contains("event=ticket.escalated") })
            let opened = asItHappens.filter { $0.contains("event=ticket.opened") }
            #expect(!opened.isEmpty)
            #expect(atOnce == opened)
            let late = try Database.rows(
                directory("wall"),
                "SELECT count(*) FROM device_score WHERE judged_at IS NULL")
            #expect(late == ["0"])
        }
    }
}
