internal import Primitives
internal import Synchronization

/// How many requests are having their bodies taken in, and whose.
final class RequestGate: Sendable {
    private struct Inside {
        var count = 0
        var bySource: [LineSource: Int] = [:]
    }

    private let limits: WebLimits
    private let inside = Mutex(Inside())

    init(limits: WebLimits) { self.limits = limits }

    /// False when as many as may be are inside, of all or of this sender; who was let in must
    /// leave.
    func enter(_ source: LineSource) -> Bool {
        inside.withLock { inside in
            let own = inside.bySource[source] ?? 0
            guard inside.count < limits.requests, own < limits.requestsPerSource else {
                return false
            }
            inside.count += 1
            inside.bySource[source] = own + 1
            return true
        }
    }

    func leave(_ source: LineSource) {
        inside.withLock { inside in
            inside.count -= 1
            let own = (inside.bySource[source] ?? 1) - 1
            inside.bySource[source] = own == 0 ? nil : own
        }
    }
}
