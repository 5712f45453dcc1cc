import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Datagrams are lost only in the kernel, and the loss is told in all places.
    @Suite struct KernelDropTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private func signal(_ name: String, _ daemon: RunningDaemon) throws {
            let number = daemon.process.processIdentifier
            #expect(
                try ForestallProgram.run("/bin/sh", ["-c", "kill -\(name) \(number)"]).code == 0)
        }

        private func alerts() -> [String] {
            let text = (try? directory.text("state/alerts.log")) ?? ""
            return splitLines(text).filter { $0.contains("kernel_dropped") }
        }

        /// A reader that stands still, and a small buffer. After the burst nothing more comes, so
        /// that no later datagram brings the kernel's counter along.
        @Test func aStalledReader() throws {
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), listeners: 2, clock: "wall",
                configuration: "intake.receive_buffer = \"64KiB\"\n")
            let peer = try LoopbackPeer(udp: daemon.ports[1])
            let sent = 2_000
            try signal("STOP", daemon)
            for number in 0..<sent {
                try peer.send(
                    "pump,host=p-1 v=\(number),pad=\"\(String(repeating: "x", count: 400))\"\n")
            }
            try signal("CONT", daemon)
            try ForestallProgram.wait(for: "the alert") { !alerts().isEmpty }
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            let lost = try #require(ending.totals["kernel_drops"])
            let taken = try #require(ending.totals["datagrams"])
            #expect(lost > 0)
            #expect(lost + taken == sent)
            #expect(ending.totals["lines"] == taken)
            #expect(ending.errors.contains("kernel dropped datagrams"))

            // One line, which has all: everything was dropped before the first look.
            let lines = alerts()
            #expect(lines.count == 1)
            let address = "127.0.0.1:\(daemon.ports[1])"
            #expect(
                lines[0].hasSuffix(
                    " level=warning event=listener.kernel_dropped listener=\(address) "
                        + "count=\(lost) total=\(lost) msg=\"The kernel dropped datagrams: they "
                        + "arrive faster than they are worked on.\""))
            #expect(lines[0].hasPrefix("time=20"))
            let status = try ForestallProgram.run("status", "--state", directory("state"))
            #expect(status.lines.contains { $0.hasSuffix("  \(lost) (\(address): \(lost))") })
            let tail = try ForestallProgram.run(
                "tail", "--no-follow", "--since", "1h", "--state", directory("state"))
            #expect(tail.lines == lines)
        }

        /// Drops that go on are told once a minute at most; the rest is told at the end.
        @Test func theRestIsToldAtTheEnd() throws {
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), clock: "wall",
                configuration: "intake.receive_buffer = \"64KiB\"\n")
            let peer = try LoopbackPeer(udp: daemon.ports[0])
            func burst() throws {
                try signal("STOP", daemon)
                for _ in 0..<1_000 { try peer.send(String(repeating: "x", count: 1_000)) }
                try signal("CONT", daemon)
            }
            try burst()
            try ForestallProgram.wait(for: "the alert") { !alerts().isEmpty }
            try burst()
            let ending = try daemon.stop()
            let lost = try #require(ending.totals["kernel_drops"])
            let lines = alerts()
            #expect(lines.count == 2)
            let counts = lines.compactMap { line in
                line.split(separator: " ").first { $0.hasPrefix("count=") }
                    .flatMap { Int($0.dropFirst(6)) }
            }
            #expect(counts.reduce(0, +) == lost)
            #expect(lines.last?.contains(" total=\(lost) ") == true)
        }
    }
}
