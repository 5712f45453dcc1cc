import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// What the daemon tells whoever started it, by the protocol of sd_notify(3).
    @Suite struct SupervisionTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        /// Waits for a message of that kind and returns it.
        private func next(_ kind: String, _ socket: NotificationSocket) throws -> String {
            while true {
                let message = try #require(socket.next())
                if message.contains(kind) { return message }
            }
        }

        /// The heartbeat goes from the engine through the queue to the store, also when nothing
        /// arrives, and when a tick is longer than the supervisor's patience.
        @Test(arguments: ["1s", "1m"])
        func anIdleDaemonIsAlive(tick: String) throws {
            let name = directory("notify")
            let socket = try #require(NotificationSocket(name))
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), configuration: "clock.tick = \"\(tick)\"",
                environment: ["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "2000000"])
            let ready = try next("READY", socket)
            #expect(
                ready == "READY=1\nSTATUS=Listening on udp 127.0.0.1:\(daemon.ports[0]), "
                    + "tcp 127.0.0.1:\(daemon.tcpPorts[0]), http 127.0.0.1:\(daemon.httpPorts[0])")
            let start = Date()
            for _ in 0..<3 { #expect(try next("WATCHDOG", socket) == "WATCHDOG=1") }
            #expect(Date().timeIntervalSince(start) < 6, "later than the supervisor's patience")
            let process = daemon.process
            process.terminate()
            #expect(
                try next("STOPPING", socket)
                    == "STOPPING=1\nSTATUS=Working through what was received")
            #expect(try daemon.stop().code == 0)
        }

        /// A watchdog that is meant for another process is not answered, and READY=1 still is.
        @Test func anotherProcessIsWatched() throws {
            let name = "@forestall-" + UUID().uuidString
            let socket = try #require(NotificationSocket(name))
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"),
                environment: [
                    "NOTIFY_SOCKET": name, "WATCHDOG_USEC": "2000", "WATCHDOG_PID": "1",
                ])
            #expect(try #require(socket.next()).hasPrefix("READY=1"))
            #expect(try daemon.stop().code == 0)
            #expect(try #require(socket.next()).hasPrefix("STOPPING=1"))
        }

        /// A disk without room: a restart would not help and would lose what waits, so the daemon
        /// says that it is alive and what it waits for; and again when it writes.
        @Test func aStoreThatWaitsIsAlive() throws {
            let name = directory("notify")
            let socket = try #require(NotificationSocket(name))
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"),
                environment: ["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "2000000"],
                ignoring: "XFSZ")
            _ = try next("READY", socket)
            try limitFiles(of: daemon, to: "4096")
            let sender = try DatagramSender(port: daemon.ports[0])
            let lines = try SampleRecording.bearingWear.lines
            try sender.send(Array(lines[..<200]), datagramBytes: 1_400)
            let waits = try next("Cannot write", socket)
            #expect(
                waits.hasPrefix("WATCHDOG=1\nSTATUS=Cannot write, steps wait: cannot write step"))
            // Alive again and again, while the commit is tried.
            for _ in 0..<2 { _ = try next("WATCHDOG=1\nSTATUS=Cannot write", socket) }
            try limitFiles(of: daemon, to: "unlimited")
            #expect(try next("Listening", socket).hasPrefix("WATCHDOG=1\nSTATUS=Listening on"))
            #expect(try daemon.stop().code == 0)
        }

        private func limitFiles(of daemon: RunningDaemon, to limit: String) throws {
            let outcome = try ForestallProgram.run(
                "/usr/bin/prlimit",
                ["--pid", "\(daemon.process.processIdentifier)", "--fsize=\(limit):unlimited"])
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
    }
}
