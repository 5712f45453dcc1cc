import Intake
import Platform
import Primitives
import Testing
import Web

extension WebTests {
    /// `POST /write` and `POST /api/v2/write`: what is taken, and what is answered.
    @Suite(.timeLimit(.minutes(2))) struct WriteTests {
        @Test(arguments: ["/write?db=x", "/api/v2/write?org=o&bucket=b"])
        func goodLinesAreHandedOn(target: String) async throws {
            let reception = try WebReception(
                policy: ListenerPolicy(precision: .seconds, terms: 3))
            let client = try WebClient(port: reception.port)
            let answer = try client.post(target, "a v=1\nb v=2 5\r\n\n# c\nd v=\"x\ny\"")
            #expect(answer.status == 204)
            #expect(answer.body.isEmpty)
            #expect(answer.headers["x-influxdb-version"] == "1.2.3")
            let delivery = try await reception.finish()
            #expect(delivery.text == "a v=1\nb v=2 5\r\n\n# c\nd v=\"x\ny\"")
            #expect(delivery.segments.allSatisfy { $0.precision == .seconds && $0.terms == 3 })
            #expect(delivery.segments.allSatisfy { "\($0.source)" == "http:127.0.0.1" })
            #expect(delivery.refusals.isEmpty)
            #expect(reception.counts.linesTaken == 3)
        }

        /// Where lines are written down first, nobody is answered before that.
        @Test func anAnswerWaitsForTheJournal() async throws {
            let reception = try WebReception(isPaused: true, journalIsSafe: true)
            let client = try WebClient(port: reception.port)
            let body = Array("a v=1\nb v=2".utf8)
            try client.begin("POST", "/write", headers: ["Content-Length: \(body.count)"])
            try client.send(body)
            reception.wait(for: "the lines") { reception.queue.count > 0 }
            // Whoever asks later is answered meanwhile.
            let other = try WebClient(port: reception.port)
            for _ in 0..<3 { #expect(try other.request("GET", "/ping").status == 204) }
            #expect(!client.hasAnswer)
            reception.pause(false)
            #expect(try client.answer().status == 204)
            let delivery = try await reception.finish()
            #expect(delivery.text == "a v=1\nb v=2")
        }

        /// What could not be written down is not said to be taken, refused lines or not.
        @Test(arguments: ["a v=1\n", "a v=1\nnonsense\n"])
        func whatIsNotSafeIsToComeBack(body: String) async throws {
            let reception = try WebReception(journalIsSafe: false)
            let client = try WebClient(port: reception.port)
            let answer = try client.post("/api/v2/write?bucket=b", body)
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] != nil)
            #expect(answer.body.contains("send them again later"))
            #expect(reception.counts.busy == 1)
            _ = try await reception.finish()
        }

        @Test(arguments: ["", "\n\n", "# nothing\n"])
        func nothingToTakeIsFine(body: String) async throws {
            let reception = try WebReception()
            let client = try WebClient(port: reception.port)
            for target in ["/write?db=x", "/api/v2/write?bucket=b"] {
                #expect(try client.post(target, body).status == 204)
            }
            #expect(try await reception.finish().refusals.isEmpty)
        }

        static let precisions: [(String, String, StampPrecision?)] = [
            ("/write", "n", .nanoseconds), ("/write", "ns", .nanoseconds),
            ("/write", "u", .microseconds), ("/write", "us", .microseconds),
            ("/write", "ms", .milliseconds), ("/write", "s", .seconds),
            ("/write", "m", .minutes), ("/write", "h", .hours), ("/write", "", .auto),
            ("/write", "d", nil), ("/api/v2/write", "ns", .nanoseconds),
            ("/api/v2/write", "us", .microseconds), ("/api/v2/write", "ms", .milliseconds),
            ("/api/v2/write", "s", .seconds), ("/api/v2/write", "m", nil),
            ("/api/v2/write", "n", nil),
        ]

