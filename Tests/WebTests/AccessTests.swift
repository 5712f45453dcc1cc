import Platform
import Testing
import Web

extension WebTests {
    /// Who may write.
    @Suite(.timeLimit(.minutes(2))) struct AccessTests {
        private static func tokens() throws -> AccessTokens {
            let folder = try Tool()
            return try AccessTokens(
                file: folder.write("# for the hall\nsecret-1\n\n  secret-2  \r\n", to: "tokens"))
        }

        /// `name:secret-1` and `name:wrong` in base64.
        private static let right = "bmFtZTpzZWNyZXQtMQ=="
        private static let wrong = "bmFtZTp3cm9uZw=="

        static let ways: [(String, [String], Bool)] = [
            ("/write", [], false),
            ("/write?u=name&p=secret-1", [], true),
            ("/write?u=name&p=secret%2D2", [], true),
            ("/write?u=name&p=secret-3", [], false),
            ("/write", ["Authorization: Basic \(right)"], true),
            ("/write", ["Authorization: Basic \(wrong)"], false),
            ("/write", ["Authorization: Basic ?"], false),
            ("/write", ["Authorization: Token secret-2"], true),
            ("/api/v2/write", [], false),
            ("/api/v2/write", ["Authorization: Token secret-1"], true),
            ("/api/v2/write", ["authorization: bearer secret-1"], true),
            ("/api/v2/write", ["Authorization: Token name:secret-1"], true),
            ("/api/v2/write", ["Authorization: Token secret-"], false),
            ("/api/v2/write", ["Authorization: Token secret-11"], false),
            ("/api/v2/write", ["Authorization: Token"], false),
            ("/api/v2/write", ["Authorization: Digest secret-1"], false),
            ("/query?q=CREATE+DATABASE+x", [], false),
            ("/query?q=CREATE+DATABASE+x&p=secret-1", [], true),
        ]

        @Test(arguments: ways)
        func aRequestNeedsOneOfTheTokens(
            target: String, headers: [String], isAccepted: Bool
        ) async throws {
            let reception = try WebReception(tokens: Self.tokens())
            let client = try WebClient(port: reception.port)
            let answer = try client.post(target, "a v=1\n", headers: headers)
            let delivery = try await reception.finish()
            if isAccepted {
                #expect(answer.status == (target.hasPrefix("/query") ? 200 : 204))
                #expect(delivery.refusals.isEmpty)
            } else {
                #expect(answer.status == 401)
                #expect(answer.headers["www-authenticate"] != nil)
                #expect(
                    answer.body.contains(
                        target.hasPrefix("/api")
                            ? #"{"code":"unauthorized","message":"unauthorized access"}"#
                            : #"{"error":"authorization failed"}"#))
                #expect(delivery.text.isEmpty)
                #expect(delivery.refused == ["http:127.0.0.1 unauthorized 1"])
            }
        }

        /// Whoever watches over the program needs no token to do so.
        @Test(arguments: ["/ping", "/health", "/metrics"])
        func questionsAreOpen(path: String) async throws {
            let reception = try WebReception(tokens: Self.tokens())
            #expect(
                try WebClient(port: reception.port).request("GET", path).status
                    == (path == "/ping" ? 204 : 200))
            _ = try await reception.finish()
        }

        @Test func aFileWithoutTokensIsAMistake() throws {
            let folder = try Tool()
            let path = try folder.write("# none yet\n\n", to: "tokens")
            #expect(throws: AccessTokens.Failure.self) { try AccessTokens(file: path) }
            let failure = #expect(throws: AccessTokens.Failure.self) {
                try AccessTokens(file: folder("absent"))
            }
            #expect(
                failure?.description
                    == "cannot read \(folder("absent")): no such file or directory")
        }
    }
}
