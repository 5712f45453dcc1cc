internal import Synchronization

/// What the listeners of this room have received and refused since they started.
package struct WebCounts: Hashable, Sendable {
    /// Connections that are open now.
    package var open: UInt64 = 0
    package var accepted: UInt64 = 0
    /// Connections closed at once because too many were open.
    package var connectionsRefused: UInt64 = 0
    /// Connections closed because no request, or no line, came for too long.
    package var idleClosed: UInt64 = 0
    /// Connections that did not come to an understanding about TLS.
    package var handshakesFailed: UInt64 = 0
    package var requests: UInt64 = 0
    /// Bodies as they were sent.
    package var bodyBytes: UInt64 = 0
    /// Lines that were handed on.
    package var linesTaken: UInt64 = 0
    /// Lines that the grammar refused, or that were too long or cut.
    package var linesRefused: UInt64 = 0
    package var unauthorized: UInt64 = 0
    package var bodiesTooLarge: UInt64 = 0
    package var bodiesCorrupt: UInt64 = 0
    /// Requests whose end did not come in time.
    package var timedOut: UInt64 = 0
    /// Requests that were told to come back.
    package var busy: UInt64 = 0
    /// Bytes that came over TLS without HTTP.
    package var streamBytes: UInt64 = 0
    /// Refusals whose sender could not be kept until they were handed on.
    package var refusalsForgotten: UInt64 = 0

    package init() {}
}

/// The counters while the listeners run; may be read from any thread.
final class RunningWebCounts: Sendable {
    private let counts = Mutex(WebCounts())

    typealias Counter = any WritableKeyPath<WebCounts, UInt64> & Sendable

    func add(_ counter: Counter, _ number: Int = 1) {
        counts.withLock { $0[keyPath: counter] += UInt64(clamping: number) }
    }

    func connectionClosed() { counts.withLock { $0.open -= 1 } }

    var snapshot: WebCounts { counts.withLock { $0 } }
}
