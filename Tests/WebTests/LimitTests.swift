import Intake
import Platform
import Testing
import Web

extension WebTests {
    /// What is bounded, and that nobody pays for another's excess.
    @Suite(.timeLimit(.minutes(2))) struct LimitTests {
        @Test func aBodyMayNotBeLonger() async throws {
            var limits = WebLimits()
            limits.bodyBytesMax = 100
            let reception = try WebReception(limits: limits)
            let fits = String(repeating: "a v=1\n", count: 16)
            #expect(try WebClient(port: reception.port).post("/write", fits).status == 204)
            // Refused by its head, before any of it is read.
            let known = try WebClient(port: reception.port)
            try known.begin("POST", "/write", headers: ["Content-Length: 101"])
            let refused = try known.answer()
            #expect(refused.status == 413)
            #expect(refused.body == #"{"error":"the body is larger than 100 bytes"}"# + "\n")
            // Without a length what came before the limit is taken, and the answer says so.
            let unknown = try WebClient(port: reception.port)
            try unknown.begin("POST", "/api/v2/write", headers: ["Transfer-Encoding: chunked"])
            try unknown.sendChunk(Array("b v=1\n".utf8))
            try unknown.sendChunk(Array(fits.utf8))
            let late = try unknown.answer()
            #expect(late.status == 413)
            #expect(
                late.body.hasPrefix(
                    #"{"code":"request too large","message":"the body is larger than 100 bytes "#
                        + "(1 lines before that were taken)"))
            let delivery = try await reception.finish()
            #expect(delivery.text == fits + "b v=1\n")
            #expect(delivery.refused == ["http:127.0.0.1 body_too_large 2"])
        }

        @Test func connectionsBeyondTheLimitAreClosed() async throws {
            var limits = WebLimits()
            limits.connections = 2
            let reception = try WebReception(limits: limits)
            let first = try WebClient(port: reception.port)
            var second: WebClient? = try WebClient(port: reception.port)
            reception.wait(for: "both connections") { reception.counts.open == 2 }
            #expect(try WebClient(port: reception.port).isClosedByListener())
            #expect(try first.post("/write", "a v=1\n").status == 204)
            #expect(try second?.post("/write", "a v=2\n").status == 204)
            second = nil
            reception.wait(for: "a free place") { reception.counts.open == 1 }
            let third = try WebClient(port: reception.port)
            #expect(try third.post("/write", "a v=3\n").status == 204)
            let delivery = try await reception.finish()
            #expect(delivery.text == "a v=1\na v=2\na v=3\n")
            #expect(delivery.refused == ["http:127.0.0.1 too_many_connections 1"])
            #expect(reception.counts.connectionsRefused == 1)
        }

        @Test func aSenderCannotTakeAllConnections() async throws {
            var limits = WebLimits()
            limits.connectionsPerSource = 1
            let reception = try WebReception(limits: limits)
            let first = try WebClient(port: reception.port)
            #expect(try first.request("GET", "/ping").status == 204)
            #expect(try WebClient(port: reception.port).isClosedByListener())
            let delivery = try await reception.finish()
            #expect(delivery.refused == ["http:127.0.0.1 too_many_connections_of_source 1"])
        }

        /// Places of connections and of requests are given back.
        @Test func aPlaceIsFreeOnceItsConnectionHasEnded() async throws {
            var limits = WebLimits()
            limits.connectionsPerSource = 1
            limits.requestsPerSource = 1
            let reception = try WebReception(limits: limits)
            for round in 1...3 {
                do {
                    let client = try WebClient(port: reception.port)
                    for _ in 0..<2 {
                        #expect(try client.post("/write", "a v=\(round)\n").status == 204)
                    }
                }
                reception.wait(for: "the end of the connection") { reception.counts.open == 0 }
            }
            #expect(try await reception.finish().refused.isEmpty)
        }

