import Intake
import Platform
import Primitives
import TestSupport
import Testing

/// Groups, joined and sent to on this machine.
@Suite(.timeLimit(.minutes(1))) struct MulticastTests {
    private func listener(
        _ group: DatagramSocket.Group?, host: String, port: UInt16 = 0
    ) throws(SystemFailure) -> UDPListener {
        try UDPListener(
            try DatagramSocket(
                listeningOn: host, port: port, group: group, receiveBufferBytes: 1 << 20,
                setting: "listener.a.address"), policy: ListenerPolicy(), logger: quiet)
    }

    /// What a listener receives of a line to each of two groups and one to itself.
    private func check(
        host: String, loopback: String, on interface: String = "lo", joins: String,
        groups: [String], receives: [String],
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let group = DatagramSocket.Group(address: joins, interface: interface)
        let reception = try DatagramReception(try listener(group, host: host))
        let port = reception.listener.localPort
        // Somebody on this machine has joined all of them: then their datagrams arrive here.
        let others = try groups.map {
            try listener(.init(address: $0, interface: interface), host: host)
        }
        for name in groups {
            try LoopbackPeer(group: name, on: interface, port: port).send("to \(name)")
        }
        let direct = try DatagramSocket(connectingTo: loopback, port: port)
        let bytes = Array("direct".utf8)
        try direct.send(bytes.span, 0..<bytes.count)
        let received = reception.receive(receives.count)
        #expect(Set(received) == Set(receives), sourceLocation: location)
        #expect(reception.finish() == [], sourceLocation: location)
        withExtendedLifetime(others) {}
    }

    @Test func onlyTheJoinedGroupIsReceived() throws {
        try check(
            host: "0.0.0.0", loopback: "127.0.0.1", joins: "239.1.2.3",
            groups: ["239.1.2.3", "239.1.2.4"], receives: ["to 239.1.2.3", "direct"])
        try check(
            host: "0.0.0.0", loopback: "127.0.0.1", joins: "239.1.2.4",
            groups: ["239.1.2.3", "239.1.2.4"], receives: ["to 239.1.2.4", "direct"])
    }

    @Test(
        .enabled(if: LoopbackPeer.groupInterfaceIPv6 != nil, "needs an interface with IPv6 groups"))
    func onlyTheJoinedGroupIsReceivedOverIPv6() throws {
        try check(
            host: "::", loopback: "::1", on: try #require(LoopbackPeer.groupInterfaceIPv6),
            joins: "ff01::114", groups: ["ff01::114", "ff01::115"],
            receives: ["to ff01::114", "direct"])
    }

    @Test func severalMayListenAtOnePort() throws {
        let group = DatagramSocket.Group(address: "239.1.2.5", interface: "lo")
        let first = try DatagramReception(try listener(group, host: "0.0.0.0"))
        let port = first.listener.localPort
        let second = try DatagramReception(try listener(group, host: "0.0.0.0", port: port))
        try LoopbackPeer(group: "239.1.2.5", on: "lo", port: port).send("x")
        #expect(first.receive(1) == ["x"])
        #expect(second.receive(1) == ["x"])
        _ = first.finish()
        _ = second.finish()
    }

    @Test func sentenceOfAnUnknownInterface() {
        do throws(SystemFailure) {
            _ = try listener(.init(address: "239.1.2.3", interface: "none9"), host: "0.0.0.0")
            Issue.record("it listens")
        } catch {
            #expect(
                error.description == "cannot join multicast group 239.1.2.3 on none9: no such "
                    + "device - set interface to one that `ip link` shows and that has an address "
                    + "(listener.a.address)")
        }
    }
}
