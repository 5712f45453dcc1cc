import Intake
import Logging
import Platform
import Primitives
import Testing

private func send(_ text: String, on socket: borrowing DatagramSocket) throws {
    let bytes = Array(text.utf8)
    try socket.send(bytes.span, 0..<bytes.count)
}

@Suite(.timeLimit(.minutes(1))) struct UDPListenerTests {
    /// Sends the datagrams and compares what is handed on with what counts as cut.
    private func check(
        _ datagrams: [String], bytesMax: Int = 65_507, handsOn expected: [String],
        truncated: UInt64 = 0, at location: SourceLocation = #_sourceLocation
    ) throws {
        var limits = IntakeLimits()
        limits.datagramBytesMax = bytesMax
        let reception = try DatagramReception(limits: limits) { listener in
            let socket = try DatagramSocket(
                connectingTo: "127.0.0.1", port: listener.localPort)
            for datagram in datagrams { try send(datagram, on: socket) }
        }
        let received = reception.receive(datagrams.count) + reception.finish()
        #expect(received == expected, sourceLocation: location)
        let counts = reception.listener.counts
        #expect(counts.datagrams == UInt64(datagrams.count), sourceLocation: location)
        #expect(counts.truncated == truncated, sourceLocation: location)
        #expect(
            counts.bytes == UInt64(expected.joined().utf8.count), sourceLocation: location)
    }

    @Test func datagramsArriveWhole() throws {
        try check(["m f=1 1\n"], handsOn: ["m f=1 1\n"])
        try check(["a\nb\n", "c"], handsOn: ["a\nb\n", "c"])
        try check(["", "x"], handsOn: ["", "x"])
        let large = String(repeating: "0123456789", count: 6_550)
        try check([large, large, large, large], handsOn: [large, large, large, large])
        let many = (0..<1_000).map { "line \($0)\n" }
        try check(many, handsOn: many)
    }

    @Test func longDatagramsAreCutAtALine() throws {
        try check(["12345678\n"], bytesMax: 9, handsOn: ["12345678\n"])
        try check(["12345678\n0"], bytesMax: 9, handsOn: ["12345678\n"], truncated: 1)
        try check(["a\nbcdefghijk\n"], bytesMax: 9, handsOn: ["a\n"], truncated: 1)
        try check(["0123456789"], bytesMax: 9, handsOn: [""], truncated: 1)
    }

    @Test func theSenderIsKnown() throws {
        for (host, expected) in [("127.0.0.1", "udp:127.0.0.1"), ("::1", "udp:0:0:0:0:0:0:0:1")] {
            let reception = try DatagramReception(host: host)
            let socket = try DatagramSocket(
                connectingTo: host, port: reception.listener.localPort)
            try send("x", on: socket)
            #expect(reception.next()?.map(\.source.description) == [expected])
            #expect(reception.finish() == [])
        }
    }

    @Test func anIPv6ListenerTakesIPv4() throws {
        let reception = try DatagramReception(host: "::")
        let socket = try DatagramSocket(
            connectingTo: "127.0.0.1", port: reception.listener.localPort)
        try send("x", on: socket)
        #expect(reception.next()?.map(\.source.description) == ["udp:127.0.0.1"])
        #expect(reception.finish() == [])
    }

    /// While nobody takes blocks, datagrams that come one by one share them; when somebody does,
    /// the last one does not wait for another datagram.
    @Test func datagramsShareBlocksWhileTheEngineIsBusy() throws {
        let sent = (0..<400).map { "line \($0)\n" }
        let reception = try DatagramReception()
        let socket = try DatagramSocket(
            connectingTo: "127.0.0.1", port: reception.listener.localPort)
        for text in sent {
            try send(text, on: socket)
            MonotonicClock.sleep(until: MonotonicClock.now() + 2_000_000)
        }
        #expect(reception.queue.count < 16, "\(reception.queue.count)")
        #expect(reception.receive(400) == sent)
        #expect(reception.finish() == [])
    }

    @Test func stopDrainsWhatTheKernelHolds() throws {
        let sent = (0..<500).map { "line \($0)\n" }
        let reception = try DatagramReception { listener in
            let socket = try DatagramSocket(
                connectingTo: "127.0.0.1", port: listener.localPort)
            for text in sent { try send(text, on: socket) }
            listener.stop()
        }
        #expect(reception.finish() == sent)
        #expect(reception.listener.counts.datagrams == 500)
    }

    /// A tiny buffer that nobody empties: what is not received was dropped, and both are counted.
    @Test(arguments: [false, true]) func kernelDropsBalance(stopsAtOnce: Bool) throws {
        var limits = IntakeLimits()
        limits.receiveBufferBytes = 16 << 10
        let reception = try DatagramReception(limits: limits) { listener in
            let socket = try DatagramSocket(
                connectingTo: "127.0.0.1", port: listener.localPort)
            for _ in 0..<1_000 { try send("line\n", on: socket) }
            if stopsAtOnce { listener.stop() }
        }
        guard let first = reception.next() else { return }
        #expect(first.count > 0)
        #expect(first.allSatisfy { $0.text == "line\n" })
        if !stopsAtOnce {
            // The kernel tells its counter with the next datagram that finds room.
            let socket = try DatagramSocket(
                connectingTo: "127.0.0.1", port: reception.listener.localPort)
            var told: UInt64 = 0
            while told == 0 {
                try send("after\n", on: socket)
                guard let next = reception.next() else { return }
                told += next.map(\.drops).max() ?? 0
            }
            #expect(told == reception.listener.counts.kernelDrops)
        }
        _ = reception.finish()
        let counts = reception.listener.counts
        #expect(counts.kernelDrops > 0)
        #expect(counts.datagrams + counts.kernelDrops >= 1_000)
        if stopsAtOnce { #expect(counts.datagrams + counts.kernelDrops == 1_000) }
    }

    /// The sender keeps at most 512 datagrams under way, so the kernel has no reason to drop one.
    @Test func pacedDatagramsAllArriveInOrder() throws {
        let total = 20_000
        let reception = try DatagramReception()
        let port = reception.listener.localPort
        let credits = BoundedQueue<Int>(capacity: total)
        let sender = try PlatformThread(name: "sender") {
            do {
                let socket = try DatagramSocket(connectingTo: "127.0.0.1", port: port)
                var allowed = 512
                for number in 0..<total {
                    while allowed == 0, case .element(let more) = credits.pop() {
                        allowed += more
                    }
                    allowed -= 1
                    try send("reading value=\(number)i\n", on: socket)
                }
            } catch {
                Issue.record("\(error)")
            }
        }
        var expected = 0
        while expected < total, let received = reception.next() {
            for datagram in received {
                #expect(datagram.text == "reading value=\(expected)i\n")
                expected += 1
            }
            _ = credits.push(received.count)
        }
        sender.join()
        #expect(reception.finish() == [])
        #expect(reception.listener.counts.datagrams == UInt64(total))
        #expect(reception.listener.counts.kernelDrops == 0)
    }

    /// A sender that never pauses keeps the socket full; the listener must stop all the same.
    @Test func aFloodCannotKeepTheListenerFromStopping() throws {
        let reception = try DatagramReception()
        let port = reception.listener.localPort
        let enough = ShutdownFlag()
        let sender = try PlatformThread(name: "flood") {
            guard let socket = try? DatagramSocket(connectingTo: "127.0.0.1", port: port) else {
                return
            }
            // After the listener is gone the system refuses, which does not matter here.
            while !enough.isRequested { try? send("flood value=1\n", on: socket) }
        }
        let before = reception.receive(1_000)
        let after = reception.finish()
        enough.request()
        sender.join()
        #expect(before.count + after.count == Int(reception.listener.counts.datagrams))
        #expect(before.allSatisfy { $0 == "flood value=1\n" })
    }

    /// What follows closely is taken together: the second of three datagrams wakes the listener,
    /// which waits for the time to be over and finds the third as well. The first waits for nobody.
    @Test func closeDatagramsAreTakenTogether() throws {
        var limits = IntakeLimits()
        limits.gatherTime = 500_000_000
        // Without privilege the kernel grants less; the listener then gathers for a shorter time.
        limits.receiveBufferBytes = 512 << 20
        let reception = try DatagramReception(limits: limits)
        let socket = try DatagramSocket(
            connectingTo: "127.0.0.1", port: reception.listener.localPort)
        let start = MonotonicClock.now()
        try send("first", on: socket)
        #expect(reception.receive(1) == ["first"])
        try send("second", on: socket)
        try send("third", on: socket)
        #expect(reception.receive(2) == ["second", "third"])
        #expect(MonotonicClock.now() - start >= reception.listener.gatherTime)
        #expect(reception.finish() == [])
    }

    /// What is there already is taken at once, in as many looks as it needs.
    @Test func aFullSocketIsNotWaitedFor() throws {
        var limits = IntakeLimits()
        limits.gatherTime = 500_000_000
        limits.receiveBufferBytes = 512 << 20
        limits.datagramsPerBatch = 1
        let texts = (0..<320).map { "line \($0)\n" }
        let reception = try DatagramReception(limits: limits) { listener in
            let socket = try DatagramSocket(
                connectingTo: "127.0.0.1", port: listener.localPort)
            for text in texts { try send(text, on: socket) }
        }
        let start = MonotonicClock.now()
        #expect(reception.receive(320) == texts)
        // Twenty looks. Without privilege the buffer is small, the time short, and says nothing.
        let time = reception.listener.gatherTime
        #expect(time < 1_000_000 || MonotonicClock.now() - start < 10 * time)
        #expect(reception.finish() == [])
    }

    /// A buffer that a burst could fill while nobody looks is looked at sooner.
    @Test func aSmallBufferIsNotLeftAlone() throws {
        for (granted, expected) in [(16 << 10, 2_048), (1 << 20, 131_072)] {
            var limits = IntakeLimits()
            limits.receiveBufferBytes = granted
            let listener = try UDPListener(
                host: "127.0.0.1", port: 0, limits: limits, logger: quiet)
            #expect(listener.gatherTime <= UInt64(expected))
        }
    }

    /// With one slab the listener waits for the consumer, and goes on when it gets the slab back.
    @Test func oneSlabIsEnough() throws {
        var limits = IntakeLimits()
        limits.slabs = 1
        limits.slabBytes = 64 << 10
        let large = String(repeating: "x", count: 40_000)
        let reception = try DatagramReception(limits: limits) { listener in
            let socket = try DatagramSocket(
                connectingTo: "127.0.0.1", port: listener.localPort)
            for _ in 0..<5 { try send(large, on: socket) }
        }
        #expect(reception.receive(5) == Array(repeating: large, count: 5))
        #expect(reception.finish() == [])
    }

    @Test func aClosedPoolEndsTheThread() throws {
        let reception = try DatagramReception()
        reception.pool.close()
        let socket = try DatagramSocket(
            connectingTo: "127.0.0.1", port: reception.listener.localPort)
        try send("x", on: socket)
        #expect(reception.next() == nil)
    }
}

