package import Platform
internal import Primitives

/// Writes accepted lines down before anybody is told that they are safe; the file
/// `JournalFormat.swift` says how, and what a crash leaves.
///
/// What comes in: blocks, in the order in which the engine gets them. What goes out: records in
/// segments, numbered without end. What always holds: after ``synchronize()`` has returned, every
/// record appended before it survives a power cut; after ``append(_:)`` has thrown, the block is in
/// no segment that a reader takes for whole. What is deliberately absent: threads and waiting.
package struct Journal: ~Copyable, Sendable {
    private let files: JournalFiles
    private let limits: JournalLimits
    private let terms: UInt64
    private var segment: SegmentFile?
    private var isNameDurable = true
    /// A segment was ended and could not be synchronized: what was written to it may be gone.
    private var failure: SystemFailure?
    private var next: UInt64
    private var buffer: ByteSlab

    /// `next` is the number of the first record; `terms` tells apart what the listeners say about
    /// their lines. The directory is made when it is missing.
    package init(
        _ files: JournalFiles, limits: JournalLimits, next: UInt64, terms: UInt64
    ) {
        self.files = files
        self.limits = limits
        self.next = next
        self.terms = terms
        let intake = IntakeLimits()
        buffer = ByteSlab(
            capacity: max(limits.blockBytesMax, intake.slabBytes) + intake.segmentsPerBlock
                * (JournalFormat.recordHeadBytes + JournalFormat.checksumBytes))
    }

    /// Appends every piece of the block. Returns the number of its last record and how many bytes
    /// were written; nil for a block without lines.
    package mutating func append(
        _ block: borrowing LineBlock
    ) throws(SystemFailure) -> (last: UInt64, bytes: Int)? {
        guard block.segmentCount > 0 else { return nil }
        var written = 0
        if segment?.count ?? 0 >= limits.segmentBytes { end() }
        if segment == nil { written += try begin() }
        let length = encode(block)
        do throws(SystemFailure) {
            try buffer.withBytes(0..<length) { bytes throws(SystemFailure) in
                try segment?.append(bytes)
            }
        } catch {
            end()
            throw error
        }
        next += UInt64(block.segmentCount)
        return (next - 1, written + length)
    }

    /// Waits for the disk. When it fails the segment is ended: the kernel may have forgotten what
    /// it could not write, and would not say so a second time.
    package mutating func synchronize() throws(SystemFailure) {
        if let failure {
            self.failure = nil
            throw failure
        }
        do throws(SystemFailure) {
            try synchronizeSegment()
        } catch {
            segment = nil
            throw error
        }
    }

    private mutating func synchronizeSegment() throws(SystemFailure) {
        guard segment != nil else { return }
        try segment?.synchronize()
        if !isNameDurable { try Directory.synchronize(files.directory) }
        isNameDurable = true
    }

    /// Ends the segment; who waits for what is in it is told by ``synchronize()``.
    private mutating func end() {
        do throws(SystemFailure) {
            try synchronizeSegment()
        } catch {
            failure = failure ?? error
        }
        segment = nil
    }

    /// Begins a segment; returns its bytes so far.
    private mutating func begin() throws(SystemFailure) -> Int {
        try Directory.create(files.directory)
        let path = files.path(first: next)
        // One that was begun and got no record.
        try Directory.remove(file: path)
        var file = try SegmentFile(creating: path)
        try file.append(JournalFormat.head(first: next, terms: terms).span)
        let count = file.count
        isNameDurable = false
        segment = consume file
        return count
    }

    /// Puts the records of a block into the buffer; returns their length.
    private mutating func encode(_ block: borrowing LineBlock) -> Int {
        var end = 0
        for index in 0..<block.segmentCount {
            let piece = block.segment(index)
            let head = JournalFormat.recordHead(piece, number: next + UInt64(index))
            let start = end
            buffer.copy(head.span, at: start)
            block.withLines { bytes, _ in
                buffer.copy(bytes.extracting(piece.range), at: start + head.count)
            }
            end = start + head.count + piece.length
            let checksum = buffer.withBytes(0..<end) { bytes in
                JournalFormat.checksum(bytes, from: start, to: end)
            }
            buffer.copy(checksum.span, at: end)
            end += checksum.count
        }
        return end
    }
}

/// How much the journal may hold, and how long lines wait for the disk.
package struct JournalLimits: Hashable, Sendable {
    /// Bytes of all segments; beyond it nothing is appended until a checkpoint lets some go.
    package var bytes = 256 << 20
    /// Nanoseconds from the first unsynchronized record to the disk.
    package var interval: UInt64 = 200_000_000
    /// Longest block there may be.
    package var blockBytesMax = IntakeLimits().slabBytes

    package init() {}

    /// A segment is ended when it has this many bytes.
    var segmentBytes: Int { max(bytes / 16, 64 << 10) }
    /// With this many bytes since the last checkpoint it is time for another.
    package var checkpointBytes: Int { bytes / 4 }
}
