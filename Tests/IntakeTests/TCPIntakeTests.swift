import Intake
import Platform
import Primitives
import Testing

/// Lines over TCP: what is whole is handed on, once and in order, however it was cut.
@Suite(.timeLimit(.minutes(2)), .serialized) struct TCPIntakeTests {
    /// Records with newlines and quotes inside strings, a comment with a quote, a blank line.
    static let records = [
        "m,host=a v=1i 1\n", "m,host=a t=\"x\ny\\\"=\",v=2 2\n", "# \"v=\"\n", "\n",
        "m,q=5\" v=3 3\n", "m t=\"\n\",u=\"\n\" 4\r\n", "m t=\"open\n", "m,host=b v=5 5\n",
    ]
    static let message = records.joined()

    /// Offsets at which a segment may end.
    static let ends: Set<Int> = {
        var ends: Set<Int> = [0]
        var offset = 0
        for record in records {
            offset += record.utf8.count
            ends.insert(offset)
        }
        return ends
    }()

    private func checkWhole(_ delivery: TCPReception.Delivery, split: Int) {
        #expect(delivery.text == Self.message, "split at \(split)")
        var offset = 0
        for segment in delivery.segments {
            offset += segment.text.utf8.count
            #expect(Self.ends.contains(offset), "split at \(split), segment ends at \(offset)")
        }
        #expect(delivery.refusals.isEmpty)
    }

    @Test func linesAreJoinedAcrossReads() throws {
        let reception = try TCPReception()
        let bytes = Array(Self.message.utf8)
        var expected: UInt64 = 0
        for split in 0...bytes.count {
            let client = try TCPClient(port: reception.port)
            try client.send(Array(bytes[..<split]))
            expected += UInt64(split)
            reception.wait(for: "first part") { $0.bytes == expected }
            try client.send(Array(bytes[split...]))
            expected += UInt64(bytes.count - split)
            client.finish()
            checkWhole(reception.receive(bytes: bytes.count), split: split)
        }
        #expect(reception.finish().text == "")
        #expect(reception.counts.accepted == UInt64(bytes.count + 1))
    }

    /// Small pieces that follow closely are taken together, of all connections: the second line
    /// wakes the listener, which waits for the time to be over. The first waits for nobody.
    @Test func closePiecesAreTakenTogether() throws {
        var limits = IntakeLimits()
        limits.gatherTime = 500_000_000
        let reception = try TCPReception(limits: limits)
        let (one, other) = (
            try TCPClient(port: reception.port), try TCPClient(port: reception.port)
        )
        let start = MonotonicClock.now()
        try one.send("first\n")
        #expect(reception.receive(bytes: 6).text == "first\n")
        try one.send("second\n")
        try other.send("third\n")
        #expect(reception.receive(bytes: 13).text.utf8.count == 13)
        #expect(MonotonicClock.now() - start >= limits.gatherTime)
        #expect(reception.finish().text.isEmpty)
    }

    /// Where much comes there is no waiting: a pause of half a second at the beginning, at the end,
    /// and wherever the sender is slow, but none for each of the sixty reads.
    @Test func muchIsTakenAtOnce() throws {
        var limits = IntakeLimits()
        limits.gatherTime = 500_000_000
        let reception = try TCPReception(limits: limits)
        let text = String(repeating: "0123456789abcde\n", count: 60 * 4_096)
        let sender = try PlatformThread(name: "sender") { [port = reception.port] in
            do {
                let client = try TCPClient(port: port)
                try client.send(text)
            } catch {
                Issue.record("\(error)")
            }
        }
        let start = MonotonicClock.now()
        #expect(reception.receive(bytes: text.utf8.count).text == text)
        #expect(MonotonicClock.now() - start < 15_000_000_000)
        sender.join()
        #expect(reception.finish().text.isEmpty)
    }

    @Test func everyByteMayComeAlone() throws {
        let reception = try TCPReception()
        let client = try TCPClient(port: reception.port)
        for (index, byte) in Self.message.utf8.enumerated() {
            try client.send([byte])
            reception.wait(for: "byte") { $0.bytes == UInt64(index + 1) }
        }
        client.finish()
        checkWhole(reception.receive(bytes: Self.message.utf8.count), split: -1)
        _ = reception.finish()
    }

    @Test func theLastLineNeedsNoNewline() throws {
        let reception = try TCPReception()
        let client = try TCPClient(port: reception.port)
        try client.send("a v=1\nb v=2")
        client.finish()
        let delivery = reception.receive(bytes: 11)
        #expect(delivery.text == "a v=1\nb v=2")
        #expect(reception.finish().refusals.isEmpty)
        #expect(reception.counts.cutLines == 0)
    }

    @Test func aBrokenConnectionCostsItsLastLineOnly() throws {
        let reception = try TCPReception()
        do {
            let client = try TCPClient(port: reception.port)
            try client.send("a v=1\nb v=")
            client.breakOffAtEnd()
            reception.wait(for: "line") { $0.bytes == 10 }
        }
        reception.wait(for: "end of the connection") { $0.open == 0 }
        let delivery = reception.finish()
        #expect(delivery.text == "a v=1\n")
        #expect(delivery.refusals.map(\.reason) == [.connectionLost])
        #expect(delivery.refusals.map(\.sample) == [Array("b v=".utf8)])
        #expect(reception.counts.cutLines == 1)
    }

    @Test func aSegmentKnowsItsSenderAndItsListener() throws {
        let reception = try TCPReception(precisions: [.milliseconds, .auto])
        for listener in reception.listeners {
            let client = try TCPClient(port: listener.localPort)
            try client.send("a v=1 1\n")
            let segments = reception.receive(bytes: 8).segments
            #expect(segments.map(\.source.description) == ["tcp:127.0.0.1"])
            let isFirst = listener.localPort == reception.port
            #expect(segments.map(\.precision) == [isFirst ? .milliseconds : .auto])
        }
        _ = reception.finish()
    }

    /// Whoever opens a string and never closes it holds back their own lines, and not for long.
    @Test func anOpenStringHoldsLinesForAWhile() throws {
        var limits = IntakeLimits()
        limits.openStringTime = 50_000_000
        let reception = try TCPReception(limits: limits)
        let client = try TCPClient(port: reception.port)
        try client.send("a t=\"oops\nb v=1\nc v=")
        #expect(reception.receive(bytes: 16).text == "a t=\"oops\nb v=1\n")
        try client.send("2\n")
        #expect(reception.receive(bytes: 6).text == "c v=2\n")
        _ = reception.finish()
    }

    // MARK: Stopping

    @Test func stopTakesWhatTheKernelHolds() throws {
        let lines = (0..<20_000).map { "line value=\($0)i\n" }.joined()
        var clients: [TCPClient] = []
        let reception = try TCPReception { port, intake in
            for number in 0..<4 {
                let client = try TCPClient(port: port)
                try client.send(number == 3 ? "x v=1\ny v=" : number == 2 ? "z v=1" : lines)
                if number != 3 { client.finish() }
                clients.append(client)
            }
            intake.stop()
        }
        let delivery = reception.finish()
        #expect(delivery.text.utf8.count == 2 * lines.utf8.count + 11)
        for (number, text) in ["line value=19999i\n", "z v=1", "x v=1\n"].enumerated() {
            #expect(delivery.text.contains(text), "\(number)")
        }
        #expect(delivery.refusals.map(\.reason) == [.connectionLost])
        #expect(reception.counts.accepted == 4)
        #expect(clients.count == 4)
    }

    @Test func aFloodCannotKeepTheListenerFromStopping() throws {
        let reception = try TCPReception()
        let port = reception.port
        let sender = try PlatformThread(name: "flood") {
            guard let client = try? TCPClient(port: port) else { return }
            let lines = [UInt8](String(repeating: "flood value=1\n", count: 1_000).utf8)
            while (try? client.send(lines)) != nil {}
        }
        let before = reception.receive(bytes: 100_000)
        let after = reception.finish()
        sender.join()
        let taken = before.text.utf8.count + after.text.utf8.count
        #expect(taken % 14 == 0)
        #expect(Int(reception.counts.bytes) - taken < 14)
    }

    @Test func aClosedPoolEndsTheThread() throws {
        let reception = try TCPReception()
        reception.pool.close()
        let client = try TCPClient(port: reception.port)
        try client.send("x v=1\n")
        #expect(reception.next() == nil)
    }
}
