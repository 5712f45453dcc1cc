import Foundation
import Synchronization
import TestSupport
import Testing

extension EndToEndTests {
    /// One sender floods; the well-behaved one beside it loses nothing over TCP, memory stays
    /// within its bound, and the counters say who it was.
    ///
    /// The well-behaved sender sends `FORESTALL_FLOOD_LINES` lines, which `make flood-test` raises,
    /// and goes on until the flood was there a few times.
    @Suite struct FloodTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private static let lines =
            ProcessInfo.processInfo.environment["FORESTALL_FLOOD_LINES"].flatMap(Int.init) ?? 20_000
        /// Where the flood comes from.
        private static let flooder = "127.0.0.2"
        /// What one sender can make of the daemon's memory, in bytes, as the page of limits says:
        /// all slabs, a batch of datagrams, the longest incomplete line on each of its connections,
        /// and what the engine and the store hold meanwhile.
        private static let memoryMost = (9 + 5 + 16 + 10) << 20
        /// What a device with one signal costs at most, in bytes: in the engine, in the store's
        /// names and while it is written. There are as many as the limit allows, 20,000.
        private static let deviceMost = 8 << 10

        /// Runs `flood` again and again on a thread of its own while the well-behaved sender sends,
        /// and checks what all of it came to.
        private func check(
            refusals expected: [String], memory: Int = memoryMost, accepted: Int = 0,
            rounds roundsLeast: Int = 5,
            flood: @escaping @Sendable (_ udp: UInt16, _ tcp: UInt16) throws -> Void
        ) throws {
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), clock: "wall", configuration: "")
            let (udp, tcp) = (daemon.ports[0], daemon.tcpPorts[0])
            let before = try daemon.residentBytes
            let rounds = Count()
            let enough = Count()
            // Known before the flood begins.
            let peer = try LoopbackPeer(tcp: tcp)
            try peer.send("pump,host=good v=0i\n")
            Thread.detachNewThread {
                while enough.value == 0 {
                    // A flood whose connection is refused begins again.
                    try? flood(udp, tcp)
                    rounds.add()
                }
                enough.add()
            }
            var most = before
            var sent = 1
            while sent < Self.lines || rounds.value < roundsLeast {
                try peer.send("pump,host=good v=\(sent)i\n")
                sent += 1
                if sent % 100 == 0 { most = max(most, try daemon.residentBytes) }
            }
            enough.add()
            try ForestallProgram.wait(for: "the end of the flood") { enough.value == 2 }
            // A stop reads on for a while only; whoever was read to the end is closed.
            peer.finish()
            #expect(peer.isClosedByListener())
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["lines"] == sent + accepted)
            #expect(most - before <= memory, "\((most - before) >> 20) MiB more")
            guard Database.isReadable else { return }
            let refused = try Database.rows(
                directory("state"),
                "SELECT source || ' ' || reason FROM refusal WHERE count > 0 ORDER BY source, reason"
            )
            for row in expected { #expect(refused.contains(row), "\(refused)") }
            #expect(!refused.contains { $0.hasPrefix("tcp:127.0.0.1 ") }, "\(refused)")
        }

        @Test func garbage() throws {
            let noise = Self.noise
            try check(
                refusals: [
                    "tcp:\(Self.flooder) missing_fields", "udp:\(Self.flooder) missing_fields",
                ]
            ) { udp, tcp in
                let datagrams = try LoopbackPeer(udp: udp, from: Self.flooder)
                let stream = try LoopbackPeer(tcp: tcp, from: Self.flooder)
                for _ in 0..<20 {
                    for start in stride(from: 0, to: noise.count, by: 1_000) {
                        try datagrams.send(Array(noise[start..<start + 1_000]))
                    }
                    try stream.send(noise)
                }
            }
        }

        @Test func longLines() throws {
            let line = [UInt8](repeating: 0x78, count: 64 << 10) + Array("xxxxx\n".utf8)
            try check(refusals: ["tcp:\(Self.flooder) line_too_long"]) { _, tcp in
                // As many at a time as one sender may have, each in the middle of its line.
                let peers = try (0..<200).map { _ in
                    try LoopbackPeer(tcp: tcp, from: Self.flooder)
                }
                for peer in peers { try peer.send(Array(line.dropLast(6))) }
                for peer in peers { try peer.send(line) }
            }
        }

        @Test func connectionsThatSayNothing() throws {
            try check(refusals: ["tcp:\(Self.flooder) too_many_connections_of_source"]) { _, tcp in
                let peers = try (0..<500).map { _ in
                    let peer = try LoopbackPeer(tcp: tcp, from: Self.flooder)
                    _ = try peer.trySend("pump,host=bad v=")
                    return peer
                }
                withExtendedLifetime(peers) {}
            }
        }

        @Test func freshDeviceNames() throws {
            let round = Count()
            try check(
                refusals: ["tcp:\(Self.flooder) too_many_devices"],
                memory: Self.memoryMost + 20_000 * Self.deviceMost, accepted: 20_000 - 1,
                rounds: 1
            ) { _, tcp in
                round.add()
                let peer = try LoopbackPeer(tcp: tcp, from: Self.flooder)
                for start in stride(from: 0, to: 100_000, by: 1_000) {
                    let lines = (start..<start + 1_000).map {
                        "pump,host=fresh-\(round.value)-\($0) v=1\n"
                    }
                    try peer.send(lines.joined())
                }
            }
        }

        /// 64,000 bytes without meaning, by a fixed seed.
        private static let noise: [UInt8] = {
            var seed: UInt64 = 7
            return (0..<64_000).map { _ in
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: seed >> 40)
            }
        }()

        /// Counted by one thread for another.
        private final class Count: Sendable {
            private let count = Mutex(0)

            func add() { count.withLock { $0 += 1 } }
            var value: Int { count.withLock { $0 } }
        }
    }
}
