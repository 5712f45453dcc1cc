internal import CPlatform
internal import Glibc
package import Primitives

/// A TCP or Unix socket that takes connections.
///
/// Protection argument for the unsafe code: the kernel gets a string for the length of one call
/// and pointers to local variables.
package struct ListeningSocket: ~Copyable, Sendable {
    let descriptor: Descriptor
    package let kind: SocketKind
    /// A Unix socket's own file; none when the socket was passed.
    private let file: UnixSocketFile?

    /// Connections the kernel holds for a listener until they are taken; it may hold fewer
    /// (`net.core.somaxconn`).
    private static let backlog: Int32 = 1_024

    /// Binds `host:port` without waiting. `host` is numeric; port 0 lets the kernel choose one;
    /// `setting` is the configuration key a person would have to change.
    package init(host: String, port: UInt16, setting: String) throws(SystemFailure) {
        let number = unsafe csystem_tcp_listen(host, port, Self.backlog)
        guard number >= 0 else {
            throw SocketAddress(host: host, port: port).listenFailure(
                "tcp", code: -number, setting: setting)
        }
        descriptor = Descriptor(owning: number)
        kind = .tcp
        file = nil
    }

    /// Makes a Unix socket. `setting` is the section of the configuration a person would have to
    /// change.
    package init(
        listeningAt request: UnixSocketFile.Request, setting: String
    ) throws(SystemFailure) {
        let (number, file) = try UnixSocketFile.bind(request, .unix, setting: setting)
        // Nobody gets in before the file has its owner and mode.
        guard listen(number, Self.backlog) == 0 else {
            let code = errno
            file.remove()
            close(number)
            throw SystemFailure("listen on", "unix " + request.path, code: code)
        }
        descriptor = Descriptor(owning: number)
        self.file = file
        kind = .unix
    }

    /// Takes over a socket this process was started with.
    package init(takingOver passed: PassedSocket) {
        precondition(passed.kind.isStream, "BUG: no listening socket")
        descriptor = Descriptor(owning: passed.number)
        kind = passed.kind
        file = nil
    }

    /// Where the socket is bound: `127.0.0.1:8094`, `[::1]:8094`, `/run/forestall/lines`.
    package var localAddress: String {
        kind.isUnix
            ? SocketAddress.path(of: descriptor.number) : SocketAddress(of: descriptor).text
    }

    /// 0 for a Unix socket.
    package var localPort: UInt16 { kind.isUnix ? 0 : SocketAddress(of: descriptor).port }

    /// From now on nobody finds a Unix socket; who waits there already can still be taken.
    package func removeFile() { file?.remove() }

    /// Gives the descriptor away; who takes it closes it.
    package consuming func release() -> Int32 { descriptor.release() }

    /// A connection that waits to be taken, or nil. A peer that has given up meanwhile is none.
    package func accept() throws(SystemFailure) -> StreamSocket? {
        var high: UInt64 = 0
        var low: UInt64 = 0
        let number = unsafe csystem_stream_accept(descriptor.number, &high, &low)
        switch -number {
        case _ where number >= 0:
            return StreamSocket(
                descriptor: Descriptor(owning: number),
                source: LineSource(transport: kind.transport, high: high, low: low))
        case EAGAIN, ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ENETUNREACH: return nil
        default:
            throw SystemFailure(
                "accept on", "\(kind.rawValue) \(localAddress)", code: -number)
        }
    }
}

/// One connection that is read from.
///
/// Protection argument for the unsafe code: the kernel writes into a range of a slab that the slab
/// has checked, with that range's count.
package struct StreamSocket: ~Copyable, Sendable {
    let descriptor: Descriptor
    /// The peer.
    package let source: LineSource

    /// What one read found.
    package enum Reading: Hashable, Sendable {
        case bytes(Int)
        /// Nothing now.
        case nothing
        /// The peer has closed and everything was read.
        case end
        /// The connection broke; what was on its way is lost.
        case broken
    }

    /// Reads what is there into `range` of the slab, which is not empty.
    package func read(into slab: inout ByteSlab, _ range: Range<Int>) -> Reading {
        precondition(!range.isEmpty, "BUG: nothing to read into")
        while true {
            let count = unsafe slab.withMutableBytes(range) { buffer in
                unsafe Glibc.read(descriptor.number, buffer.baseAddress, buffer.count)
            }
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .nothing
            default: return .broken
            }
        }
    }
}
