package import Engine
package import Intake
import Platform
package import Primitives
import Windows

/// How lines come to a listener.
package enum ListenerTransport: String, CaseIterable, Sendable {
    case udp
    case tcp
    /// A Unix socket of datagrams; Telegraf's word.
    case unixgram
    /// A Unix socket of streams; Telegraf's word.
    case unix
    /// Requests to write, as InfluxDB takes them.
    case http

    /// What the listener's socket is.
    var socketKind: SocketKind {
        switch self {
        case .udp: .udp
        case .tcp, .http: .tcp
        case .unixgram: .unixgram
        case .unix: .unix
        }
    }

    var isUnix: Bool { self == .unixgram || self == .unix }
}

/// A listener with settings of its own: `[listener.NAME]`.
package struct ListenerSettings: Equatable, Sendable {
    package var name: String
    package var transport: ListenerTransport
    /// `host:port`; port 0 lets the kernel choose. Empty for Unix sockets.
    package var address: String
    /// Where a Unix socket is; empty for all others.
    package var path: String
    /// Permissions of a Unix socket.
    package var mode: Int
    /// `user:group` of a Unix socket; empty leaves the daemon's own.
    package var owner: String
    /// A group whose datagrams are received; empty for none.
    package var multicast: String
    /// The network interface the group is joined on; empty lets the kernel choose.
    package var interface: String
    /// What the senders' stamps count.
    package var precision: StampPrecision
    /// Tags for lines that do not carry them, as `key=value`.
    package var tags: [String]
    /// Device of lines without any identity tag; empty leaves it to the gateway's.
    package var defaultIdentity: String
    /// Who may send; empty lets everybody.
    package var allow: [AddressRange]
    /// Lines taken from one sender in a second; `nil` leaves it to the gateway's.
    package var linesPerSecond: Int?
    /// File with the tokens that requests need one of; empty lets everybody write.
    package var tokenFile = ""
    /// PEM files of the certificate and its key; empty for no TLS.
    package var tlsCertificate = ""
    package var tlsKey = ""

    package init(
        name: String = "", transport: ListenerTransport = .udp, address: String = "",
        path: String = "", mode: Int = 0o660, owner: String = "", multicast: String = "",
        interface: String = "", precision: StampPrecision = .auto, tags: [String] = [],
        defaultIdentity: String = "", allow: [AddressRange] = [], linesPerSecond: Int? = nil
    ) {
        self.name = name
        self.transport = transport
        self.address = address
        self.path = path
        self.mode = mode
        self.owner = owner
        self.multicast = multicast
        self.interface = interface
        self.precision = precision
        self.tags = tags
        self.defaultIdentity = defaultIdentity
        self.allow = allow
        self.linesPerSecond = linesPerSecond
    }

    /// What it says about every line it takes. Of a key that is given twice the last one holds.
    package var terms: LineTerms {
        var terms = LineTerms(defaultIdentity: defaultIdentity)
        for text in tags {
            guard let (key, value) = DeviceDraft.attribute(text) else { continue }
            terms.tags.removeAll { $0.key == key }
            terms.tags.append(Device.Attribute(key: key, value: value))
        }
        return terms
    }
}

extension IntakeSettings {
    /// What the listeners say about their lines, each of it once; the first says nothing.
    package var lineTerms: [LineTerms] {
        listeners.reduce(into: [LineTerms()]) { known, listener in
            if !known.contains(listener.terms) { known.append(listener.terms) }
        }
    }

    /// The listener's place in ``lineTerms``.
    package func termsIndex(of listener: ListenerSettings) -> UInt16 {
        lineTerms.firstIndex(of: listener.terms).map { UInt16(clamping: $0) } ?? 0
    }
}
