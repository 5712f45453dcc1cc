import Synchronization

/// The store thread's wish for a checkpoint out of turn. The engine looks at its next tick.
final class CheckpointRequest: Sendable {
    private let isRaised = Atomic<Bool>(false)

    func raise() { isRaised.store(true, ordering: .releasing) }

    /// True once for each time it was raised.
    func take() -> Bool { isRaised.exchange(false, ordering: .acquiring) }
}
