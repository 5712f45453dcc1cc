import Foundation
import Testing

extension EndToEndTests {
    /// HTTP and TLS into the daemon, with curl and openssl as clients, and what its listeners are
    /// told.
    @Suite(
        .enabled(
            if: ["curl", "openssl"].allSatisfy {
                FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0)
            }, "needs curl and openssl"))
    struct HTTPIntakeTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        /// The status of one request with a body; what was answered is in the file `answer`.
        private func post(
            _ address: String, _ body: String, _ options: String = ""
        ) throws -> String {
            let file = try directory.write(body, to: "body-" + UUID().uuidString)
            return try shell(
                "\(options.contains("gzip") ? "gzip -c" : "cat") \(file) | curl -s -o "
                    + "\(directory("answer")) -w '%{http_code}' \(options) --data-binary @- "
                    + "'\(address)'")
        }

        private func shell(_ command: String) throws -> String {
            let outcome = try ForestallProgram.run("/bin/sh", ["-c", command])
            #expect(outcome.code == 0, "\(command): \(outcome.errors)")
            return outcome.output
        }

        private func rows(_ sql: String) throws -> [String] {
            try Database.rows(directory("state"), sql)
        }

        /// A recording in requests of a few thousand lines: the same tickets as the file replayed.
        @Test(arguments: ["", "-H 'Content-Encoding: gzip'"])
        func aRecordingGivesTheSameTickets(options: String) throws {
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let lines = try SampleRecording.bearingWear.lines
            let address = "http://127.0.0.1:\(daemon.httpPorts[0])/write?db=x&precision=ns"
            for start in stride(from: 0, to: lines.count, by: 4_000) {
                let piece = lines[start..<min(start + 4_000, lines.count)]
                #expect(try post(address, piece.joined(separator: "\n"), options) == "204")
            }
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["lines"] == lines.count)
            #expect(ending.totals["http_lines"] == lines.count)
            let replay = try ForestallProgram.run(
                "replay", SampleRecording.bearingWear.path, "--config",
                SampleRecording.configuration, "--state", directory("replayed"), "--tickets",
                directory("tickets.jsonl"))
            #expect(replay.code == 0)
            #expect(
                try Spool.documents(in: directory, state: "state")
                    == splitLines(try directory.text("tickets.jsonl")).sorted())
        }

        /// What a listener says about its lines holds for requests too, and it may want a token.
        @Test func aListenersTermsAndTokensHold() throws {
            let tokens = try directory.write("one\ntwo\n", to: "tokens")
            _ = try shell("chmod 0644 \(tokens)")
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), clock: "wall",
                configuration: """
                    [listener.hall]
                    transport = "http"
                    address = "127.0.0.1:0"
                    precision = "s"
                    tags = ["site=north"]
                    default_identity = "hall-1"
                    token_file = "\(tokens)"
                    [listener.closed]
                    transport = "http"
                    address = "127.0.0.1:0"
                    allow = ["192.0.2.0/24"]
                    \(ListenerTests.quickWindows)
                    """)
            let now = Int(Date().timeIntervalSince1970)
            let hall = "http://127.0.0.1:\(daemon.httpPorts[1])/api/v2/write?org=o&bucket=b"
            #expect(try post(hall, "pump v=1 \(now)\n", "-H 'Authorization: Token three'") == "401")
            #expect(
                try post(hall, "pump v=1 \(now)\npump v=\n", "-H 'Authorization: Token two'")
                    == "400")
            #expect(try directory.text("answer").contains(#""line":2"#))
            let closed = try ForestallProgram.run(
                "/usr/bin/curl", ["-s", "http://127.0.0.1:\(daemon.httpPorts[2])/ping"])
            #expect(closed.code != 0)
            try ForestallProgram.wait(for: "the device") {
                let outcome = try ForestallProgram.run(
                    "devices", "--json", "--state", directory("state"))
                return outcome.output.contains("hall-1")
            }
            let metrics = try shell("curl -s http://127.0.0.1:\(daemon.httpPorts[0])/metrics")
            #expect(metrics.contains("\nforestall_lines_total 1\n"))
            #expect(
                metrics.contains(
                    "\nforestall_refused_total{transport=\"http\",reason=\"unauthorized\"} 1\n"))
            let ending = try daemon.stop()
            #expect(ending.totals["lines"] == 1)
            #expect(ending.errors.contains("Everybody on this machine can read a secret"))
            guard Database.isReadable else { return }
            #expect(
                try rows("SELECT source || ' ' || reason FROM refusal ORDER BY reason") == [
                    "http:127.0.0.1 missing_field_value", "http:127.0.0.1 source_not_allowed",
                    "http:127.0.0.1 unauthorized",
                ])
        }

        @Test func overTLSTheSameHolds() throws {
            _ = try shell(
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "
                    + "\(directory("key.pem")) -out \(directory("cert.pem")) -days 2 -subj /CN=g "
                    + "-addext subjectAltName=IP:127.0.0.1 2>\(directory("log"))")
            let files =
                "tls_certificate = \"\(directory("cert.pem"))\"\ntls_key = \"\(directory("key.pem"))\"\n"
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), clock: "wall",
                configuration: """
                    [listener.secure]
                    transport = "http"
                    address = "127.0.0.1:0"
                    \(files)
                    [listener.stream]
                    transport = "tcp"
                    address = "127.0.0.1:0"
                    default_identity = "s-1"
                    \(files)
                    \(ListenerTests.quickWindows)
                    """)
            let https = daemon.port(of: "transport=https address=127.0.0.1:")
            let stream = daemon.port(of: "transport=tls address=127.0.0.1:")
            let trust = "--cacert \(directory("cert.pem"))"
            #expect(
                try post("https://127.0.0.1:\(https)/write", "pump,host=p-1 v=1\n", trust) == "204")
            let lines = try directory.write(
                (0..<1_000).map { "pump v=\($0)\n" }.joined(), to: "lines")
            _ = try shell(
                "openssl s_client -connect 127.0.0.1:\(stream) -CAfile \(directory("cert.pem")) "
                    + "-verify_return_error -quiet -no_ign_eof <\(lines) 2>\(directory("log"))")
            try ForestallProgram.wait(for: "both devices") {
                let outcome = try ForestallProgram.run(
                    "devices", "--json", "--state", directory("state"))
                return outcome.output.contains("s-1") && outcome.output.contains("p-1")
            }
            let ending = try daemon.stop()
            #expect(ending.totals["lines"] == 1_001)
        }

        @Test func aTokenFileThatCannotBeReadIsNamed() throws {
            let file = try directory.write(
                "intake.udp = []\nintake.tcp = []\nintake.http = []\n[listener.a]\n"
                    + "transport = \"http\"\naddress = \"127.0.0.1:0\"\n"
                    + "token_file = \"\(directory("absent"))\"\n", to: "f.toml")
            let outcome = try ForestallProgram.run(
                "run", "--config", file, "--state", directory("state"))
            #expect(outcome.code == 78)
            #expect(
                outcome.errors.contains(
                    "cannot read \(directory("absent")): no such file or directory"))
        }
    }
}
