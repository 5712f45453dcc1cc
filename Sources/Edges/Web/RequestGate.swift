internal import Synchronization

/// How many requests are having their bodies taken in.
final class RequestGate: Sendable {
    private let most: Int
    private let inside = Atomic<Int>(0)

    init(most: Int) { self.most = most }

    /// False when as many as may be are inside; who was let in must leave.
    func enter() -> Bool {
        guard inside.wrappingAdd(1, ordering: .relaxed).newValue <= most else {
            inside.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    func leave() { inside.wrappingSubtract(1, ordering: .relaxed) }
}
