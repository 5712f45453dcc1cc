import Foundation
import Intake
import Platform
import Primitives
import Testing
import Web

extension WebTests {
    /// HTTP and line protocol over TLS, with a certificate made for the test and openssl as client.
    @Suite(
        .timeLimit(.minutes(2)),
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")
                && FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"),
            "needs openssl and curl"))
    struct TLSTests {
        /// A certificate for 127.0.0.1 that signs itself.
        private struct Identity: ~Copyable {
            let folder: Tool
            let tls: TLSFiles

            var certificate: String { folder("certificate.pem") }

            init() throws {
                let folder = try Tool()
                _ = try Tool.run(
                    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                        + "-keyout \(folder("key.pem")) -out \(folder("certificate.pem")) -days 2 "
                        + "-subj /CN=gateway -addext subjectAltName=IP:127.0.0.1")
                tls = try TLSFiles(
                    certificate: folder("certificate.pem"), key: folder("key.pem"))
                self.folder = folder
            }
        }

        /// Sends bytes as an ordinary client of TLS does; it checks the certificate.
        private func send(
            _ text: String, to port: UInt16, trusting certificate: String
        ) throws {
            _ = try Tool.run(
                "openssl s_client -connect 127.0.0.1:\(port) -CAfile \(certificate) "
                    + "-verify_return_error -quiet -no_ign_eof", input: Array(text.utf8))
        }

        @Test func httpsIsHTTP() async throws {
            let identity = try Identity()
            let reception = try WebReception(tls: identity.tls)
            let status = try Tool.run(
                "curl -s --cacert \(identity.certificate) -o /dev/stderr -w '%{http_code}' "
                    + "--data-binary @- https://127.0.0.1:\(reception.port)/write",
                input: Array("a v=1\n".utf8))
            #expect(String(decoding: status, as: UTF8.self) == "204")
            #expect(throws: Tool.Failure.self, "a certificate nobody vouches for") {
                _ = try Tool.run("curl -s https://127.0.0.1:\(reception.port)/ping")
            }
            // Who speaks no TLS is not heard.
            #expect((try? WebClient(port: reception.port).request("GET", "/ping")) == nil)
            #expect(try await reception.finish().text == "a v=1\n")
        }

        @Test func linesOverTLSAreLines() async throws {
            let identity = try Identity()
            let reception = try WebReception(
                .stream, policy: ListenerPolicy(precision: .milliseconds, terms: 2),
                tls: identity.tls)
            let text = (0..<50_000).map { "pump,device=p-\($0 % 50) v=\($0)\n" }.joined()
            // The last line has no newline: a clean end is one.
            try send(text + "last v=\"a\nb\"", to: reception.port, trusting: identity.certificate)
            reception.wait(for: "the end") { reception.counts.open == 0 }
            let delivery = try await reception.finish()
            #expect(delivery.text == text + "last v=\"a\nb\"")
            #expect(
                delivery.segments.allSatisfy {
                    "\($0.source)" == "tcp:127.0.0.1" && $0.terms == 2
                        && $0.precision == .milliseconds
                })
            #expect(delivery.refusals.isEmpty)
            #expect(reception.counts.streamBytes == delivery.text.utf8.count)
        }

        @Test func aLineThatIsTooLongIsSkipped() async throws {
            var intake = IntakeLimits()
            intake.lineBytesMax = 300
            let identity = try Identity()
            let reception = try WebReception(.stream, intake: intake, tls: identity.tls)
            let long = String(repeating: "x", count: 500_000)
            try send(
                "a v=1\n\(long)\nb v=2\n", to: reception.port, trusting: identity.certificate)
            reception.wait(for: "the end") { reception.counts.open == 0 }
            let delivery = try await reception.finish()
            #expect(delivery.text == "a v=1\nb v=2\n")
            #expect(delivery.refused == ["tcp:127.0.0.1 line_too_long 1"])
        }

        /// Peers wait while the engine is behind, and lose nothing.
        @Test func whenTheEngineIsBehindPeersWait() async throws {
            var intake = IntakeLimits()
            intake.slabs = 1
            let identity = try Identity()
            let reception = try WebReception(
                .stream, intake: intake, tls: identity.tls, isPaused: true)
            let text = (0..<40_000).map { "pump,device=p-\($0 % 50) v=\($0)\n" }.joined()
            let port = reception.port
            let certificate = identity.certificate
            let sender = Task { try send(text, to: port, trusting: certificate) }
            reception.wait(for: "the first block") { reception.queue.count == 1 }
            reception.pause(false)
            try await sender.value
            reception.wait(for: "the end") { reception.counts.open == 0 }
            #expect(try await reception.finish().text == text)
        }

        @Test func aConnectionThatBreaksLeavesNoHalfLine() async throws {
            let identity = try Identity()
            let reception = try WebReception(.stream, tls: identity.tls)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = [
                "s_client", "-connect", "127.0.0.1:\(reception.port)", "-CAfile",
                identity.certificate, "-quiet",
            ]
            let input = Pipe()
            process.standardInput = input
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            try input.fileHandleForWriting.write(contentsOf: Data("a v=1\nb v=1".utf8))
            reception.wait(for: "the first line") { reception.delivery.text == "a v=1\n" }
            // Killed, it says no goodbye.
            _ = try Tool.run("kill -KILL \(process.processIdentifier)")
            reception.wait(for: "the end") { reception.counts.open == 0 }
            let delivery = try await reception.finish()
            #expect(delivery.text == "a v=1\n")
            #expect(delivery.refused == ["tcp:127.0.0.1 connection_lost 1"])
        }

        @Test func quietAndStrangePeersAreClosed() async throws {
            var intake = IntakeLimits()
            intake.connectionIdleTime = 200_000_000
            let identity = try Identity()
            let reception = try WebReception(.stream, intake: intake, tls: identity.tls)
            // It never begins to speak TLS.
            let silent = try WebClient(port: reception.port)
            #expect(silent.isClosedByListener())
            #expect(reception.counts.idleClosed == 1)
            let strange = try WebClient(port: reception.port)
            try strange.send("pump,device=a v=1\n")
            #expect(strange.isClosedByListener())
            reception.wait(for: "the end") { reception.counts.open == 0 }
            #expect(reception.counts.handshakesFailed == 1)
            #expect(try await reception.finish().text.isEmpty)
        }

        @Test func aStringNobodyClosesHoldsNobodyBack() async throws {
            var intake = IntakeLimits()
            intake.openStringTime = 100_000_000
            let identity = try Identity()
            let reception = try WebReception(.stream, intake: intake, tls: identity.tls)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = [
                "s_client", "-connect", "127.0.0.1:\(reception.port)", "-CAfile",
                identity.certificate, "-quiet",
            ]
            let input = Pipe()
            process.standardInput = input
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            try input.fileHandleForWriting.write(contentsOf: Data("a v=\"x\nb v=1\n".utf8))
            reception.wait(for: "both lines") {
                reception.delivery.text == "a v=\"x\nb v=1\n"
            }
            _ = try Tool.run("kill -KILL \(process.processIdentifier)")
            _ = try await reception.finish()
        }

        @Test func filesThatCannotBeUsedAreNamed() throws {
            let identity = try Identity()
            let other = try Identity()
            let folder = try Tool()
            let garbage = try folder.write("no certificate\n", to: "garbage.pem")
            let key = identity.folder("key.pem")
            for (certificate, key, start) in [
                (folder("absent.pem"), key, "cannot read \(folder("absent.pem")): expected a PEM "),
                (garbage, key, "cannot read \(garbage): expected a PEM certificate"),
                (identity.certificate, garbage, "cannot read \(garbage): expected a PEM private "),
                (
                    identity.certificate, other.folder("key.pem"),
                    "cannot use \(identity.certificate) with \(other.folder("key.pem")): they do "
                ),
            ] {
                let failure = #expect(throws: TLSFiles.Failure.self) {
                    try TLSFiles(certificate: certificate, key: key)
                }
                #expect(failure?.description.hasPrefix(start) == true, "\(start)")
            }
        }
    }
}
