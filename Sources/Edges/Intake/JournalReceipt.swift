internal import Synchronization

/// Tells whoever sent lines whether they are on the disk: one request, of one or more blocks.
package final class JournalReceipt: Sendable {
    private struct State {
        var blocks = 0
        var hasFailed = false
        var waiter: CheckedContinuation<Bool, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// A block more is on its way.
    package func expect() { state.withLock { $0.blocks += 1 } }

    /// A block is on the disk, or will not be.
    package func settle(isSafe: Bool) {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            state.blocks -= 1
            if !isSafe { state.hasFailed = true }
            guard state.blocks == 0 else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: !state.withLock { $0.hasFailed })
    }

    /// Waits until every block was settled; true when all of them are on the disk. One caller, who
    /// expects no further blocks.
    package func isSafe() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                guard state.blocks == 0 else {
                    state.waiter = continuation
                    return nil
                }
                return !state.hasFailed
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}
