internal import NIOSSL
package import Platform
package import Primitives
internal import Synchronization

/// One address where HTTP requests or TLS connections are taken, bound and not yet running.
/// ``WebServer`` does the work for all of them.
package final class WebListener: Sendable {
    package enum Kind: Sendable {
        case http
        /// Line protocol over TLS, without HTTP.
        case stream
    }

    package let kind: Kind
    /// Where it listens, with the port the kernel chose if it was asked to: `127.0.0.1:8095`.
    package let localAddress: String
    package let localPort: UInt16
    let precision: StampPrecision
    let terms: UInt16
    /// Without any everybody may write.
    let tokens: AccessTokens?
    let tls: TLSFiles?
    private let socket: Mutex<ListeningSocket?>

    /// Binds the socket; from here on the kernel takes connections. `setting` is the name of the
    /// configuration key, for the sentence when the address cannot be had.
    package init(
        _ kind: Kind, host: String, port: UInt16, precision: StampPrecision = .auto,
        terms: UInt16 = 0, tokens: AccessTokens? = nil, tls: TLSFiles? = nil, setting: String
    ) throws(SystemFailure) {
        precondition(kind == .http || tls != nil, "BUG: a plain stream is not of this room")
        let socket = try ListeningSocket(host: host, port: port, setting: setting)
        self.kind = kind
        localAddress = socket.localAddress
        localPort = socket.localPort
        self.precision = precision
        self.terms = terms
        self.tokens = tokens
        self.tls = tls
        self.socket = Mutex(socket)
    }

    /// `transport=http address=127.0.0.1:8095`.
    var place: String {
        let name = kind == .http ? "http" : "tcp"
        return "transport=\(name)\(tls == nil ? "" : " tls=yes") address=\(localAddress)"
    }

    var transport: LineSource.Transport { kind == .http ? .http : .tcp }

    /// The socket, once; who takes it closes it.
    func releaseSocket() -> Int32? {
        guard let socket = socket.withLock({ $0.take() }) else { return nil }
        return socket.release()
    }
}
