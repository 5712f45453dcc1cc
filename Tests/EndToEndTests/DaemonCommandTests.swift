import Foundation
import Testing

extension EndToEndTests {
    /// `forestall run`: what arrives is kept or counted, and nothing is lost when it stops.
    @Suite struct DaemonCommandTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        /// Readings of one device, a minute apart.
        private static func lines(_ device: String, _ range: Range<Int>) -> [String] {
            range.map { minute in
                let time = 1_767_571_200_000_000_000 + Int64(minute) * 60_000_000_000
                return "pump,device=\(device) current=\(10 + minute % 7) \(time)"
            }
        }

        static let garbage: [[UInt8]] = [
            [0x00], [0xFF, 0xFE, 0x00, 0x0A], Array("no fields\n".utf8),
            Array("pump,device=p-1 current=\"open\n".utf8), Array("pump current=1 17\n".utf8),
            [UInt8](repeating: 0x41, count: 60_000), Array("\n\n\n".utf8), [],
            Array("pump,device=p-1 current=1 99999999999999999999\n".utf8),
            Array("pump,device=p-1 current=1".utf8 + [0x0D, 0x0A, 0x0D]),
        ]

        @Test func garbageBetweenGoodLinesIsCounted() throws {
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let sender = try DatagramSender(port: daemon.ports[0])
            let lines = Self.lines("p-1", 0..<2_000)
            for (place, line) in lines.enumerated() {
                try sender.send([line], datagramBytes: 1)
                if place % 100 == 50 {
                    for datagram in Self.garbage { try sender.send(datagram) }
                }
            }
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["kernel_drops"] == 0)
            // Of the ten pieces of garbage, seven are refused records, two are blank, and the last
            // one is a good record without a time.
            #expect(ending.totals["lines"] == lines.count + 20)
            #expect(ending.totals["refused"] == 7 * 20)
        }

        @Test(.enabled(if: Database.isReadable, "needs the sqlite3 command"))
        func refusalsAreStoredWithTheirSender() throws {
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let sender = try DatagramSender(port: daemon.ports[0])
            let lines = Self.lines("p-1", 0..<50)
            for line in lines {
                try sender.send([line, "pump,device=p-1 current=abc"], datagramBytes: 1_400)
                try sender.send(["pump current=1 17"], datagramBytes: 1_400)
            }
            #expect(try daemon.stop().code == 0)
            let rows = try Database.rows(
                directory("state"),
                "SELECT source, reason, count, \"column\", sample FROM refusal ORDER BY reason")
            #expect(
                rows == [
                    "udp:127.0.0.1|no_identity|50|1|pump current=1 17",
                    "udp:127.0.0.1|unquoted_text|50|25|pump,device=p-1 current=abc",
                ])
            let counted = try Database.rows(
                directory("state"), "SELECT lines_accepted, lines_refused FROM runtime")
            #expect(counted == ["50|100"])
        }

        @Test(arguments: [RunningDaemon.Signal.terminate, .interrupt])
        func aSignalDrainsAndCommits(_ signal: RunningDaemon.Signal) throws {
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let sender = try DatagramSender(port: daemon.ports[0])
            let lines = try SampleRecording.bearingWear.lines
            try sender.send(lines, datagramBytes: 1_400)
            let ending = try daemon.stop(signal)
            #expect(ending.code == 0)
            #expect(ending.totals["lines"] == lines.count)
            let expected = try ResultFiles.replay(SampleRecording.bearingWear.path)
            #expect(
                try Spool.documents(in: directory, state: "state")
                    == splitLines(expected.tickets).sorted())
            let opened = try directory.lines("state/alerts.log")
                .filter { $0.contains(" event=ticket.opened ") }
            #expect(opened.count == 1)
            let listed = try ForestallProgram.run(
                "tickets", "list", "--state", directory("state"))
            #expect(listed.code == 0)
            #expect(listed.output.contains("  P-201  bearing  (ticket "))
        }

        @Test func aDaemonWithoutTelemetryStopsAtOnce() throws {
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(
                ending.errors.hasSuffix(
                    "ready\nstopped lines=0 refused=0 windows=0 tickets=0 changes=0 datagrams=0 "
                        + "kernel_drops=0 truncated=0 connections=0 tcp_bytes=0 idle_closed=0 "
                        + "connections_refused=0 overlong=0 cut=0 disallowed=0 over_rate=0 requests=0 "
                        + "http_lines=0 http_busy=0 http_connections_refused=0\n"))
        }

        /// Stopped and started again in the middle, the daemon ends where it ends without that.
        @Test func restartsChangeNoTicket() throws {
            let lines = try SampleRecording.bearingWear.lines
            // Stopping closes the open window, so it happens between two: where ten minutes are
            // full.
            let ends = [lines.count / 100, lines.count / 2, lines.count * 4 / 5, lines.count]
            var start = 0
            for wanted in ends {
                let end = lines[wanted...].firstIndex(where: Self.startsWindow) ?? lines.count
                let daemon = try RunningDaemon(in: directory, state: directory("state"))
                let sender = try DatagramSender(port: daemon.ports[0])
                try sender.send(Array(lines[start..<end]), datagramBytes: 1_400)
                let ending = try daemon.stop()
                #expect(ending.code == 0)
                #expect(ending.totals["lines"] == end - start)
                #expect(ending.totals["refused"] == 0)
                start = end
            }
            let expected = try ResultFiles.replay(SampleRecording.bearingWear.path)
            #expect(
                try Spool.documents(in: directory, state: "state")
                    == splitLines(expected.tickets).sorted())
            guard Database.isReadable else { return }
            let steps = try Database.rows(
                directory("state"), "SELECT max(sequence) - count(*), min(sequence) FROM step")
            #expect(steps == ["0|1"])
        }

        /// Whether the line is the first of a window of the example's class: ten minutes.
        private static func startsWindow(_ line: String) -> Bool {
            let stamp = line.split(separator: " ").last.flatMap { Int64($0) } ?? 1
            return stamp % 600_000_000_000 == 0
        }

        @Test func severalListenersFeedOneState() throws {
            // Nothing says which of two listeners is heard first: the event clock may be at the
            // end of one stream when the other begins.
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), listeners: 2,
                configuration: "[class.pump]\nwindow = \"30m\"\nlateness = \"9h\"\n")
            #expect(daemon.ports.count == 2)
            #expect(Set(daemon.ports).count == 2)
            let streams = [Self.lines("p-1", 0..<500), Self.lines("p-2", 0..<500)]
            for (port, lines) in zip(daemon.ports, streams) {
                try DatagramSender(port: port).send(lines, datagramBytes: 1_400)
            }
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["lines"] == 1_000)
            guard Database.isReadable else { return }
            let counts = try Database.rows(
                directory("state"),
                """
                SELECT device.name, sum(window.count) FROM window
                JOIN signal ON signal.id = window.signal JOIN device ON device.id = signal.device
                GROUP BY device.name ORDER BY device.name
                """)
            #expect(counts == ["p-1|500", "p-2|500"])
        }
    }

    /// The state's database, through the `sqlite3` command where that is installed.
    enum Database {
        static let isReadable =
            (try? ForestallProgram.run("/bin/sh", ["-c", "command -v sqlite3"]))?.code == 0

        static func rows(_ state: String, _ sql: String) throws -> [String] {
            let outcome = try ForestallProgram.run(
                "/usr/bin/env", ["sqlite3", "-readonly", state + "/forestall.db", sql])
            #expect(outcome.errors.isEmpty)
            return outcome.lines
        }
    }
}
