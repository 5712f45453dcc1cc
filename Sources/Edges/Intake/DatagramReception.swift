internal import Platform
internal import Primitives

/// What the thread of a datagram listener owns: the block being filled and the counters.
struct DatagramReception: ~Copyable {
    private(set) var counts = UDPCounts()
    private let gate: SourceGate
    private var filling: BlockFilling
    private var arrival = Timestamp.distantPast
    private var now: UInt64 = 0
    private var dropsSeen: UInt32

    /// `dropsSeen` is the kernel's counter when the listener began.
    init(filling: consuming BlockFilling, gate: SourceGate, dropsSeen: UInt32) {
        self.filling = filling
        self.gate = gate
        self.dropsSeen = dropsSeen
    }

    /// Makes sure that there is a block to fill, waiting for one; false when nobody wants lines any
    /// more.
    mutating func hasBlock() -> Bool { filling.withRoom(for: 0) { _ in true } ?? false }

    /// Puts one datagram of the batch into the block, or into a new one when it does not fit. False
    /// when nobody wants lines any more.
    mutating func keep(_ index: Int, of batch: borrowing DatagramBatch) -> Bool {
        if index == 0 {
            arrival = WallClock.now()
            if gate.policy.linesPerSecond > 0 { now = MonotonicClock.now() }
        }
        return batch.withDatagram(index) { bytes, source, isTruncated in
            counts.datagrams += 1
            var length = bytes.count
            if isTruncated {
                counts.truncated += 1
                while length > 0 && bytes[length - 1] != 0x0A { length -= 1 }
            }
            if !gate.isOpen {
                let (admitted, refusal) = judge(bytes.extracting(first: length), of: source)
                if let refusal {
                    guard filling.note(refusal) else { return false }
                    if admitted == 0 { return true }
                }
                length = admitted
            }
            counts.bytes += UInt64(length)
            let isKept = filling.withRoom(for: length) { block in
                block.append(
                    bytes.extracting(first: length), source: source, arrival: arrival,
                    precision: gate.policy.precision, terms: gate.policy.terms)
            }
            return isKept ?? false
        }
    }

    /// How much of a datagram is taken, and why the rest is not.
    private mutating func judge(
        _ bytes: Span<UInt8>, of source: LineSource
    ) -> (length: Int, refusal: IntakeRefusal?) {
        if let stranger = gate.turnAway(source, arrival: arrival, sample: bytes) {
            counts.disallowed += 1
            return (0, stranger)
        }
        let (length, refusal) = gate.admit(bytes, of: source, arrival: arrival, now: now)
        counts.linesOverRate += UInt64(refusal?.count ?? 0)
        return (length, refusal)
    }

    /// Adds what the kernel's wrapping counter has grown by to the totals and to the block. A
    /// value from before the last one is no growth: at the end the counter is read twice.
    mutating func note(drops: UInt32) {
        let grown = Int32(bitPattern: drops &- dropsSeen)
        guard grown > 0 else { return }
        dropsSeen = drops
        counts.kernelDrops += UInt64(grown)
        filling.noteDrops(UInt64(grown))
    }

    /// Gives the block away; false when nobody wants lines any more.
    mutating func handOn() -> Bool { filling.handOn() }

    /// See ``BlockFilling/isHolding``.
    var isHolding: Bool { filling.isHolding }
    /// See ``BlockFilling/isAhead``.
    var isAhead: Bool { filling.isAhead }
}
