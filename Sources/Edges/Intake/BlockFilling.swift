internal import Platform

/// The block a listener is filling, from the pool and on to the queue.
struct BlockFilling: ~Copyable {
    private let pool: BlockPool
    private let queue: BoundedQueue<LineBlock>
    private var block: LineBlock?

    init(pool: BlockPool, queue: BoundedQueue<LineBlock>) {
        self.pool = pool
        self.queue = queue
    }

    /// Gives `body` a block with room for that many bytes, waiting for one. Nil when the pool or
    /// the queue was closed meanwhile: nobody wants lines any more.
    mutating func withRoom<Result>(
        for bytes: Int, _ body: (inout LineBlock) -> Result
    ) -> Result? {
        if let filled = block.take() {
            let hasRoom = filled.hasRoom(for: bytes)
            block = consume filled
            if !hasRoom, !handOn() { return nil }
        }
        if block == nil { block = pool.take() }
        guard var filling = block.take() else { return nil }
        let result = body(&filling)
        block = consume filling
        return result
    }

    /// Something waits in a block that is not full.
    var isHolding: Bool {
        switch block {
        case .some(let filled): !filled.isEmpty
        case .none: false
        }
    }

    /// Whoever takes blocks has so many of them to do that a block that is not full may as well
    /// wait for more.
    var isAhead: Bool { queue.count >= max(1, pool.blocks / 8) }

    /// Puts a refusal on the block, or on the next one when this one is full of them. False when
    /// nobody wants blocks any more.
    mutating func note(_ refusal: IntakeRefusal) -> Bool {
        guard let isNoted = withRoom(for: 0, { $0.note(refusal) }) else { return false }
        if isNoted { return true }
        guard handOn() else { return false }
        return withRoom(for: 0) { $0.note(refusal) } ?? false
    }

    /// Says on the block, if there is one, that the kernel dropped datagrams.
    mutating func noteDrops(_ drops: UInt64) {
        guard var filled = block.take() else { return }
        filled.kernelDrops += drops
        block = consume filled
    }

    /// Gives the block away: to the queue if there is anything in it, else back to the pool, so
    /// that a listener without traffic holds no slab. False when the queue is closed.
    mutating func handOn() -> Bool {
        guard let block = block.take() else { return true }
        if block.isEmpty {
            pool.give(block)
            return true
        }
        guard let refused = queue.push(block) else { return true }
        pool.give(refused)
        return false
    }
}
