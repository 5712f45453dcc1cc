import Intake
import Platform
import TestSupport
import Testing
import Web

extension WebTests {
    /// A flood from one side, and a well-behaved client beside it that loses nothing.
    @Suite(.timeLimit(.minutes(2))) struct FloodTests {
        @Test func aWellBehavedClientLosesNothing() async throws {
            var limits = WebLimits()
            limits.inflatedBytesMax = 128 << 10
            limits.requests = 8
            limits.connections = 16
            let reception = try WebReception(limits: limits)
            let bomb = try Tool.run("yes bad | head -c 4000000 | gzip -c")
            let garbage = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 7) }
            let port = reception.port
            let well = try WebClient(port: port)
            #expect(try well.request("GET", "/ping").status == 204)
            // Half a request each, held open all the time.
            let halfOpen = try (0..<6).map { _ in
                let client = try WebClient(port: port)
                try client.begin("POST", "/write", headers: ["Content-Length: 100000"])
                return client
            }
            let hasEnded = ShutdownFlag()
            let floods = try [bomb, garbage].map { body in
                try PlatformThread(name: "flood") {
                    while !hasEnded.isRequested {
                        _ = try? WebClient(port: port).request(
                            "POST", "/write",
                            headers: body == bomb ? ["Content-Encoding: gzip"] : [], body: body)
                    }
                }
            }
            var sent = ""
            for number in 0..<20 {
                let lines = (0..<20).map { "well,device=w v=\(number * 20 + $0)\n" }.joined()
                while true {
                    let status = try well.post("/write", lines).status
                    if status == 204 { break }
                    try #require(status == 503)
                }
                sent += lines
            }
            reception.wait(for: "a bomb") { reception.counts.bodiesTooLarge > 3 }
            hasEnded.request()
            for flood in floods { await flood.finished() }
            let delivery = try await reception.finish()
            _ = halfOpen
            let received = delivery.text.split(separator: "\n").filter { $0.hasPrefix("well,") }
            #expect(received.map { $0 + "\n" }.joined() == sent)
            let names = Set(delivery.refusals.map(\.name))
            #expect(names.isSuperset(of: ["body_too_large", "missing_fields"]))
            #expect(delivery.refusals.allSatisfy { "\($0.source)" == "http:127.0.0.1" })
        }

        /// A connection is set up some turns of the loop after it was accepted: an end that comes
        /// in between finds it, too.
        @Test func theEndWhileConnectionsArrive() async throws {
            var floods: [PlatformThread] = []
            for _ in 0..<25 {
                let reception = try WebReception()
                let port = reception.port
                let hasEnded = ShutdownFlag()
                floods.append(
                    try PlatformThread(name: "flood") {
                        while !hasEnded.isRequested { _ = try? LoopbackPeer(tcp: port) }
                    })
                reception.wait(for: "connections") { reception.counts.accepted > 40 }
                _ = try await reception.finish()
                hasEnded.request()
            }
            // Each may be a second late, when the kernel dropped its last attempt.
            for flood in floods { await flood.finished() }
        }
    }
}
