internal import Intake
internal import NIOCore
internal import Platform
internal import Primitives
internal import Synchronization

/// The way from this room to the engine: free blocks from the pool, filled ones into the queue.
///
/// Nothing here waits with its thread. The queue has room for every block of the pool, so who has a
/// block can always hand it on.
final class BlockHandOff: Sendable {
    private let pool: BlockPool
    private let queue: BoundedQueue<LineBlock>
    private let limits: WebLimits
    private let counts: RunningWebCounts
    private let loop: any EventLoop
    /// Lines are written down before whoever sent them is answered.
    let waitsForJournal: Bool
    private let held = Mutex(Held())

    private struct Held {
        var refusals: [IntakeRefusal] = []
        var isFlushPlanned = false
    }

    init(
        pool: BlockPool, queue: BoundedQueue<LineBlock>, limits: WebLimits,
        counts: RunningWebCounts, loop: any EventLoop, waitsForJournal: Bool = false
    ) {
        precondition(queue.capacity >= pool.blocks, "BUG: the queue must hold every block")
        self.pool = pool
        self.queue = queue
        self.limits = limits
        self.counts = counts
        self.loop = loop
        self.waitsForJournal = waitsForJournal
    }

    /// A free block, if there is one now.
    func tryTake() -> LineBlock? { pool.tryTake() }

    /// True at the end of the program: who waits for a block waits in vain.
    var isOver: Bool { pool.isClosed || queue.isClosed }

    /// A free block, waiting for one as long as a request may; nil when there is none.
    func take() async -> LineBlock? {
        if let block = pool.tryTake() { return block }
        let end = MonotonicClock.now() + limits.blockWait
        while MonotonicClock.now() < end && !isOver && !Task.isCancelled {
            try? await Task.sleep(for: .nanoseconds(Int64(limits.blockPause)))
            if let block = pool.tryTake() { return block }
        }
        return nil
    }

    /// Hands a block on; an empty one goes back to the pool. The receipt is settled once its lines
    /// are on the disk.
    func give(_ block: consuming LineBlock, _ receipt: JournalReceipt? = nil) {
        var block = block
        if block.isEmpty { return pool.give(block) }
        if block.segmentCount > 0 {
            receipt?.expect()
            block.receipt = receipt
        }
        if let refused = queue.tryPush(block) {
            // The engine has ended; so will this program.
            refused.receipt?.settle(isSafe: false)
            pool.give(refused)
        }
    }

    /// Puts refusals on a block that is about to be handed on; what does not fit follows later.
    func put(_ refusals: [IntakeRefusal], on block: inout LineBlock) {
        for refusal in refusals where !block.note(refusal) { note(refusal) }
    }

    /// Hands a refusal on soon, together with others: a flood of them is no flood of blocks.
    func note(_ refusal: IntakeRefusal) {
        let plans = held.withLock { held -> Bool in
            for index in held.refusals.indices where held.refusals[index].merge(refusal) {
                return false
            }
            guard held.refusals.count < limits.refusalsHeld else {
                counts.add(\.refusalsForgotten, refusal.count)
                return false
            }
            held.refusals.append(refusal)
            defer { held.isFlushPlanned = true }
            return !held.isFlushPlanned
        }
        guard plans else { return }
        loop.scheduleTask(in: .nanoseconds(Int64(limits.refusalPause))) { self.flush() }
    }

    /// Hands on the refusals that wait, as far as there are blocks; the rest is tried again.
    func flush() {
        var refusals = held.withLock { held -> [IntakeRefusal] in
            held.isFlushPlanned = false
            defer { held.refusals.removeAll() }
            return held.refusals
        }
        while !refusals.isEmpty {
            guard var block = pool.tryTake() else {
                if !isOver { for refusal in refusals { note(refusal) } }
                return
            }
            while let refusal = refusals.last, block.note(refusal) { refusals.removeLast() }
            give(block)
        }
    }
}