        @Test(arguments: precisions)
        func thePrecisionIsTheRequests(
            path: String, word: String, expected: StampPrecision?
        ) async throws {
            let reception = try WebReception()
            let client = try WebClient(port: reception.port)
            let answer = try client.post(path + "?precision=\(word)", "a v=1 2\n")
            #expect(answer.status == (expected == nil ? 400 : 204))
            if expected == nil {
                #expect(answer.body.contains("invalid precision; use "))
            }
            let delivery = try await reception.finish()
            #expect(delivery.segments.map(\.precision) == (expected.map { [$0] } ?? []))
        }

        /// Of four records two are wrong; one of the good ones takes two lines.
        private static let mixed = "a v=1\nb v=x\nc v=\"1\n2\"\n\nd,t v=1\ne v=5"

        @Test func refusedLinesAreNamedInTheWordsOf1x() async throws {
            let reception = try WebReception()
            let client = try WebClient(port: reception.port)
            let answer = try client.post("/write?db=x", Self.mixed)
            #expect(answer.status == 400)
            let sentence =
                "partial write: 2 of 5 lines refused; line 2, column 5: A field value is no number, "
                + "boolean or quoted text; put text in double quotes.; line 6, column 4: A tag has no "
                + "`=`; write tags as `,key=value` and put `\\` before spaces in names. dropped=2"
            #expect(answer.headers["x-influxdb-error"] == sentence)
            #expect(answer.headers["content-type"]?.hasPrefix("application/json") == true)
            let escaped = sentence.replacing("\\", with: "\\\\")
            #expect(answer.body.hasPrefix("{\"error\":\"\(escaped)\",\"refused\":[{\"line\":2,"))
            #expect(answer.body.contains(#""line":6,"column":4,"reason":"missing_tag_equals","#))
            let delivery = try await reception.finish()
            #expect(delivery.text == "a v=1\nc v=\"1\n2\"\n\ne v=5")
            #expect(
                delivery.refused == [
                    "http:127.0.0.1 missing_tag_equals 1", "http:127.0.0.1 unquoted_text 1",
                ])
            let refusal = try #require(delivery.refusals.first { $0.name == "unquoted_text" })
            #expect(refusal.column == 5 && refusal.isAboutALine)
            #expect(refusal.sample == Array("b v=x".utf8))
            #expect(reception.counts.linesRefused == 2)
        }

        @Test func refusedLinesAreNamedInTheWordsOf2x() async throws {
            let reception = try WebReception()
            let client = try WebClient(port: reception.port)
            let answer = try client.post("/api/v2/write?org=o&bucket=b", Self.mixed)
            #expect(answer.status == 400)
            #expect(answer.body.hasPrefix(#"{"code":"invalid","message":"partial write: 2 of 5 "#))
            #expect(answer.body.contains(#","line":2,"refused":[{"line":2,"column":5,"#))
            #expect(try await reception.finish().text == "a v=1\nc v=\"1\n2\"\n\ne v=5")
        }

        @Test func whenNothingIsGoodNothingIsPartial() async throws {
            let reception = try WebReception()
            let client = try WebClient(port: reception.port)
            let answer = try client.post("/write?db=x", "b\nc\n")
            #expect(answer.status == 400)
            #expect(answer.body.hasPrefix(#"{"error":"unable to parse: 2 of 2 lines refused; "#))
            let delivery = try await reception.finish()
            #expect(delivery.text.isEmpty && delivery.segments.isEmpty)
            #expect(delivery.refused == ["http:127.0.0.1 missing_fields 2"])
        }

        @Test func anAnswerNamesABoundedNumberOfLines() async throws {
            let reception = try WebReception()
            let client = try WebClient(port: reception.port)
            let body = String(repeating: "bad\n", count: 50_000)
            let answer = try client.post("/api/v2/write", body)
            #expect(answer.status == 400)
            #expect(answer.body.contains("; and 49980 more dropped=50000"))
            #expect(answer.body.contains(#"{"line":20,"#))
            #expect(!answer.body.contains(#"{"line":21,"#))
            let delivery = try await reception.finish()
            #expect(delivery.refused == ["http:127.0.0.1 missing_fields 50000"])
        }

        /// However a body is cut into pieces, its lines and their numbers are the same.
        @Test(arguments: 1...24)
        func theCutsOfABodyDoNotMatter(length: Int) async throws {
            let reception = try WebReception()
            let client = try WebClient(port: reception.port)
            let bytes = Array(Self.mixed.utf8)
            try client.begin("POST", "/write", headers: ["Transfer-Encoding: chunked"])
            for start in stride(from: 0, to: bytes.count, by: length) {
                try client.sendChunk(Array(bytes[start..<min(start + length, bytes.count)]))
            }
            try client.sendChunk([])
            let answer = try client.answer()
            #expect(answer.status == 400)
            #expect(answer.body.contains(#""refused":[{"line":2,"column":5,"#))
            #expect(answer.body.contains(#"{"line":6,"column":4,"#))
            #expect(try await reception.finish().text == "a v=1\nc v=\"1\n2\"\n\ne v=5")
        }

        @Test func aLineThatIsTooLongCostsItselfAlone() async throws {
            var intake = IntakeLimits()
            intake.lineBytesMax = 300
            let reception = try WebReception(intake: intake)
            let client = try WebClient(port: reception.port)
            let long = String(repeating: "x", count: 200_000)
            let answer = try client.post("/write", "a v=1\n\(long)\nb v=2\nc\nd v=3")
            #expect(answer.status == 400)
            #expect(answer.body.contains(#"{"line":2,"column":301,"reason":"line_too_long","#))
            #expect(answer.body.contains(#"{"line":4,"column":2,"reason":"missing_fields","#))
            let delivery = try await reception.finish()
            #expect(delivery.text == "a v=1\nb v=2\nd v=3")
            #expect(
                delivery.refused == [
                    "http:127.0.0.1 line_too_long 1", "http:127.0.0.1 missing_fields 1",
                ])
        }

        @Test func aLongBodyIsNeverCollected() async throws {
            var intake = IntakeLimits()
            intake.slabs = 2
            let reception = try WebReception(intake: intake)
            let client = try WebClient(port: reception.port)
            let line = "pump,device=p-1 v=1,w=2.5 1700000000000000000\n"
            let count = 100_000
            let answer = try client.post("/write", String(repeating: line, count: count))
            #expect(answer.status == 204)
            let delivery = try await reception.finish()
            #expect(delivery.text == String(repeating: line, count: count))
            #expect(delivery.segments.allSatisfy { $0.length <= intake.slabBytes })
        }

        @Test func aBodyThatBreaksOffLeavesNoHalfLine() async throws {
            let reception = try WebReception()
            var client: WebClient? = try WebClient(port: reception.port)
            try client?.begin("POST", "/write", headers: ["Content-Length: 1000"])
            try client?.send("a v=1\nb v=12")
            reception.wait(for: "the first line") { reception.delivery.text == "a v=1\n" }
            client = nil
            reception.wait(for: "the refusal") { !reception.delivery.refusals.isEmpty }
            let delivery = try await reception.finish()
            #expect(delivery.text == "a v=1\n")
            #expect(delivery.refused == ["http:127.0.0.1 connection_lost 1"])
        }

        @Test func aConnectionTakesManyRequests() async throws {
            let reception = try WebReception()
            let client = try WebClient(port: reception.port)
            for number in 0..<50 {
                #expect(try client.post("/write", "a v=\(number)\n").status == 204)
            }
            #expect(reception.counts.accepted == 1)
            #expect(reception.counts.requests == 50)
            #expect(try await reception.finish().segments.count == 50)
        }

        /// curl sends this with long bodies, and waits.
        @Test func whoAsksFirstIsToldToGoOn() async throws {
            let reception = try WebReception()
            let client = try WebClient(port: reception.port)
            try client.begin(
                "POST", "/write", headers: ["Content-Length: 5", "Expect: 100-continue"])
            #expect(try client.answer().status == 100)
            try client.send("a v=1")
            #expect(try client.answer().status == 204)
            #expect(try await reception.finish().text == "a v=1")
        }
    }
}
