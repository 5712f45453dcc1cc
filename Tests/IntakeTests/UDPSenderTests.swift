import Logging
import Platform
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1))) struct UDPSenderTests {
    /// Sends the text in datagrams of at most `bytesMax` and compares the datagrams.
    private func check(
        _ text: String, bytesMax: Int, rate: Double? = nil, becomes expected: [String],
        overlong: UInt64 = 0, at location: SourceLocation = #_sourceLocation
    ) throws {
        let listener = try UDPListener(
            host: "127.0.0.1", port: 0,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var sender = try UDPSender(
            host: "127.0.0.1", port: listener.localPort, datagramBytesMax: bytesMax,
            linesPerSecond: rate)
        try sender.send(Array(text.utf8).span)
        listener.stop()
        let pool = BlockPool()
        let queue = BoundedQueue<LineBlock>(capacity: 64)
        try listener.run(pool: pool, queue: queue)
        queue.close()
        var received: [String] = []
        while case .element(let block) = queue.pop() {
            received += texts(block)
            pool.give(block)
        }
        #expect(received == expected, sourceLocation: location)
        #expect(sender.sentDatagrams == UInt64(expected.count), sourceLocation: location)
        #expect(
            sender.sentBytes == UInt64(expected.joined().utf8.count), sourceLocation: location)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true).count
        #expect(sender.sentLines + overlong == UInt64(lines), sourceLocation: location)
        #expect(sender.overlongLines == overlong, sourceLocation: location)
    }

    @Test func datagramsCarryWholeLines() throws {
        try check("", bytesMax: 10, becomes: [])
        try check("a\nb\nc\n", bytesMax: 100, becomes: ["a\nb\nc\n"])
        try check("a\nb\nc", bytesMax: 4, becomes: ["a\nb\n", "c"])
        try check("a\nb\nc", bytesMax: 3, becomes: ["a\n", "b\nc"])
        try check("longer\nb\n", bytesMax: 3, becomes: ["longer\n", "b\n"])
        try check("b\nlonger\n", bytesMax: 3, becomes: ["b\n", "longer\n"])
    }

    @Test func aLineBeyondAnyDatagramIsCounted() throws {
        let overlong = String(repeating: "x", count: 65_507) + "\n"
        try check("a\n\(overlong)b\n", bytesMax: 100, becomes: ["a\n", "b\n"], overlong: 1)
        try check(overlong, bytesMax: 100, becomes: [], overlong: 1)
    }

    @Test func aSlowRateSendsSmallDatagrams() throws {
        try check("a\nb\nc\n", bytesMax: 100, rate: 150, becomes: ["a\n", "b\n", "c\n"])
        try check("a\nb\nc\n", bytesMax: 100, rate: 250, becomes: ["a\nb\n", "c\n"])
    }

    @Test func linesAreDueEvenly() {
        let pace = Pace(perSecond: 1_000, start: 5_000)
        #expect(pace.burst == 10)
        #expect(pace.due(after: 0) == 5_000)
        #expect(pace.due(after: 1) == 1_005_000)
        #expect(pace.due(after: 1_000) == 1_000_005_000)
        #expect(Pace(perSecond: 0.5, start: 0).due(after: 1) == 2_000_000_000)
        #expect(Pace(perSecond: 0.5, start: 0).burst == 1)
    }

    @Test func nobodyListening() throws {
        let port = try unusedPort()
        var sender = try UDPSender(host: "127.0.0.1", port: port)
        do throws(SystemFailure) {
            // The answer to the first datagram comes with the second.
            for _ in 0..<1_000 { try sender.send(Array("a\n".utf8).span) }
            Issue.record("nobody refused")
        } catch {
            #expect(
                error.description == "cannot send to udp 127.0.0.1:\(port): connection refused"
                    + " - nothing listens there; start the receiver first")
            #expect(error.isRetryable)
        }
    }

    @Test func anUnknownHost() {
        do throws(SystemFailure) {
            _ = try UDPSender(host: "no host", port: 1)
            Issue.record("it resolves")
        } catch {
            #expect(
                error.description == "cannot send to udp no host:1: no such host"
                    + " - give an address or a name that resolves")
        }
    }

    /// A port that was free a moment ago.
    private func unusedPort() throws -> UInt16 {
        try DatagramSocket(
            listeningOn: "127.0.0.1", port: 0, receiveBufferBytes: 4_096, setting: "x"
        ).localPort
    }
}
