internal import Platform
package import Primitives

/// Reads a recording of line protocol, plain or gzip, as blocks of whole records.
///
/// How a file is cut into blocks depends on the size of a slab; what the segments say when put
/// one after the other does not: it is the file, less lines that fit no slab. When gzip data ends
/// or breaks early, every whole record before that point is handed on first and the failure comes
/// with the next call; the stump of a record at the break is dropped, because half a number is a
/// wrong number.
package struct RecordingReader: ~Copyable, Sendable {
    /// Tells where the last complete record among the first bytes of a span ends: a number from 0
    /// (none is complete) to the given count. The span starts at the start of a record; unless it
    /// `mayGrow`, an incomplete record that fills it must be ended at one of its newlines.
    package typealias Boundary =
        @Sendable (_ bytes: Span<UInt8>, _ count: Int, _ mayGrow: Bool) -> Int

    /// Where a recording comes from; equal for equal files, for going on after an interruption.
    package struct Identity: Hashable, Sendable {
        package let name: String
        /// Bytes on the disk; nil for pipes.
        package let size: UInt64?
        /// ``ByteHash`` of the first 4,096 bytes on the disk; nil for pipes.
        package let startHash: UInt64?
    }

    package let identity: Identity
    /// Lines that were longer than a slab and therefore left out.
    package private(set) var overlongLines: UInt64 = 0
    /// Bytes of text before the end of the newest block.
    package private(set) var offset: UInt64

    private let source: LineSource
    private let fileIndex: Int
    private let boundary: Boundary
    private var input: RecordingBytes
    /// The start of a record whose end was not in the last block.
    private var tail: ByteSlab
    private var tailCount = 0
    private var pendingFailure: RecordingFailure?
    private var hasEnded = false
    private var isInsideOverlongLine = false
    private var isTextUnknown: Bool

    /// Opens the file ("-" is standard input). `startingAt` continues after an earlier
    /// ``InputPosition``. The default boundary is the last newline, which is right for text
    /// without newlines inside quoted strings. Unless told otherwise a file that does not begin
    /// like text is refused: one mistaken for a recording would be refused line by line.
    package init(
        path: String, fileIndex: Int = 0, startingAt start: UInt64 = 0,
        mustBeText: Bool = true,
        boundary: @escaping Boundary = RecordingReader.lastNewline
    ) throws(RecordingFailure) {
        var input = try RecordingBytes.open(path)
        try RecordingReader.skip(&input, to: start)
        let head = input.head(4_096)
        identity = Identity(
            name: input.path, size: input.fileSize,
            startHash: input.isRegularFile
                ? ByteHash.hash(head.span, from: 0, to: head.count) : nil)
        tail = ByteSlab(capacity: 64 << 10)
        offset = start
        isTextUnknown = mustBeText && start == 0
        self.input = input
        self.fileIndex = fileIndex
        self.boundary = boundary
        source = .file(fileIndex)
    }

    /// Bytes of the file on the disk, for a progress bar; nil for pipes.
    package var fileSize: UInt64? { input.fileSize }

    /// Bytes of the file on the disk that were read so far.
    package var consumedBytes: UInt64 { input.consumed }

    /// Fills an empty block with the next records, `arrival` being the time they are given.
    /// False at the end of the recording; the block is then still empty. From a pipe a block
    /// carries what is there; it does not wait to be full.
    package mutating func fill(
        _ block: inout LineBlock, arrival: Timestamp
    ) throws(RecordingFailure) -> Bool {
        if let failure = pendingFailure { throw failure }
        try block.fill(source: source, arrival: arrival) { slab throws(RecordingFailure) in
            try fill(&slab)
        }
        guard !block.isEmpty else { return false }
        block.position = InputPosition(file: fileIndex, offset: offset)
        return true
    }

    /// After the last newline among the first `count` bytes; 0 when there is none.
    @Sendable package static func lastNewline(
        _ bytes: Span<UInt8>, _ count: Int, _ mayGrow: Bool = true
    ) -> Int {
        var position = count
        while position > 0 && bytes[position - 1] != 0x0A { position -= 1 }
        return position
    }

    /// Bytes of whole records put at the start of the slab; 0 at the end.
    private mutating func fill(_ slab: inout ByteSlab) throws(RecordingFailure) -> Int {
        var count = takeTail(into: &slab)
        while true {
            count = try read(into: &slab, from: count)
            let end = completeEnd(in: slab, count)
            if end > 0 {
                keepTail(of: slab, end..<count)
                offset += UInt64(end)
                return end
            }
            if hasEnded || pendingFailure != nil {
                if let failure = pendingFailure { throw failure }
                return 0
            }
            if count == slab.capacity { count = dropLine(in: &slab, count) }
        }
    }

    /// Where whole records end. At the end of the recording its last line needs no newline.
    private func completeEnd(in slab: borrowing ByteSlab, _ count: Int) -> Int {
        guard count > 0 else { return 0 }
        if hasEnded { return count }
        let end = slab.withBytes(0..<count) { boundary($0, count, count < slab.capacity) }
        precondition(end >= 0 && end <= count, "BUG: boundary outside block")
        return end
    }

    /// Reads until the slab is full, or once when the bytes come from a pipe. Failures wait until
    /// what was read before them is handed on.
    private mutating func read(
        into slab: inout ByteSlab, from start: Int
    ) throws(RecordingFailure) -> Int {
        var count = start
        while count < slab.capacity && !hasEnded {
            do throws(RecordingFailure) {
                let length = try input.read(into: &slab, count..<slab.capacity)
                hasEnded = length == 0
                count += length
            } catch {
                pendingFailure = error
                break
            }
            if isInsideOverlongLine { count = skipLine(in: &slab, count) }
            if !input.isRegularFile && count > start { break }
        }
        if isTextUnknown && count > 0 {
            isTextUnknown = false
            let isText = slab.withBytes(0..<count) { RecordingReader.isText($0) }
            if !isText {
                let failure = RecordingFailure.notText(identity.name)
                pendingFailure = failure
                throw failure
            }
        }
        return count
    }

    /// Text has no NUL and hardly any control characters; packed or binary data has both within a
    /// few bytes. One in 32 (four in short texts) is far from both.
    private static func isText(_ bytes: Span<UInt8>) -> Bool {
        var controls = 0
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == 0 { return false }
            if byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D { controls += 1 }
        }
        return controls <= max(4, bytes.count / 32)
    }

    /// The slab is full and holds no complete record: its first line is left out. Returns how
    /// many bytes remain after that.
    private mutating func dropLine(in slab: inout ByteSlab, _ count: Int) -> Int {
        overlongLines += 1
        isInsideOverlongLine = true
        return skipLine(in: &slab, count)
    }

    /// Removes bytes up to and including the first newline.
    private mutating func skipLine(in slab: inout ByteSlab, _ count: Int) -> Int {
        guard let newline = slab.firstIndex(of: 0x0A, in: 0..<count) else {
            offset += UInt64(count)
            return 0
        }
        isInsideOverlongLine = false
        slab.move(newline + 1..<count, to: 0)
        offset += UInt64(newline + 1)
        return count - newline - 1
    }

    private mutating func keepTail(of slab: borrowing ByteSlab, _ range: Range<Int>) {
        if range.count > tail.capacity { tail = ByteSlab(capacity: slab.capacity) }
        slab.withBytes(range) { tail.copy($0, at: 0) }
        tailCount = range.count
    }

    private mutating func takeTail(into slab: inout ByteSlab) -> Int {
        precondition(tailCount <= slab.capacity, "BUG: slabs of different sizes")
        tail.withBytes(0..<tailCount) { slab.copy($0, at: 0) }
        defer { tailCount = 0 }
        return tailCount
    }

    /// Continues at a byte of text: by seeking where that is possible, by reading elsewhere.
    private static func skip(
        _ input: inout RecordingBytes, to start: UInt64
    ) throws(RecordingFailure) {
        if start == 0 || input.seek(to: start) { return }
        var scratch = ByteSlab(capacity: 64 << 10)
        var remaining = start
        while remaining > 0 {
            let wanted = Int(min(remaining, UInt64(scratch.capacity)))
            let length = try input.read(into: &scratch, 0..<wanted)
            if length == 0 { return }
            remaining -= UInt64(length)
        }
    }
}
