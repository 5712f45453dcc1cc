internal import Primitives

/// The kinds of sockets lines come over. The words are those of the configuration and of the line
/// `listening transport=...`; they are Telegraf's.
package enum SocketKind: String, CaseIterable, Sendable {
    case udp
    case tcp
    /// A Unix socket of datagrams.
    case unixgram
    /// A Unix socket of streams.
    case unix

    package var isStream: Bool { self == .tcp || self == .unix }
    package var isUnix: Bool { self == .unixgram || self == .unix }

    /// What senders over it are counted under.
    var transport: LineSource.Transport {
        switch self {
        case .udp: .udp
        case .tcp: .tcp
        case .unixgram, .unix: .unix
        }
    }
}
