import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEndTests {
    /// Every setting of a listener, with the real program: what it does, and that without it the
    /// outcome is another.
    @Suite struct ListenerTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        static let quickWindows = "[class.generic]\nwindow = \"100ms\"\nlateness = \"0s\"\n"

        private func start(_ configuration: String) throws -> RunningDaemon {
            try RunningDaemon(
                in: directory, state: directory("state"), clock: "wall",
                configuration: configuration + "\n" + Self.quickWindows)
        }

        private func rows(_ sql: String) throws -> [String] {
            try Database.rows(directory("state"), sql)
        }

        /// Devices the daemon knows, by name.
        private func devices() throws -> [String] {
            let outcome = try ForestallProgram.run(
                "devices", "--json", "--state", directory("state"))
            guard outcome.code == 0 else { return [] }
            struct Device: Decodable { var device: String }
            return try JSONDecoder().decode([Device].self, from: Data(outcome.output.utf8))
                .map(\.device).sorted()
        }

        @Test func bothTransportsOverIPv6() throws {
            let daemon = try start(
                """
                [listener.six]
                transport = "udp"
                address = "[::1]:0"
                [listener.sixth]
                transport = "tcp"
                address = "[::1]:0"
                """)
            let datagrams = daemon.port(of: "transport=udp address=[::1]:")
            let streams = daemon.port(of: "transport=tcp address=[::1]:")
            try LoopbackPeer(ipv6: datagrams, SOCK_DGRAM).send("pump,host=u v=1\nx\n")
            try LoopbackPeer(ipv6: streams, SOCK_STREAM).send("pump,host=t v=1\ny\n")
            let ending = try daemon.stop()
            #expect(ending.totals["lines"] == 2)
            #expect(ending.totals["datagrams"] == 1)
            #expect(try devices() == ["t", "u"])
            guard Database.isReadable else { return }
            #expect(
                try rows("SELECT source FROM refusal ORDER BY source")
                    == ["tcp:0:0:0:0:0:0:0:1", "udp:0:0:0:0:0:0:0:1"])
        }

        @Test func aMulticastGroup() throws {
            let daemon = try start(
                """
                [listener.group]
                transport = "udp"
                address = "0.0.0.0:0"
                multicast = "239.1.2.3"
                interface = "lo"
                """)
            let port = daemon.port(of: "transport=udp address=0.0.0.0:")
            try LoopbackPeer(group: "239.1.2.3", on: "lo", port: port).send("pump,host=p-1 v=1\n")
            #expect(try daemon.stop().totals["lines"] == 1)
        }

        @Test func unixSocketsTakeLinesAndGo() throws {
            let datagrams = directory("datagrams.sock")
            let streams = directory("streams.sock")
            let daemon = try start(
                """
                [listener.one]
                transport = "unixgram"
                path = "\(datagrams)"
                mode = "0622"
                [listener.other]
                transport = "unix"
                path = "\(streams)"
                owner = "\(getuid()):\(getgid())"
                """)
            #expect(daemon.places.contains("transport=unixgram address=\(datagrams)"))
            #expect(daemon.places.contains("transport=unix address=\(streams)"))
            let modes = try [datagrams, streams].map {
                let attributes = try FileManager.default.attributesOfItem(atPath: $0)
                return (attributes[.posixPermissions] as? NSNumber)?.intValue
            }
            #expect(modes == [0o622, 0o660])
            let second = try ForestallProgram.run(
                "run", "--state", directory("other"), "--config",
                try directory.write(
                    "intake.udp = []\nintake.tcp = []\nintake.http = []\n[listener.s]\ntransport = \"unix\"\n"
                        + "path = \"\(streams)\"\n", to: "second.toml"))
            #expect(second.code == 69)
            #expect(
                second.errors.hasSuffix(
                    "cannot listen on unix \(streams): a living process has the socket - stop it or "
                        + "set listener.s.path to another path\n"))
            try LoopbackPeer(unixgram: datagrams).send("pump,host=d v=1\nnonsense\n")
            try LoopbackPeer(unix: streams).send("pump,host=s v=1\npump,host=s v=")
            let ending = try daemon.stop()
            #expect(ending.totals["lines"] == 2)
            #expect(ending.totals["datagrams"] == 1)
            // The second run looked whether somebody has the socket.
            #expect(ending.totals["connections"] == 2)
            #expect(!directory.has("datagrams.sock") && !directory.has("streams.sock"))
            #expect(try devices() == ["d", "s"])
            guard Database.isReadable else { return }
            let user = "unix:\(getuid())"
            #expect(
                try rows("SELECT source, reason FROM refusal ORDER BY reason")
                    == ["\(user)|missing_field_value", "\(user)|missing_fields"])
        }

        /// Whoever may send to a Unix socket may send open files along; the daemon keeps none.
        @Test(.enabled(if: PassedSocketTests.python != nil, "needs python3"))
        func filesSentAlongAreClosed() throws {
            let path = directory("lines.sock")
            let daemon = try start("[listener.l]\ntransport = \"unixgram\"\npath = \"\(path)\"\n")
            let files = "/proc/\(daemon.process.processIdentifier)/fd"
            let before = try FileManager.default.contentsOfDirectory(atPath: files).count
            let sender = try ForestallProgram.run(
                try #require(PassedSocketTests.python),
                [
                    "-c",
                    """
                    import socket, sys
                    peer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                    peer.connect(sys.argv[1])
                    for number in range(100):
                        socket.send_fds(peer, [b"pump,host=p v=1\\n"], [0] * (number % 5 + 1))
                    """, path,
                ])
            #expect(sender.code == 0, "\(sender.errors)")
            try LoopbackPeer(unixgram: path).send("pump,host=last v=1\n")
            try ForestallProgram.wait(for: "the last line") { try devices() == ["last", "p"] }
            let after = try FileManager.default.contentsOfDirectory(atPath: files).count
            #expect(after <= before + 8)
            #expect(try daemon.stop().totals["lines"] == 101)
        }

        @Test func aSocketLeftByACrashIsReplaced() throws {
            let path = directory("lines.sock")
            let configuration = "[listener.l]\ntransport = \"unix\"\npath = \"\(path)\"\n"
            let first = try start(configuration)
            ForestallProgram.kill(first.process)
            _ = try ForestallProgram.finish(first.process, what: "the kill")
            #expect(directory.has("lines.sock"))
            let second = try start(configuration)
            try LoopbackPeer(unix: path).send("pump,host=s v=1\n")
            #expect(try second.stop().totals["lines"] == 1)
        }

        /// The same lines over listeners that say different things about them.
        @Test func tagsAndDevicesOfAListener() throws {
            let daemon = try start(
                """
                default_identity = "gateway"
                [listener.north]
                transport = "udp"
                address = "127.0.0.1:0"
                tags = ["site=north", "machine=m-1"]
                [listener.south]
                transport = "tcp"
                address = "127.0.0.1:0"
                default_identity = "south"
                """)
            try LoopbackPeer(udp: daemon.ports[0]).send("pump v=1\n")
            try LoopbackPeer(udp: daemon.ports[1]).send("pump v=1\npump,machine=m-2 v=1\n")
            try LoopbackPeer(tcp: daemon.tcpPorts[1]).send("pump v=1\npump,machine=m-3 v=1\n")
            let ending = try daemon.stop()
            #expect(ending.totals["lines"] == 5)
            #expect(try devices() == ["gateway", "m-1", "m-2", "m-3", "south"])
            guard Database.isReadable else { return }
            #expect(
                try rows(
                    """
                    SELECT device.name, key, value FROM device_attribute
                    JOIN device ON device.id = device_attribute.device ORDER BY device.name
                    """) == ["m-1|site|north", "m-2|site|north"])
        }

        @Test func strangersAreRefusedAndNamed() throws {
            let daemon = try start(
                """
                [listener.u]
                transport = "udp"
                address = "127.0.0.1:0"
                allow = ["127.0.0.0/31", "::1"]
                [listener.t]
                transport = "tcp"
                address = "127.0.0.1:0"
                allow = ["127.0.0.0/31"]
                """)
            let (udp, tcp) = (daemon.ports[1], daemon.tcpPorts[1])
            try LoopbackPeer(udp: udp, from: "127.0.0.2").send("pump,host=bad v=1\n")
            let stranger = try LoopbackPeer(tcp: tcp, from: "127.0.0.2")
            #expect(stranger.isClosedByListener())
            try LoopbackPeer(udp: udp).send("pump,host=good v=1\n")
            try LoopbackPeer(tcp: tcp).send("pump,host=good v=2\n")
            let ending = try daemon.stop()
            #expect(ending.totals["lines"] == 2)
            #expect(ending.totals["refused"] == 0)
            #expect(ending.totals["disallowed"] == 2)
            let logged = splitLines(ending.errors).filter { $0.contains("source_not_allowed") }
            #expect(logged.count == 1)
            let status = try ForestallProgram.run("status", "--state", directory("state"))
            #expect(
                status.lines.contains { $0.hasPrefix("Not allowed  ") && $0.hasSuffix("  2") })
            guard Database.isReadable else { return }
            #expect(
                try rows("SELECT source, reason, count, sample FROM refusal ORDER BY source")
                    == [
                        "tcp:127.0.0.2|source_not_allowed|1|",
                        "udp:127.0.0.2|source_not_allowed|1|pump,host=bad v=1",
                    ])
        }

        /// The listener's own rate, the gateway's rate, and none.
        @Test func linesOverTheRateAreRefusedAndNamed() throws {
            let daemon = try start(
                """
                intake.lines_per_second = 2
                [listener.free]
                transport = "udp"
                address = "127.0.0.1:0"
                lines_per_second = 0
                [listener.slow]
                transport = "tcp"
                address = "127.0.0.1:0"
                lines_per_second = 1
                """)
            let lines = String(repeating: "pump,host=p v=1\n", count: 1_000)
            try LoopbackPeer(udp: daemon.ports[0]).send(lines)
            try LoopbackPeer(udp: daemon.ports[1]).send(lines)
            try LoopbackPeer(tcp: daemon.tcpPorts[1], from: "127.0.0.2").send(lines)
            let ending = try daemon.stop()
            let taken = try #require(ending.totals["lines"])
            // Ten seconds' worth at once, and a little more on a slow machine.
            #expect(taken >= 1_030 && taken < 1_100, "\(taken)")
            #expect(ending.totals["over_rate"] == 3_000 - taken)
            #expect(ending.totals["refused"] == 3_000 - taken)
            #expect(ending.errors.contains("reason=rate_exceeded"))
            guard Database.isReadable else { return }
            #expect(
                try rows("SELECT source, reason, sample FROM refusal ORDER BY source") == [
                    "tcp:127.0.0.2|rate_exceeded|pump,host=p v=1",
                    "udp:127.0.0.1|rate_exceeded|pump,host=p v=1",
                ])
        }

        @Test func connectionsOfOneSender() throws {
            let daemon = try start("intake.maximum_connections_per_source = 2")
            let port = daemon.tcpPorts[0]
            let residents = try (0..<2).map { number in
                let peer = try LoopbackPeer(tcp: port, from: "127.0.0.2")
                try peer.send("pump,host=r\(number) v=1\n")
                return peer
            }
            let third = try LoopbackPeer(tcp: port, from: "127.0.0.2")
            #expect(third.isClosedByListener())
            try LoopbackPeer(tcp: port).send("pump,host=o v=1\n")
            let ending = try daemon.stop()
            withExtendedLifetime(residents) {}
            #expect(ending.totals["lines"] == 3)
            #expect(ending.totals["connections_refused"] == 1)
            #expect(
                ending.errors.contains(
                    "reason=too_many_connections_of_source sample= source=tcp:127.0.0.2"))
        }
    }
}