        @Test func whoIsNotOnTheListIsTurnedAway() async throws {
            let range = try #require(AddressRange("192.0.2.0/24"))
            let reception = try WebReception(policy: ListenerPolicy(allowed: [range]))
            #expect(try WebClient(port: reception.port).isClosedByListener())
            #expect(
                try await reception.finish().refused == ["http:127.0.0.1 source_not_allowed 1"])
            let own = try #require(AddressRange("127.0.0.0/8"))
            let open = try WebReception(policy: ListenerPolicy(allowed: [range, own]))
            #expect(try WebClient(port: open.port).post("/write", "a v=1\n").status == 204)
            #expect(try await open.finish().text == "a v=1\n")
        }

        /// What is beyond the rate is left out, counted, and told.
        @Test func aSenderHasItsRate() async throws {
            var intake = IntakeLimits()
            intake.rateBurstTime = 1_000_000_000
            let reception = try WebReception(
                intake: intake, policy: ListenerPolicy(linesPerSecond: 3))
            let client = try WebClient(port: reception.port)
            let lines = (1...5).map { "a v=\($0)\n" }.joined()
            let answer = try client.post("/api/v2/write", lines)
            #expect(answer.status == 429)
            #expect(answer.headers["retry-after"] == "5")
            #expect(
                answer.body.hasPrefix(
                    #"{"code":"too many requests","message":"2 lines are more than this sender "#
                        + "may send, and were left out (3 lines before that were taken)"))
            let delivery = try await reception.finish()
            #expect(delivery.text == "a v=1\na v=2\na v=3\n")
            #expect(delivery.refused == ["http:127.0.0.1 rate_exceeded 2"])
        }

        /// A head, or a body, of which a byte comes now and then.
        @Test func halfARequestIsNotWaitedForForEver() async throws {
            var limits = WebLimits()
            limits.idleTime = 300_000_000
            limits.requestTime = 300_000_000
            let reception = try WebReception(limits: limits)
            let head = try WebClient(port: reception.port)
            try head.send("POST /write HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            let body = try WebClient(port: reception.port)
            try body.begin("POST", "/write", headers: ["Content-Length: 100000"])
            try body.send("a v=1\nb v=")
            // The drip keeps neither alive.
            let senders = [head.sender, body.sender]
            let drip = try PlatformThread(name: "drip") {
                while senders.count(where: { (try? $0.send([0x31])) != nil }) > 0 {
                    MonotonicClock.sleep(until: MonotonicClock.now() + 5_000_000)
                }
            }
            drip.join()
            reception.wait(for: "both ends") { reception.counts.open == 0 }
            let delivery = try await reception.finish()
            #expect(delivery.text == "a v=1\n")
            #expect(
                delivery.refused == [
                    "http:127.0.0.1 connection_lost 1", "http:127.0.0.1 request_timeout 1",
                ])
            #expect(reception.counts.idleClosed == 1)
            #expect(reception.counts.timedOut == 1)
        }

        @Test func aHeadMayNotBeLonger() async throws {
            let reception = try WebReception()
            for header in [
                "X-Long: " + String(repeating: "x", count: 20_000),
                (0..<200).map { "X-\($0): y" }.joined(separator: "\r\n"),
            ] {
                let client = try WebClient(port: reception.port)
                try client.begin("GET", "/ping", headers: [header])
                let answer = try? client.answer()
                #expect(answer == nil || answer?.status == 400)
                #expect(client.isClosedByListener())
            }
            #expect(try WebClient(port: reception.port).request("GET", "/ping").status == 204)
            _ = try await reception.finish()
        }

        /// The engine takes nothing: the request is told to come back, and nothing of it is taken.
        @Test func whenTheEngineIsBehindRequestsComeBack() async throws {
            var limits = WebLimits()
            limits.blockWait = 50_000_000
            limits.retryAfterSeconds = 7
            var intake = IntakeLimits()
            intake.slabs = 2
            let reception = try WebReception(limits: limits, intake: intake, isPaused: true)
            let client = try WebClient(port: reception.port)
            #expect(try client.post("/write", "a v=1\n").status == 204)
            #expect(try client.post("/write", "a v=2\n").status == 204)
            let none = try client.post("/write", "a v=3\n")
            #expect(none.status == 503)
            #expect(none.headers["retry-after"] == "7")
            #expect(none.body == #"{"error":"busy, try again later"}"# + "\n")
            #expect(reception.counts.busy == 1)
            reception.pause(false)
            reception.wait(for: "both lines") { reception.delivery.text == "a v=1\na v=2\n" }
            #expect(try client.post("/write", "a v=3\n").status == 204)
            #expect(try await reception.finish().text == "a v=1\na v=2\na v=3\n")
        }

        /// It falls behind in the middle of a body: the answer says what was taken.
        @Test func whatWasTakenBeforeIsSaid() async throws {
            var limits = WebLimits()
            limits.blockWait = 50_000_000
            var intake = IntakeLimits()
            intake.slabs = 1
            let reception = try WebReception(limits: limits, intake: intake, isPaused: true)
            let client = try WebClient(port: reception.port)
            try client.begin("POST", "/api/v2/write", headers: ["Transfer-Encoding: chunked"])
            try client.sendChunk(Array("a v=1\na v=2\n".utf8))
            reception.wait(for: "the first piece") { reception.queue.count == 1 }
            try client.sendChunk(Array("a v=3\n".utf8))
            let answer = try client.answer()
            #expect(answer.status == 503)
            #expect(
                answer.body.hasPrefix(
                    #"{"code":"unavailable","message":"busy, try again later "#
                        + "(2 lines before that were taken)"))
            #expect(try await reception.finish().text == "a v=1\na v=2\n")
        }

        /// A short delay costs nobody anything.
        @Test func aBlockThatComesInTimeIsWaitedFor() async throws {
            var limits = WebLimits()
            limits.blockWait = 60_000_000_000
            var intake = IntakeLimits()
            intake.slabs = 1
            let reception = try WebReception(limits: limits, intake: intake, isPaused: true)
            let client = try WebClient(port: reception.port)
            #expect(try client.post("/write", "a v=1\n").status == 204)
            try client.begin("POST", "/write", headers: ["Content-Length: 6"])
            try client.send("a v=2\n")
            // Others are answered meanwhile.
            #expect(try WebClient(port: reception.port).request("GET", "/ping").status == 204)
            reception.pause(false)
            #expect(try client.answer().status == 204)
            #expect(try await reception.finish().text == "a v=1\na v=2\n")
        }

        @Test func requestsBeyondTheLimitComeBack() async throws {
            var limits = WebLimits()
            limits.requestsPerSource = 1
            let reception = try WebReception(limits: limits)
            let first = try WebClient(port: reception.port)
            try first.begin("POST", "/write", headers: ["Content-Length: 12"])
            try first.send("a v=1\n")
            reception.wait(for: "the first line") { reception.delivery.text == "a v=1\n" }
            let second = try WebClient(port: reception.port)
            let answer = try second.post("/write", "b v=1\n")
            #expect(answer.status == 503 && answer.headers["retry-after"] == "5")
            try first.send("a v=2\n")
            #expect(try first.answer().status == 204)
            #expect(try second.post("/write", "b v=1\n").status == 204)
            #expect(try await reception.finish().text == "a v=1\na v=2\nb v=1\n")
        }

        /// A stop lets a request come to its end, and does not wait for one that never does.
        @Test func aStopLetsRequestsComeToTheirEnd() async throws {
            var limits = WebLimits()
            limits.drainTime = 60_000_000_000
            let reception = try WebReception(limits: limits)
            let idle = try WebClient(port: reception.port)
            #expect(try idle.request("GET", "/ping").status == 204)
            let busy = try WebClient(port: reception.port)
            try busy.begin("POST", "/write", headers: ["Content-Length: 12"])
            try busy.send("a v=1\n")
            reception.wait(for: "the first line") { reception.delivery.text == "a v=1\n" }
            reception.server.stop()
            #expect(idle.isClosedByListener())
            try busy.send("a v=2\n")
            #expect(try busy.answer().status == 204)
            #expect(busy.isClosedByListener())
            #expect(try await reception.finish().text == "a v=1\na v=2\n")
        }

        /// At any moment, before the server runs and when it has ended.
        @Test func stoppingIsAlwaysPossible() async throws {
            for round in 0..<30 {
                let reception = try WebReception()
                if round % 3 > 0 {
                    _ = try WebClient(port: reception.port).request("GET", "/ping")
                }
                reception.server.stop()
                if round % 2 > 0 { reception.server.stop() }
                _ = try await reception.finish()
                reception.server.stop()
            }
        }

        @Test func aStopDoesNotWaitForEver() async throws {
            var limits = WebLimits()
            limits.drainTime = 50_000_000
            let reception = try WebReception(limits: limits)
            let client = try WebClient(port: reception.port)
            try client.begin("POST", "/write", headers: ["Content-Length: 12"])
            try client.send("a v=1\n")
            reception.wait(for: "the first line") { reception.delivery.text == "a v=1\n" }
            let delivery = try await reception.finish()
            #expect(delivery.text == "a v=1\n")
        }

        /// Refusals of many senders and reasons at once are handed on together, soon.
        @Test func refusalsAreHandedOnWithoutLines() async throws {
            let reception = try WebReception(tokens: nil)
            let client = try WebClient(port: reception.port)
            for _ in 0..<100 {
                _ = try client.post("/write", "x", headers: ["Content-Encoding: gzip"])
            }
            reception.wait(for: "the refusals") {
                reception.delivery.refusals.reduce(0) { $0 + $1.count } == 100
            }
            #expect(reception.delivery.refusals.count < 100)
            _ = try await reception.finish()
        }
    }
}
