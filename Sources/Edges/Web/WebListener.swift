package import Intake
internal import LineProtocol
package import Platform
internal import Primitives
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
    let policy: ListenerPolicy
    /// Without any everybody may write.
    let tokens: AccessTokens?
    let tls: TLSFiles?
    private let socket: Mutex<ListeningSocket?>
    /// Who may send, and how much.
    private let gate: Mutex<SourceGate>

    /// A listener on a bound socket: the kernel takes connections already.
    package init(
        _ kind: Kind, _ socket: consuming ListeningSocket,
        policy: ListenerPolicy = ListenerPolicy(), tokens: AccessTokens? = nil,
        tls: TLSFiles? = nil, limits: IntakeLimits = IntakeLimits()
    ) {
        precondition(kind == .http || tls != nil, "BUG: a plain stream is not of this room")
        self.kind = kind
        localAddress = socket.localAddress
        localPort = socket.localPort
        self.policy = policy
        gate = Mutex(SourceGate(policy, limits: limits, boundary: RecordSplit.end))
        self.tokens = tokens
        self.tls = tls
        self.socket = Mutex(socket)
    }

    /// `transport=http address=127.0.0.1:8095`; over TLS the transport is `https` or `tls`.
    var place: String {
        let name = kind == .stream ? "tls" : tls == nil ? "http" : "https"
        return "transport=\(name) address=\(localAddress)"
    }

    var transport: LineSource.Transport { kind == .http ? .http : .tcp }

    /// Refuses a sender that is not on the list; nil for one that is.
    func turnAway(_ source: LineSource) -> IntakeRefusal? {
        let nothing: [UInt8] = []
        return gate.withLock {
            $0.turnAway(source, arrival: WallClock.now(), sample: nothing.span)
        }
    }

    /// How many of the bytes, whole lines from their start, are taken; the rest is refused.
    func admit(
        _ bytes: Span<UInt8>, of source: LineSource, arrival: Timestamp
    ) -> (length: Int, refusal: IntakeRefusal?) {
        guard policy.linesPerSecond > 0 else { return (bytes.count, nil) }
        return gate.withLock {
            $0.admit(bytes, of: source, arrival: arrival, now: MonotonicClock.now())
        }
    }

    /// The socket, once; who takes it closes it.
    func releaseSocket() -> Int32? {
        guard let socket = socket.withLock({ $0.take() }) else { return nil }
        return socket.release()
    }
}
