import Intake
import Platform
import Primitives
import Testing

/// What the TCP listener bounds, and that nobody pays for another's excess.
@Suite(.timeLimit(.minutes(2)), .serialized) struct TCPLimitTests {
    @Test func anOverlongLineIsSkippedAndCounted() throws {
        var limits = IntakeLimits()
        limits.lineBytesMax = 300
        let reception = try TCPReception(limits: limits)
        let client = try TCPClient(port: reception.port)
        let other = try TCPClient(port: reception.port)
        // As long as a line may be, without its newline so far.
        let longest = String(repeating: "y", count: 300)
        try client.send("a v=1\n" + longest)
        #expect(reception.receive(bytes: 6).text == "a v=1\n")
        try client.send("\n")
        #expect(reception.receive(bytes: 301).text == longest + "\n")
        try client.send(String(repeating: "x", count: 301))
        reception.wait(for: "overlong line") { $0.overlongLines == 1 }
        try other.send("o v=1\n")
        #expect(reception.receive(bytes: 6).text == "o v=1\n")
        // However long it goes on, it stays one line and is kept nowhere.
        for _ in 0..<80 { try client.send(String(repeating: "x", count: 100_000)) }
        try client.send("tail\nb v=2\nc")
        client.finish()
        let delivery = reception.receive(bytes: 7)
        #expect(delivery.text == "b v=2\nc")
        #expect(reception.counts.overlongLines == 1)
        _ = reception.finish()
    }

    @Test func anOverlongLineIsToldWithItsSender() throws {
        var limits = IntakeLimits()
        limits.lineBytesMax = 256
        let reception = try TCPReception(limits: limits)
        let client = try TCPClient(port: reception.port)
        for number in 1...3 {
            // Taken before its end comes: a long line that is whole is for the engine to refuse.
            try client.send(String(repeating: "x", count: 20_000))
            reception.wait(for: "overlong line") { $0.overlongLines == number }
            try client.send("\na v=1\n")
        }
        client.finish()
        let first = reception.receive(bytes: 3 * 6)
        let refusals = first.refusals + reception.finish().refusals
        #expect(refusals.reduce(0) { $0 + $1.count } == Int(reception.counts.overlongLines))
        #expect(refusals.allSatisfy { $0.reason == .lineTooLong })
        #expect(refusals.allSatisfy { $0.source.description == "tcp:127.0.0.1" })
        #expect(refusals.first?.sample == [UInt8](repeating: 0x78, count: 120))
        #expect(first.text == "a v=1\na v=1\na v=1\n")
    }

    /// A string that is open for longer than a line may be is ended at its first newline.
    @Test func anOpenStringIsBoundedToo() throws {
        var limits = IntakeLimits()
        limits.lineBytesMax = 256
        limits.openStringTime = 3_600_000_000_000
        let reception = try TCPReception(limits: limits)
        let client = try TCPClient(port: reception.port)
        try client.send("a t=\"oops\n")
        reception.wait(for: "bytes") { $0.bytes == 10 }
        let lines = String(repeating: "b v=1\n", count: 60)
        try client.send(lines)
        #expect(reception.receive(bytes: 370).text == "a t=\"oops\n" + lines)
        _ = reception.finish()
    }

    @Test func thousandsOfConnections() throws {
        let most = DescriptorLimit.raise(to: 4_400)
        let wanted = min(2_000, (most - 300) / 2)
        try #require(wanted > 100)
        var limits = IntakeLimits()
        limits.connections = wanted
        limits.connectionsPerSource = wanted
        let reception = try TCPReception(limits: limits)
        var clients: [TCPClient] = []
        for number in 0..<wanted {
            let client = try TCPClient(port: reception.port)
            try client.send("m,host=h\(number) v=")
            clients.append(client)
        }
        reception.wait(for: "all connections") { $0.open == UInt64(wanted) }
        for client in clients { try client.send("7\n") }
        var lines: Set<Substring> = []
        while lines.count < wanted, let more = reception.next() {
            for segment in more.segments { lines.formUnion(segment.text.split(separator: "\n")) }
        }
        #expect(lines == Set((0..<wanted).map { "m,host=h\($0) v=7" }))
        clients = []
        reception.wait(for: "the end of all") { $0.open == 0 }
        #expect(reception.finish().refusals.isEmpty)
        #expect(reception.counts.refused == 0)
    }

    @Test func beyondTheLimitTheNewcomerIsRefused() throws {
        var limits = IntakeLimits()
        limits.connections = 2
        let reception = try TCPReception(limits: limits)
        var residents = [
            try TCPClient(port: reception.port), try TCPClient(port: reception.port),
        ]
        reception.wait(for: "residents") { $0.open == 2 }
        let newcomer = try TCPClient(port: reception.port)
        #expect(newcomer.isClosedByListener())
        let told = reception.next()
        #expect(told?.refusals.map(\.reason) == [.tooManyConnections])
        #expect(told?.refusals.map(\.source.description) == ["tcp:127.0.0.1"])
        for (number, resident) in residents.enumerated() {
            try resident.send("r v=\(number)\n")
            #expect(reception.receive(bytes: 6).text == "r v=\(number)\n")
        }
        residents.removeLast()
        reception.wait(for: "a free place") { $0.open == 1 }
        let next = try TCPClient(port: reception.port)
        try next.send("n v=1\n")
        #expect(reception.receive(bytes: 6).text == "n v=1\n")
        _ = reception.finish()
        #expect(reception.counts.refused == 1)
        #expect(reception.counts.accepted == 3)
    }

    @Test func whoIsQuietForTooLongIsClosed() throws {
        var limits = IntakeLimits()
        limits.connectionIdleTime = 1_000_000_000
        let reception = try TCPReception(limits: limits)
        let quiet = try TCPClient(port: reception.port)
        try quiet.send("a v=1\nb v=")
        let busy = try TCPClient(port: reception.port)
        let consumer = try PlatformThread(name: "consumer") {
            while let delivery = reception.next() {
                #expect(delivery.refusals.allSatisfy { $0.reason == .connectionLost })
            }
        }
        reception.wait(for: "idle close") { counts in
            try? busy.send("c v=1\n")
            return counts.idleClosed == 1
        }
        #expect(quiet.isClosedByListener())
        #expect(reception.counts.open == 1)
        #expect(reception.counts.cutLines == 1)
        reception.intake.stop()
        consumer.join()
    }

    /// Two slabs and nobody who takes them: the sender has to wait, and everything arrives.
    @Test func aSlowConsumerLosesNothing() throws {
        var limits = IntakeLimits()
        limits.slabs = 2
        let reception = try TCPReception(limits: limits)
        let port = reception.port
        let total = 20_000
        let finished = ShutdownFlag()
        let sender = try PlatformThread(name: "sender") {
            let padding = String(repeating: "x", count: 1_000)
            do {
                let client = try TCPClient(port: port)
                for number in 0..<total / 100 {
                    let lines = (0..<100).map { "m,p=\(padding) v=\(number * 100 + $0)i\n" }
                    try client.send(lines.joined())
                }
                client.finish()
            } catch {
                Issue.record("\(error)")
            }
            finished.request()
        }
        let end = MonotonicClock.now() + 60_000_000_000
        while reception.pool.available > 0 && MonotonicClock.now() < end {
            MonotonicClock.sleep(until: MonotonicClock.now() + 200_000)
        }
        let held = reception.counts.bytes
        #expect(held < 1_000_000)
        #expect(!finished.isRequested)
        var expected = 0
        while expected < total, let delivery = reception.next() {
            for line in delivery.text.utf8.split(separator: 0x0A) {
                let value = line[(line.lastIndex(of: 0x3D) ?? line.startIndex)...].dropFirst()
                #expect(Int(Substring(value.dropLast())) == expected)
                expected += 1
            }
        }
        sender.join()
        #expect(expected == total)
        #expect(reception.finish().segments.isEmpty)
    }

    /// The one who always has more to say does not keep the others waiting.
    @Test func oneConnectionCannotStarveOthers() throws {
        let reception = try TCPReception()
        let port = reception.port
        let enough = ShutdownFlag()
        let flood = try PlatformThread(name: "flood") {
            guard let client = try? TCPClient(port: port) else { return }
            let lines = [UInt8](String(repeating: "flood value=1\n", count: 10_000).utf8)
            while !enough.isRequested { try? client.send(lines) }
        }
        _ = reception.receive(bytes: 1_000_000)
        let client = try TCPClient(port: port)
        try client.send("quiet v=1\n")
        var blocks = 0
        while let delivery = reception.next(), blocks < 2_000 {
            blocks += 1
            if delivery.segments.contains(where: { $0.text == "quiet v=1\n" }) { break }
        }
        #expect(blocks < 2_000)
        enough.request()
        _ = reception.finish()
        flood.join()
    }

    @Test func sentencesOfRefusedAddresses() throws {
        let first = try TCPListener(host: "127.0.0.1", port: 0)
        #expect(first.localAddress == "127.0.0.1:\(first.localPort)")
        do throws(SystemFailure) {
            _ = try TCPListener(
                host: "127.0.0.1", port: first.localPort, setting: "listener.a.address")
            Issue.record("it listens")
        } catch {
            #expect(
                error.description
                    == "cannot listen on tcp \(first.localAddress): address already in use - another"
                    + " process has the port; stop it or set listener.a.address to another address")
        }
    }
}
