/// Who sent a piece of telemetry: the transport and the peer's address, as a plain value so that
/// counters can be kept per sender without knowing what a socket is.
@frozen public struct LineSource: Hashable, Sendable {
    @frozen public enum Transport: UInt8, Hashable, Sendable, CaseIterable {
        case udp = 0
        case tcp = 1
        case unix = 2
        case http = 3
        case file = 4
    }

    public var transport: Transport
    /// IPv6 address bytes, big endian; IPv4 as `::ffff:a.b.c.d`. For files `low` is the index of
    /// the file on the command line and `high` zero. For Unix sockets `low` is the number of the
    /// sending user, as the kernel says it. Ports and process numbers are left out on purpose: a
    /// sender that opens a new socket for each datagram, or is started again, is one sender.
    public var high: UInt64
    public var low: UInt64

    @inlinable public init(transport: Transport, high: UInt64, low: UInt64) {
        self.transport = transport
        self.high = high
        self.low = low
    }

    package static func file(_ index: Int) -> LineSource {
        LineSource(transport: .file, high: 0, low: UInt64(index))
    }

    package static func ipv4(_ transport: Transport, _ address: UInt32) -> LineSource {
        LineSource(transport: transport, high: 0, low: 0xFFFF_0000_0000 | UInt64(address))
    }
}

extension LineSource: CustomStringConvertible {
    /// `udp:127.0.0.1`, `tcp:2001:db8:0:0:0:0:0:1`, `unix:1000`, `file:0`.
    public var description: String {
        switch transport {
        case .file: return "file:\(low)"
        case .unix: return "unix:\(low)"
        case .udp, .tcp, .http: return "\(transport):" + addressText
        }
    }

    private var addressText: String {
        if high == 0, low >> 32 == 0xFFFF {
            return [24, 16, 8, 0].map { String((low >> UInt64($0)) & 0xFF) }
                .joined(separator: ".")
        }
        let groups = [high, low].flatMap { half in
            [48, 32, 16, 0].map { String((half >> UInt64($0)) & 0xFFFF, radix: 16) }
        }
        return groups.joined(separator: ":")
    }
}
