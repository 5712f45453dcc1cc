internal import CSystem
internal import Glibc
package import Primitives

/// A TCP socket that takes connections.
///
/// Protection argument for the unsafe code: the kernel gets a string for the length of one call
/// and pointers to local variables.
package struct ListeningSocket: ~Copyable, Sendable {
    let descriptor: Descriptor

    /// Binds `host:port` without waiting. `host` is numeric; port 0 lets the kernel choose one;
    /// `setting` is the configuration key a person would have to change.
    package init(
        host: String, port: UInt16, backlog: Int = 1_024, setting: String
    ) throws(SystemFailure) {
        let number = unsafe csystem_tcp_listen(host, port, Int32(clamping: backlog))
        guard number >= 0 else {
            throw SocketAddress(host: host, port: port).listenFailure(
                "tcp", code: -number, setting: setting)
        }
        descriptor = Descriptor(owning: number)
    }

    /// Where the socket is bound: `127.0.0.1:8094`, `[::1]:8094`.
    package var localAddress: String { SocketAddress(of: descriptor).text }

    package var localPort: UInt16 { SocketAddress(of: descriptor).port }

    /// A connection that waits to be taken, or nil. A peer that has given up meanwhile is none.
    package func accept() throws(SystemFailure) -> StreamSocket? {
        var high: UInt64 = 0
        var low: UInt64 = 0
        let number = unsafe csystem_tcp_accept(descriptor.number, &high, &low)
        switch -number {
        case _ where number >= 0:
            return StreamSocket(
                descriptor: Descriptor(owning: number),
                source: LineSource(transport: .tcp, high: high, low: low))
        case EAGAIN, ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ENETUNREACH: return nil
        default:
            throw SystemFailure("accept on", "tcp " + localAddress, code: -number)
        }
    }
}

/// One TCP connection that is read from.
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