@Suite(.timeLimit(.minutes(1))) struct UDPAddressTests {
    private func check(
        _ host: String, _ port: UInt16, says expected: String,
        at location: SourceLocation = #_sourceLocation
    ) {
        do throws(SystemFailure) {
            _ = try UDPListener(host: host, port: port, logger: quiet)
            Issue.record("it listens", sourceLocation: location)
        } catch {
            #expect(error.description == expected, sourceLocation: location)
        }
    }

    @Test func sentencesOfRefusedAddresses() throws {
        let first = try UDPListener(host: "127.0.0.1", port: 0, logger: quiet)
        #expect(first.localAddress == "127.0.0.1:\(first.localPort)")
        #expect(first.receiveBufferBytes > 0)
        check(
            "127.0.0.1", first.localPort,
            says: "cannot listen on udp \(first.localAddress): address already in use - another"
                + " process has the port; stop it or set intake.udp to another address")
        check(
            "pump-house", 8_094,
            says: "cannot listen on udp pump-house:8094: not an IPv4 or IPv6 address - set"
                + " intake.udp to an address such as 127.0.0.1:8094 or [::1]:8094")
        check(
            "192.0.2.1", 8_094,
            says: "cannot listen on udp 192.0.2.1:8094: this machine does not have the address"
                + " - set intake.udp to one that `ip address` shows")
    }

    @Test func ipv6AddressesHaveBrackets() throws {
        let listener = try UDPListener(host: "::1", port: 0, logger: quiet)
        #expect(listener.localAddress == "[::1]:\(listener.localPort)")
    }
}
