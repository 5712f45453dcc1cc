import Testing
import Web

extension WebTests {
    /// What there is to ask beside writing, and what there is not.
    @Suite(.timeLimit(.minutes(2))) struct QuestionTests {
        private func ask(
            _ method: String, _ target: String, body: String = ""
        ) async throws -> WebClient.Answer {
            let reception = try WebReception()
            let answer = try WebClient(port: reception.port)
                .request(method, target, body: Array(body.utf8))
            #expect(answer.headers["x-influxdb-version"] == "1.2.3")
            #expect(answer.headers["date"]?.hasSuffix(" GMT") == true)
            _ = try await reception.finish()
            return answer
        }

        @Test(arguments: ["GET", "HEAD"])
        func pingHasNothingToSay(method: String) async throws {
            #expect(try await ask(method, "/ping").status == 204)
            #expect(try await ask(method, "/ping?verbose=false").status == 204)
        }

        @Test func pingSaysItsVersionWhenAsked() async throws {
            let answer = try await ask("GET", "/ping?verbose=true")
            #expect(answer.status == 200)
            #expect(answer.body == "{\"version\":\"1.2.3\"}\n")
        }

        @Test func healthIsWhatClientsOf2xRead() async throws {
            let answer = try await ask("GET", "/health")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
            #expect(
                answer.body
                    == #"{"name":"forestall","message":"ready for lines","status":"pass","checks":["#
                    + #"{"name":"store","message":"writes","status":"pass"}],"#
                    + #""version":"1.2.3","commit":""}"# + "\n")
        }

        /// Lines are taken all the same.
        @Test func healthSaysWhyNothingCanBeCommitted() async throws {
            let reception = try WebReception(storeTrouble: "the disk is full")
            let client = try WebClient(port: reception.port)
            let answer = try client.request("GET", "/health", body: [])
            #expect(answer.status == 503)
            #expect(
                answer.body.contains(
                    #""message":"lines wait in memory: the disk is full","status":"fail","checks":["#
                        + #"{"name":"store","message":"the disk is full","status":"fail"}]"#))
            let metrics = try client.request("GET", "/metrics", body: [])
            #expect(metrics.body.contains("forestall_store_waiting 1\n"))
            #expect(try client.post("/write", "m a=1").status == 204)
            _ = try await reception.finish()
        }

        @Test(arguments: [
            ("POST", "/query?q=CREATE+DATABASE+%22my+db%22", ""),
            ("GET", "/query?q=create%20database%20x", ""),
            ("POST", "/query", "db=y&q=CREATE+DATABASE+x"),
        ])
        func creatingADatabaseIsNothingToDo(
            method: String, target: String, body: String
        ) async throws {
            let answer = try await ask(method, target, body: body)
            #expect(answer.status == 200)
            #expect(answer.body == "{\"results\":[{\"statement_id\":0}]}\n")
        }

        @Test(arguments: ["/query?q=SELECT+1", "/query", "/query?q=CREATE"])
        func nothingElseCanBeAsked(target: String) async throws {
            let answer = try await ask("GET", target)
            #expect(answer.status == 400)
            #expect(
                answer.body.hasPrefix(#"{"error":"only CREATE DATABASE is understood; "#))
        }

        @Test(
            arguments: [
                ("GET", "/", 404, nil), ("POST", "/api/v2/writes", 404, nil),
                ("GET", "/write", 405, "POST"), ("PUT", "/api/v2/write", 405, "POST"),
                ("POST", "/ping", 405, "GET, HEAD"), ("POST", "/metrics", 405, "GET, HEAD"),
                ("DELETE", "/query", 405, "GET, POST"),
            ] as [(String, String, Int, String?)])
        func whatThereIsNot(
            method: String, target: String, status: Int, allowed: String?
        ) async throws {
            let answer = try await ask(method, target)
            #expect(answer.status == status)
            #expect(answer.headers["allow"] == allowed)
            #expect(answer.body.hasPrefix(#"{"code":"#) && answer.body.contains(#""error":"#))
        }

        @Test func metricsAreWhatWasCounted() async throws {
            let reception = try WebReception()
            let client = try WebClient(port: reception.port)
            _ = try client.post("/write", "a v=1\nb\n")
            let answer = try client.request("GET", "/metrics")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let lines = answer.body.split(separator: "\n")
            for line in [
                "forestall_received_bytes_total{transport=\"http\"} 8",
                "forestall_connections_open{transport=\"http\"} 1",
                "forestall_http_requests_total 2", "forestall_http_lines_total 1",
                "forestall_http_requests_refused_total{reason=\"unauthorized\"} 0",
                // From the snapshot that was handed in.
                "forestall_lines_total 7",
                "forestall_refused_total{transport=\"udp\",reason=\"late\"} 3",
            ] {
                #expect(lines.contains { $0 == line }, "\(line)")
            }
            try expectPrometheusText(lines)
            _ = try await reception.finish()
        }

        /// Every sample belongs to the family named above it, and every family has help and type.
        private func expectPrometheusText(_ lines: [Substring]) throws {
            var family = ""
            for line in lines {
                let words = line.split(separator: " ")
                if line.hasPrefix("# HELP ") {
                    family = String(words[2])
                } else if line.hasPrefix("# TYPE ") {
                    #expect(words[2] == family)
                    let isTotal = family.hasSuffix("_total")
                    #expect(words[3] == (isTotal ? "counter" : "gauge"))
                } else {
                    #expect(line.prefix { $0 != "{" && $0 != " " } == family)
                    #expect(UInt64(words.last ?? "") != nil)
                }
            }
        }
    }
}
