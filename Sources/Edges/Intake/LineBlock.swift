package import Platform
package import Primitives

/// One piece of a block: whole lines that came from one sender at one time.
///
/// The last line of a segment needs no newline: a segment's end ends its line.
package struct LineSegment: Hashable, Sendable {
    /// Where it starts in the block, in bytes.
    package let offset: Int
    package let length: Int
    package let source: LineSource
    /// Wall clock when the kernel handed the bytes over.
    package let arrival: Timestamp
    /// What its stamps count, as the listener was told.
    package let precision: StampPrecision
    /// What else its listener says about its lines: a place in the engine's table, 0 for nothing.
    package let terms: UInt16

    package init(
        offset: Int, length: Int, source: LineSource, arrival: Timestamp,
        precision: StampPrecision = .auto, terms: UInt16 = 0
    ) {
        self.offset = offset
        self.length = length
        self.source = source
        self.arrival = arrival
        self.precision = precision
        self.terms = terms
    }

    package var range: Range<Int> { offset..<offset + length }
}

/// How far into a recording a block reaches; what a replay remembers to go on from.
package struct InputPosition: Hashable, Sendable {
    /// Index of the file on the command line.
    package let file: Int
    /// Bytes of uncompressed text before the first byte that follows the block.
    package let offset: UInt64
    /// Lines behind it that are contained too, in the next record of a journal.
    package let lines: UInt64

    package init(file: Int, offset: UInt64, lines: UInt64 = 0) {
        self.file = file
        self.offset = offset
        self.lines = lines
    }
}

/// A slab of received lines that moves from thread to thread and is never shared.
///
/// Noncopyable, so the compiler refuses every use after it was handed on. After its first filling
/// a block allocates nothing.
package struct LineBlock: ~Copyable, Sendable {
    private var slab: ByteSlab
    private var segments: [LineSegment] = []
    private let segmentsMax: Int
    /// Bytes in use.
    package private(set) var count = 0
    /// Datagrams the kernel threw away since the block before this one.
    package var kernelDrops: UInt64 = 0
    /// Set for blocks of a recording.
    package var position: InputPosition?
    /// Whoever waits until the lines are in the journal.
    package var receipt: JournalReceipt?
    /// What listeners refused since the block before this one.
    package private(set) var refusals: [IntakeRefusal] = []

    package init(slabBytes: Int, segmentsMax: Int) {
        slab = ByteSlab(capacity: slabBytes)
        self.segmentsMax = segmentsMax
        segments.reserveCapacity(segmentsMax)
    }

    package var capacity: Int { slab.capacity }
    package var isEmpty: Bool { segments.isEmpty && refusals.isEmpty }
    package var segmentCount: Int { segments.count }

    package func segment(_ index: Int) -> LineSegment { segments[index] }

    /// Lends the bytes of the block together with the table of its segments.
    package func withLines<Result: ~Copyable, Failure: Error>(
        _ body: (_ bytes: Span<UInt8>, _ segments: Span<LineSegment>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try slab.withBytes(0..<count) { bytes throws(Failure) in
            try body(bytes, segments.span)
        }
    }

    package func hasRoom(for length: Int) -> Bool {
        length <= capacity - count && segments.count < segmentsMax
    }

    /// Adds a segment. False, and nothing is added, when it does not fit.
    package mutating func append(
        _ bytes: Span<UInt8>, source: LineSource, arrival: Timestamp,
        precision: StampPrecision = .auto, terms: UInt16 = 0
    ) -> Bool {
        guard hasRoom(for: bytes.count) else { return false }
        slab.copy(bytes, at: count)
        segments.append(
            LineSegment(
                offset: count, length: bytes.count, source: source, arrival: arrival,
                precision: precision, terms: terms))
        count += bytes.count
        return true
    }

    /// Adds a refusal. False, and nothing is added, when the block carries as many as it can.
    package mutating func note(_ refusal: IntakeRefusal) -> Bool {
        for index in refusals.indices where refusals[index].merge(refusal) { return true }
        guard refusals.count < IntakeRefusal.perBlock else { return false }
        refusals.append(refusal)
        return true
    }

    /// Makes the block empty.
    package mutating func reset() {
        segments.removeAll(keepingCapacity: true)
        refusals.removeAll()
        count = 0
        kernelDrops = 0
        position = nil
        receipt = nil
    }

    /// Lets a reader put bytes straight into an empty block; the result is how many are whole
    /// lines and become its one segment.
    mutating func fill<Failure: Error>(
        source: LineSource, arrival: Timestamp,
        _ body: (inout ByteSlab) throws(Failure) -> Int
    ) throws(Failure) {
        precondition(isEmpty, "BUG: block in use")
        try extend(source: source, arrival: arrival, precision: .auto) { slab, _ throws(Failure) in
            try body(&slab)
        }
    }

    /// Lets a reader put bytes straight into the free part of the block; the result is how many of
    /// them, from its start, are whole lines and become a segment.
    package mutating func extend<Failure: Error>(
        source: LineSource, arrival: Timestamp, precision: StampPrecision, terms: UInt16 = 0,
        _ body: (inout ByteSlab, _ free: Range<Int>) throws(Failure) -> Int
    ) throws(Failure) {
        let length = try body(&slab, count..<capacity)
        guard length > 0 else { return }
        precondition(hasRoom(for: length), "BUG: more than fits the block")
        segments.append(
            LineSegment(
                offset: count, length: length, source: source, arrival: arrival,
                precision: precision, terms: terms))
        count += length
    }
}
