import Foundation
import Synchronization
import TestSupport
import Testing

extension EndToEndTests {
    /// One sender floods over HTTP; the well-behaved one beside it loses nothing, memory stays
    /// within its bound, and the counters say who it was.
    @Suite(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "needs curl"))
    struct HTTPFloodTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private static let flooder = "127.0.0.2"
        /// All slabs, what `WebLimits.requestMemoryBytes` says, one read of each other connection,
        /// and the engine's and the store's queues.
        private static let memoryMost = (9 + 26 + 16 + 34) << 20

        private func check(
            refusals expected: [String],
            flood: @escaping @Sendable (_ port: UInt16) throws -> Void
        ) throws {
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), clock: "wall",
                configuration: "intake.maximum_inflated_body = \"1MiB\"\n")
            let port = daemon.httpPorts[0]
            let before = try daemon.residentBytes
            let rounds = Mutex(0)
            let state = Mutex(0)
            Thread.detachNewThread {
                while state.withLock({ $0 }) == 0 {
                    try? flood(port)
                    rounds.withLock { $0 += 1 }
                }
                state.withLock { $0 = 2 }
            }
            var most = before
            var sent = 0
            while sent < 4_000 || rounds.withLock({ $0 }) < 3 {
                let lines = (0..<400).map { "pump,host=good v=\(sent + $0)i\n" }.joined()
                let body = try directory.write(lines, to: "body")
                // Told to come back it comes back, as every client does.
                let outcome = try ForestallProgram.run(
                    "/usr/bin/curl",
                    [
                        "-s", "-f", "--retry", "50", "--retry-delay", "1", "--data-binary",
                        "@" + body, "http://127.0.0.1:\(port)/write?db=x",
                    ])
                #expect(outcome.code == 0)
                sent += 400
                most = max(most, try daemon.residentBytes)
            }
            state.withLock { $0 = 1 }
            try ForestallProgram.wait(for: "the end of the flood") { state.withLock { $0 } == 2 }
            let ending = try daemon.stop()
            #expect(ending.code == 0, "\(ending.errors)")
            #expect(most - before <= Self.memoryMost, "\((most - before) >> 20) MiB more")
            guard Database.isReadable else { return }
            let refused = try Database.rows(
                directory("state"),
                "SELECT source || ' ' || reason FROM refusal WHERE count > 0 ORDER BY source, reason"
            )
            for row in expected { #expect(refused.contains(row), "\(refused)") }
            #expect(!refused.contains { $0.hasPrefix("http:127.0.0.1 ") }, "\(refused)")
            #expect((ending.totals["lines"] ?? 0) >= sent)
        }

        private static func request(_ headers: String, length: Int) -> String {
            "POST /write HTTP/1.1\r\nHost: x\r\n\(headers)Content-Length: \(length)\r\n\r\n"
        }

        @Test func bombs() throws {
            _ = try ForestallProgram.run(
                "/bin/sh",
                ["-c", "head -c 20000000 /dev/zero | gzip -c >\(directory("bomb"))"])
            let bomb = try Data(contentsOf: URL(fileURLWithPath: directory("bomb")))
            let request =
                Array(Self.request("Content-Encoding: gzip\r\n", length: bomb.count).utf8)
                + Array(bomb)
            try check(refusals: ["http:\(Self.flooder) body_too_large"]) { port in
                let peers = try (0..<20).map { _ in
                    try LoopbackPeer(tcp: port, from: Self.flooder)
                }
                for peer in peers { try peer.send(request) }
                for peer in peers {
                    peer.finish()
                    _ = peer.isClosedByListener()
                }
            }
        }

        @Test func halfRequests() throws {
            try check(refusals: ["http:\(Self.flooder) too_many_connections_of_source"]) { port in
                let peers = try (0..<200).map { number in
                    let peer = try LoopbackPeer(tcp: port, from: Self.flooder)
                    let request = Self.request("", length: 1_000_000) + "pump,host=bad v="
                    _ = try peer.trySend(number % 2 == 0 ? request : "POST /write HT")
                    return peer
                }
                // Half of them wait for the rest of a head, which alone are too many.
                _ = peers.last?.isClosedByListener()
            }
        }

        @Test func garbage() throws {
            var seed: UInt64 = 7
            let noise = (0..<64_000).map { _ in
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: seed >> 40)
            }
            let request = Array(Self.request("", length: noise.count).utf8) + noise
            try check(refusals: ["http:\(Self.flooder) missing_fields"]) { port in
                let body = try LoopbackPeer(tcp: port, from: Self.flooder)
                try body.send(request)
                body.finish()
                _ = body.isClosedByListener()
                let head = try LoopbackPeer(tcp: port, from: Self.flooder)
                try head.send(noise)
                _ = head.isClosedByListener()
            }
        }
    }
}
