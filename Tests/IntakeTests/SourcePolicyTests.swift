import Intake
import LineProtocol
import Platform
import Primitives
import TestSupport
import Testing

/// Who may send to a listener, and how much of it.
@Suite(.timeLimit(.minutes(2)), .serialized) struct SourcePolicyTests {
    private func datagrams(
        _ policy: ListenerPolicy, limits: IntakeLimits = IntakeLimits()
    ) throws -> DatagramReception {
        let listener = try UDPListener(
            try DatagramSocket(
                listeningOn: "127.0.0.1", port: 0, receiveBufferBytes: 1 << 20, setting: "x"),
            policy: policy, limits: limits, boundary: RecordSplit.end, logger: quiet)
        return try DatagramReception(listener, limits: limits)
    }

    private func streams(
        _ policy: ListenerPolicy, limits: IntakeLimits = IntakeLimits()
    ) throws -> TCPReception {
        let socket = try ListeningSocket(host: "127.0.0.1", port: 0, setting: "x")
        return try TCPReception(
            listeners: [TCPListener(socket, policy: policy)], limits: limits)
    }

    private func ranges(_ texts: String...) throws -> [AddressRange] {
        try texts.map { try #require(AddressRange($0)) }
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"), ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
        ("10.1.2.2/31", "10.1.2.3", "10.1.2.4"), ("0.0.0.0/0", "203.0.113.9", "::1"),
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"), ("::1", "::1", "::2"),
        ("2001:db8::/65", "2001:db8::7fff:0:0:0", "2001:db8::8000:0:0:0"),
        ("::/0", "10.0.0.1", ""), ("fe80::/10", "febf::1", "fec0::1"),
    ])
    func addressBlocks(_ block: String, inside: String, outside: String) throws {
        func source(_ text: String) -> LineSource? {
            NumericAddress(text).map { LineSource(transport: .udp, high: $0.high, low: $0.low) }
        }
        let range = try #require(AddressRange(block))
        #expect(range.contains(try #require(source(inside))))
        if let stranger = source(outside) { #expect(!range.contains(stranger)) }
    }

    @Test func strangersAreRefusedOverUDP() throws {
        let reception = try datagrams(
            ListenerPolicy(allowed: try ranges("127.0.0.2", "::1")))
        let port = reception.listener.localPort
        for _ in 0..<3 { try LoopbackPeer(udp: port).send("a v=1\nb v=2\n") }
        try LoopbackPeer(udp: port, from: "127.0.0.2").send("c v=3\n")
        let first = try #require(reception.nextBlock())
        let all = [first, reception.finishBlocks()]
        #expect(all.flatMap(\.segments).map(\.text) == ["c v=3\n"])
        let refusals = all.flatMap(\.refusals)
        #expect(refusals.allSatisfy { $0.reason == .sourceNotAllowed })
        #expect(refusals.allSatisfy { $0.source.description == "udp:127.0.0.1" })
        #expect(refusals.first?.sample == Array("a v=1".utf8))
        #expect(refusals.reduce(0) { $0 + $1.count } == 3)
        #expect(reception.listener.counts.disallowed == 3)
    }

    @Test func strangersAreClosedOverTCP() throws {
        let reception = try streams(ListenerPolicy(allowed: try ranges("127.0.0.2/31")))
        let stranger = try LoopbackPeer(tcp: reception.port)
        #expect(stranger.isClosedByListener())
        let told = try #require(reception.next())
        #expect(told.refusals.map(\.reason) == [.sourceNotAllowed])
        #expect(told.refusals.map(\.source.description) == ["tcp:127.0.0.1"])
        try LoopbackPeer(tcp: reception.port, from: "127.0.0.3").send("a v=1\n")
        #expect(reception.receive(bytes: 6).text == "a v=1\n")
        _ = reception.finish()
        #expect(reception.counts.disallowed == 1)
        #expect(reception.counts.accepted == 1)
    }

    /// One sender cannot take the places of all.
    @Test func oneSenderHasSoManyConnections() throws {
        var limits = IntakeLimits()
        limits.connections = 5
        limits.connectionsPerSource = 3
        let reception = try streams(ListenerPolicy(), limits: limits)
        let greedy = try (0..<3).map { _ in try LoopbackPeer(tcp: reception.port) }
        reception.wait(for: "three") { $0.open == 3 }
        let fourth = try LoopbackPeer(tcp: reception.port)
        #expect(fourth.isClosedByListener())
        let told = try #require(reception.next())
        #expect(told.refusals.map(\.reason) == [.tooManyConnectionsOfSource])
        let other = try LoopbackPeer(tcp: reception.port, from: "127.0.0.2")
        try other.send("o v=1\n")
        #expect(reception.receive(bytes: 6).text == "o v=1\n")
        // The residents are not affected, and a place that is free again is given again.
        try greedy[0].send("r v=1\n")
        #expect(reception.receive(bytes: 6).text == "r v=1\n")
        greedy[1].finish()
        reception.wait(for: "a free place") { $0.open == 3 }
        try LoopbackPeer(tcp: reception.port).send("n v=1\n")
        #expect(reception.receive(bytes: 6).text == "n v=1\n")
        _ = reception.finish()
        #expect(reception.counts.refused == 1)
    }

    @Test func linesOverTheRateAreRefusedOverUDP() throws {
        var limits = IntakeLimits()
        // Ten lines for a start, and one more each second.
        limits.rateBurstTime = 10_000_000_000
        let reception = try datagrams(ListenerPolicy(linesPerSecond: 1), limits: limits)
        let port = reception.listener.localPort
        let flood = try LoopbackPeer(udp: port)
        try flood.send((0..<8).map { "a v=\($0)\n" }.joined())
        try flood.send((8..<16).map { "a v=\($0)\n" }.joined())
        try LoopbackPeer(udp: port, from: "127.0.0.2").send("b v=1\n")
        var text = ""
        var refusals: [IntakeRefusal] = []
        while !text.contains("b v=1"), let block = reception.nextBlock() {
            text += block.segments.map(\.text).joined()
            refusals += block.refusals
        }
        refusals += reception.finishBlocks().refusals
        let taken = text.split(separator: "\n").filter { $0.hasPrefix("a") }.count
        // A slow machine may earn a line or two more.
        #expect(taken >= 10 && taken < 14)
        #expect(text.hasPrefix((0..<10).map { "a v=\($0)\n" }.joined()))
        #expect(refusals.map(\.reason) == [.rateExceeded])
        #expect(refusals.first?.source.description == "udp:127.0.0.1")
        #expect(refusals.first?.count == 16 - taken)
        #expect(refusals.first?.sample == Array("a v=\(taken)".utf8))
        #expect(reception.listener.counts.linesOverRate == UInt64(16 - taken))
    }

    @Test func linesOverTheRateAreRefusedOverTCP() throws {
        var limits = IntakeLimits()
        limits.rateBurstTime = 10_000_000_000
        let reception = try streams(ListenerPolicy(linesPerSecond: 1), limits: limits)
        // The tenth line of twelve is inside a string, and a record is not cut in its middle.
        let string = "s t=\"1\n2\n3\"\n"
        let text = string + (0..<6).map { "a v=\($0)\n" }.joined() + string
        let peer = try LoopbackPeer(tcp: reception.port)
        try peer.send(text)
        peer.finish()
        reception.wait(for: "the end") { $0.open == 0 && $0.accepted == 1 }
        let delivery = reception.finish()
        #expect(delivery.text == String(text.dropLast(string.count)))
        #expect(delivery.refusals.map(\.reason) == [.rateExceeded])
        #expect(delivery.refusals.first?.count == 3)
        #expect(delivery.refusals.first?.sample == Array("s t=\"1".utf8))
        #expect(reception.counts.linesOverRate == 3)
    }

    @Test func withoutARateEverythingIsTaken() throws {
        let reception = try datagrams(ListenerPolicy())
        let peer = try LoopbackPeer(udp: reception.listener.localPort)
        let line = String(repeating: "a v=1\n", count: 5_000)
        try peer.send(line)
        #expect(reception.receive(1) == [line])
        #expect(reception.finishBlocks().refusals.isEmpty)
    }

    @Test func termsTravelOnTheSegments() throws {
        let reception = try datagrams(ListenerPolicy(precision: .milliseconds, terms: 3))
        try LoopbackPeer(udp: reception.listener.localPort).send("a v=1\n")
        let block = try #require(reception.nextBlock())
        #expect(block.segments.map(\.segment.terms) == [3])
        #expect(block.segments.map(\.segment.precision) == [.milliseconds])
        _ = reception.finish()
        let stream = try streams(ListenerPolicy(terms: 4))
        try LoopbackPeer(tcp: stream.port).send("a v=1\n")
        guard case .element(let taken) = stream.queue.pop() else { return }
        #expect(taken.segment(0).terms == 4)
        stream.pool.give(taken)
        _ = stream.finish()
    }
}
