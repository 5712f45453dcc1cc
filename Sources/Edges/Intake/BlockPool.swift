internal import Platform

/// The fixed set of blocks. An empty pool is how the engine slows down whoever fills blocks.
///
/// The block returned last is lent first: its memory is still in the cache.
package final class BlockPool: Sendable {
    private let free: BoundedQueue<LineBlock>
    /// How many blocks there are in all.
    package let blocks: Int
    package let slabBytes: Int

    package init(limits: IntakeLimits = IntakeLimits()) {
        precondition(limits.slabBytes >= 64 << 10, "BUG: a slab must hold any datagram")
        precondition(limits.datagramBytesMax <= limits.slabBytes, "BUG: datagram exceeds slab")
        blocks = limits.slabs
        slabBytes = limits.slabBytes
        free = BoundedQueue(capacity: limits.slabs, serving: .newestFirst)
        for _ in 0..<limits.slabs {
            give(LineBlock(slabBytes: slabBytes, segmentsMax: limits.segmentsPerBlock))
        }
    }

    /// An empty block, waiting until there is one; nil once the pool is closed.
    package func take() -> LineBlock? {
        if free.isClosed { return nil }
        switch free.pop() {
        case .element(let block): return block
        case .timedOut: return nil
        case .closed: return nil
        }
    }

    /// An empty block if there is one now.
    package func tryTake() -> LineBlock? {
        switch free.pop(until: 0) {
        case .element(let block): return block
        case .timedOut: return nil
        case .closed: return nil
        }
    }

    /// Takes a block back and empties it.
    package func give(_ block: consuming LineBlock) {
        var block = block
        block.reset()
        let refused = free.tryPush(block)
        precondition(refused == nil || free.isClosed, "BUG: more blocks than the pool made")
    }

    /// Blocks that are not on their way; for counters and tests.
    package var available: Int { free.count }

    /// True once nobody will give blocks any more.
    package var isClosed: Bool { free.isClosed }

    /// Wakes everybody who waits in ``take()``; for the end of the program.
    package func close() { free.close() }
}
