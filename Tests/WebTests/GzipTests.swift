import Intake
import Platform
import Testing
import Web

extension WebTests {
    /// Bodies with `Content-Encoding: gzip`.
    @Suite(.timeLimit(.minutes(2))) struct GzipTests {
        private static let header = ["Content-Encoding: gzip"]

        private static func packed(_ text: String) throws -> [UInt8] {
            try Tool.run("gzip -c", input: Array(text.utf8))
        }

        private func post(
            _ body: [UInt8], _ reception: WebReception, target: String = "/write"
        ) throws -> WebClient.Answer {
            try WebClient(port: reception.port).request(
                "POST", target, headers: Self.header, body: body)
        }

        @Test func aBodyIsUnpackedPieceByPiece() async throws {
            let reception = try WebReception()
            let text = (0..<40_000).map { "pump,device=p-\($0 % 100) v=\($0)\n" }.joined()
            #expect(try post(Self.packed(text), reception).status == 204)
            #expect(try await reception.finish().text == text)
        }

        @Test func membersOneAfterAnotherAreOneBody() async throws {
            let reception = try WebReception()
            let body = try Self.packed("a v=1\nb v") + Self.packed("") + Self.packed("=2\nc")
            let answer = try post(body, reception)
            #expect(answer.status == 400)
            #expect(answer.body.contains(#"{"line":3,"column":2,"reason":"missing_fields""#))
            #expect(try await reception.finish().text == "a v=1\nb v=2\n")
        }

        @Test func aBodySentByteByByteIsTheSame() async throws {
            let reception = try WebReception()
            let client = try WebClient(port: reception.port)
            try client.begin(
                "POST", "/write", headers: Self.header + ["Transfer-Encoding: chunked"])
            for byte in try Self.packed("a v=1\nb v=2\n") { try client.sendChunk([byte]) }
            try client.sendChunk([])
            #expect(try client.answer().status == 204)
            #expect(try await reception.finish().text == "a v=1\nb v=2\n")
        }

        @Test func aBodyThatIsNoGzipIsRefusedWithItsSender() async throws {
            let reception = try WebReception()
            let plain = try post(Array("a v=1\n".utf8), reception)
            #expect(plain.status == 400)
            #expect(plain.body == #"{"error":"the gzip data is damaged"}"# + "\n")
            let packed = try Self.packed(String(repeating: "a v=1\n", count: 100))
            let cut = try post(packed.dropLast(10).map { $0 }, reception)
            #expect(cut.status == 400)
            // Compressed data comes out in pieces: how many lines is the library's affair.
            #expect(cut.body.contains("the gzip data ends early ("))
            #expect(cut.body.contains(" lines before that were taken)"))
            #expect(try post(packed + [1, 2, 3], reception).status == 400)
            #expect(try post([], reception).status == 204)
            let delivery = try await reception.finish()
            #expect(delivery.refused == ["http:127.0.0.1 corrupt_body 3"])
            #expect(delivery.refusals.allSatisfy { !$0.isAboutALine })
            #expect(reception.counts.bodiesCorrupt == 3)
        }

        /// 200 MB in 200 KB: the unpacking itself stops at the limit.
        @Test func aBombIsStoppedAtTheLimit() async throws {
            var limits = WebLimits()
            limits.inflatedBytesMax = 1 << 20
            let reception = try WebReception(limits: limits)
            let bomb = try Tool.run("yes a v=1 | head -c 200000000 | gzip -c")
            let answer = try post(bomb, reception, target: "/api/v2/write")
            #expect(answer.status == 413)
            #expect(answer.body.hasPrefix(#"{"code":"request too large","message":"the body is "#))
            let delivery = try await reception.finish()
            #expect(delivery.text.utf8.count <= limits.inflatedBytesMax + (64 << 10))
            #expect(delivery.refused == ["http:127.0.0.1 body_too_large 1"])
        }

        @Test func otherEncodingsAreRefused() async throws {
            let reception = try WebReception()
            let client = try WebClient(port: reception.port)
            for encoding in ["deflate", "br", "gzip, gzip"] {
                let answer = try client.post(
                    "/write", "a v=1\n", headers: ["Content-Encoding: \(encoding)"])
                #expect(answer.status == 415)
            }
            let identity = try client.post(
                "/write", "a v=1\n", headers: ["Content-Encoding: identity"])
            #expect(identity.status == 204)
            #expect(try await reception.finish().text == "a v=1\n")
        }
    }
}
