import Foundation
import Intake
import LineProtocol
import Platform
import Primitives
import TestSupport
import Testing

/// Lines over Unix sockets: who sends, what is lost, and what becomes of the file.
@Suite(.timeLimit(.minutes(1)), .serialized) struct UnixSocketTests {
    private let user = "unix:\(getuid())"

    private func datagrams(_ path: String, _ mode: UInt32 = 0o660, owner: String = "")
        throws(SystemFailure) -> UDPListener
    {
        try UDPListener(
            try DatagramSocket(
                listeningAt: .init(path: path, mode: mode, owner: owner), setting: "listener.a"),
            policy: ListenerPolicy(precision: .seconds), logger: quiet)
    }

    private func streams(_ path: String, _ mode: UInt32 = 0o660) throws(SystemFailure)
        -> TCPListener
    {
        TCPListener(
            try ListeningSocket(listeningAt: .init(path: path, mode: mode), setting: "listener.a"),
            policy: ListenerPolicy(precision: .seconds))
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }

    @Test func datagramsArriveInBatchesWithTheirUser() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lines"
        let sent = (0..<8).map { "m f=\($0)\n" }
        let reception = try DatagramReception(try datagrams(path)) { _ in
            let peer = try LoopbackPeer(unixgram: path)
            for text in sent { try peer.send(text) }
        }
        #expect(reception.listener.places == ["transport=unixgram address=\(path)"])
        let block = try #require(reception.nextBlock())
        // One wake-up, one batch, one block.
        #expect(block.segments.map(\.text) == sent)
        #expect(block.segments.allSatisfy { $0.segment.source.description == user })
        #expect(block.segments.allSatisfy { $0.segment.precision == .seconds })
        #expect(reception.finish() == [])
        #expect(reception.listener.counts.datagrams == 8)
        #expect(reception.listener.counts.kernelDrops == 0)
    }

    @Test func longDatagramsAreCutAtALine() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lines"
        var limits = IntakeLimits()
        limits.datagramBytesMax = 9
        let listener = try UDPListener(
            try DatagramSocket(listeningAt: .init(path: path), setting: "listener.a"),
            policy: ListenerPolicy(), limits: limits, logger: quiet)
        let reception = try DatagramReception(listener, limits: limits)
        try LoopbackPeer(unixgram: path).send("a\nbcdefghijk\n")
        #expect(reception.receive(1) == ["a\n"])
        _ = reception.finish()
        #expect(reception.listener.counts.truncated == 1)
    }

    /// Two slabs and nobody who takes them: senders wait, and in the end everything is there.
    @Test func aSlowConsumerLosesNothing() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lines"
        var limits = IntakeLimits()
        limits.slabs = 2
        let total = 20_000
        let finished = ShutdownFlag()
        let reception = try DatagramReception(try datagrams(path), limits: limits)
        let sender = try PlatformThread(name: "sender") {
            do {
                let peer = try LoopbackPeer(unixgram: path)
                for number in 0..<total { try peer.send("\(number)") }
            } catch {
                Issue.record("\(error)")
            }
            finished.request()
        }
        while reception.pool.available > 0 {
            MonotonicClock.sleep(until: MonotonicClock.now() + 200_000)
        }
        #expect(!finished.isRequested)
        #expect(reception.receive(total) == (0..<total).map { "\($0)" })
        sender.join()
        _ = reception.finish()
        #expect(reception.listener.counts.kernelDrops == 0)
    }

    @Test func aStopTellsSendersAndRemovesTheFile() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lines"
        let reception = try DatagramReception(try datagrams(path))
        let peer = try LoopbackPeer(unixgram: path)
        try peer.send("before")
        #expect(reception.receive(1) == ["before"])
        #expect(reception.finish() == [])
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(try peer.trySend("after") == EPIPE)
    }

    @Test func streamsArriveWithTheirUser() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lines"
        let reception = try TCPReception(listeners: [try streams(path)])
        #expect(reception.intake.places == ["transport=unix address=\(path)"])
        let peer = try LoopbackPeer(unix: path)
        try peer.send("a v=1\nb v=")
        let first = reception.receive(bytes: 6)
        #expect(first.text == "a v=1\n")
        #expect(first.segments.map(\.source.description) == [user])
        #expect(first.segments.map(\.precision) == [.seconds])
        try peer.send("2\n")
        #expect(reception.receive(bytes: 6).text == "b v=2\n")
        _ = reception.finish()
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(peer.isClosedByListener())
    }

    /// Whatever the umask says, and from the first moment not more.
    @Test(arguments: [UInt32(0o660), 0o600, 0o666]) func theModeIsTheOneAskedFor(_ wanted: UInt32)
        throws
    {
        let directory = try TemporaryDirectory()
        let listener = try datagrams(directory.path + "/a", wanted)
        let stream = try streams(directory.path + "/b", wanted)
        #expect(try mode(listener.localAddress) == Int(wanted))
        #expect(try mode(stream.localAddress) == Int(wanted))
    }

    @Test(.enabled(if: getuid() == 0, "only root can give files away"))
    func theOwnerIsTheOneAskedFor() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lines"
        for (owner, expected) in [
            ("daemon:12345", [1, 12_345]), (":12346", [0, 12_346]), ("12347", [12_347, 0]),
        ] {
            let listener = try datagrams(path, owner: owner)
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            let found = [FileAttributeKey.ownerAccountID, .groupOwnerAccountID].map {
                (attributes[$0] as? NSNumber)?.intValue
            }
            #expect(found == expected, "\(owner)")
            withExtendedLifetime(listener) {}
        }
    }

    @Test func whatADeadProcessLeftIsReplaced() throws {
        let directory = try TemporaryDirectory()
        for path in [directory.path + "/a", directory.path + "/b"] {
            // The file stays, as after a crash, because nobody stops these.
            _ = try streams(path)
            _ = try streams(path)
            _ = try datagrams(path)
            let reception = try DatagramReception(try datagrams(path))
            try LoopbackPeer(unixgram: path).send("x")
            #expect(reception.receive(1) == ["x"])
            _ = reception.finish()
        }
    }

    private func sentence(_ body: () throws(SystemFailure) -> Void) -> String {
        do throws(SystemFailure) {
            try body()
            return "it listens"
        } catch {
            return error.description
        }
    }

    @Test func sentencesOfRefusedPaths() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lines"
        let resident = try datagrams(path)
        let taken =
            "a living process has the socket - stop it or set listener.a.path to another path"
        #expect(
            sentence { () throws(SystemFailure) in _ = try datagrams(path) }
                == "cannot listen on unixgram \(path): \(taken)")
        #expect(
            sentence { () throws(SystemFailure) in _ = try streams(path) }
                == "cannot listen on unix \(path): \(taken)")
        // The resident still has it.
        try LoopbackPeer(unixgram: path).send("x")
        withExtendedLifetime(resident) {}
        try directory.write([1], to: "file")
        let file = directory.path + "/file"
        #expect(
            sentence { () throws(SystemFailure) in _ = try datagrams(file) }
                == "cannot listen on unixgram \(file): there is a file that is no socket - remove it "
                + "or set listener.a.path to another path")
        #expect(directory.bytes("file") == [1])
        let nowhere = directory.path + "/no/lines"
        #expect(
            sentence { () throws(SystemFailure) in _ = try streams(nowhere) }
                == "cannot listen on unix \(nowhere): no such file or directory - make its folder "
                + "first, or set listener.a.path to another path")
        let other = directory.path + "/other"
        #expect(
            sentence { () throws(SystemFailure) in _ = try datagrams(other, owner: "nobody-9:0") }
                == "cannot listen on unixgram \(other): there is no user nobody-9 - set "
                + "listener.a.owner to \"USER:GROUP\" as this system knows them")
        #expect(!FileManager.default.fileExists(atPath: other))
    }
}
