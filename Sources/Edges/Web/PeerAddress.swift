internal import NIOCore
internal import Primitives

/// Who is at the other end of a connection.
///
/// Protection argument for the unsafe code: the kernel's form of an address is read within the
/// length that comes with it, for the length of one call.
enum PeerAddress {
    /// Without an address (the connection is closed already) the sender is `::`.
    static func source(
        of channel: any Channel, _ transport: LineSource.Transport
    ) -> LineSource {
        let nobody = LineSource(transport: transport, high: 0, low: 0)
        guard let peer = channel.remoteAddress else { return nobody }
        return unsafe peer.withSockAddr { pointer, length in
            let bytes = unsafe UnsafeRawBufferPointer(start: pointer, count: length)
            // `struct sockaddr_in` has the address behind family and port, `sockaddr_in6` behind
            // those and the flow.
            switch peer {
            case .v4 where length >= 8:
                let address = unsafe bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
                return .ipv4(transport, UInt32(bigEndian: address))
            case .v6 where length >= 24:
                let high = unsafe bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                let low = unsafe bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
                return LineSource(
                    transport: transport, high: UInt64(bigEndian: high),
                    low: UInt64(bigEndian: low))
            default: return nobody
            }
        }
    }
}
