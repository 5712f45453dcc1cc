/// The accumulators of all devices: each device has one block, in it slot after slot, in a slot
/// signal after signal.
///
/// So the readings of one line, which all go into one slot, lie side by side: a line of a device
/// whose accumulators have left the cache since its last one fetches half as much memory as it
/// would if the slots of a signal lay together. A block that is full is moved to a larger one; what
/// it leaves behind is taken by the next device of that size.
@usableFromInline struct AccumulatorBlocks: Sendable {
    /// A device's block. `start` is the place of its first accumulator.
    @usableFromInline struct Block: Sendable {
        @usableFromInline var start: Int
        /// Signals there is room for in each slot.
        @usableFromInline var capacity: Int

        @usableFromInline static let none = Block(start: 0, capacity: 0)

        @usableFromInline init(start: Int, capacity: Int) {
            self.start = start
            self.capacity = capacity
        }

        /// Place of the accumulator of a device's signal in a slot.
        @inlinable @inline(__always) func place(slot: Int, signal: Int) -> Int {
            start &+ slot &* capacity &+ signal
        }
    }

    @usableFromInline var accumulators: [Accumulator] = []
    /// Starts of blocks nobody uses, by number of accumulators; all of these are empty.
    private var free: [Int: [Int]] = [:]

    @usableFromInline init() {}

    /// A block with room for `signals` in each of `slots`, all empty.
    mutating func take(signals: Int, slots: Int) -> Block {
        let size = signals * slots
        if let start = free[size]?.popLast() { return Block(start: start, capacity: signals) }
        let start = accumulators.count
        for _ in 0..<size { accumulators.append(Accumulator()) }
        return Block(start: start, capacity: signals)
    }

    mutating func give(_ block: Block, slots: Int) {
        let size = block.capacity * slots
        guard size > 0 else { return }
        for place in block.start..<block.start + size { accumulators[place] = Accumulator() }
        free[size, default: []].append(block.start)
    }

    /// A larger block with the content of a full one, which is given back. Small steps: devices
    /// are many.
    mutating func grow(_ block: Block, slots: Int) -> Block {
        let capacity =
            block.capacity < 4 ? max(1, 2 * block.capacity) : block.capacity + 4
        let larger = take(signals: capacity, slots: slots)
        for slot in 0..<slots {
            for signal in 0..<block.capacity {
                accumulators[larger.place(slot: slot, signal: signal)] =
                    accumulators[block.place(slot: slot, signal: signal)]
            }
        }
        give(block, slots: slots)
        return larger
    }
}
