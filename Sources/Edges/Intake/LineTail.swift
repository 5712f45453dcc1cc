package import Platform

/// The beginning of a record whose end has not come yet, between two pieces of a longer text.
///
/// There is memory only while a record is incomplete, and only as much as that record needs; no
/// record is longer than the longest line there may be.
package struct LineTail: ~Copyable, Sendable {
    /// What ``cut(_:_:)`` found.
    package struct Cut {
        /// Bytes from the start that are whole records.
        package var complete = 0
        /// True when the end of a line that is skipped was found and removed.
        package var hasEndedSkipping = false
        /// The beginning of a line that is too long and is skipped from here on.
        package var overlong: [UInt8]?

        package init() {}
    }

    private let lineBytesMax: Int
    private let boundary: RecordingReader.Boundary
    private var slab: ByteSlab?
    /// Bytes of the incomplete record.
    package private(set) var count = 0
    /// True in the middle of a line that is too long.
    package private(set) var isSkipping = false

    package init(lineBytesMax: Int, boundary: @escaping RecordingReader.Boundary) {
        self.lineBytesMax = lineBytesMax
        self.boundary = boundary
    }

    /// Puts what is held at `start` of another slab; returns how much that was.
    package mutating func put(into other: inout ByteSlab, at start: Int) -> Int {
        guard count > 0 else { return 0 }
        defer { count = 0 }
        slab?.withBytes(0..<count) { other.copy($0, at: start) }
        return count
    }

    /// Divides a piece that begins with a record, or goes on with a line that is skipped. What
    /// follows the last whole record is held; of a line that is skipped the bytes are removed.
    package mutating func cut(_ piece: inout ByteSlab, _ range: Range<Int>) -> Cut {
        var cut = Cut()
        let start = range.lowerBound
        var length = range.count
        if isSkipping {
            guard let newline = piece.firstIndex(of: Self.newline, in: range) else { return cut }
            isSkipping = false
            cut.hasEndedSkipping = true
            piece.move(newline + 1..<range.upperBound, to: start)
            length -= newline + 1 - start
        }
        cut.complete = completeEnd(in: piece, start..<start + length)
        let rest = start + cut.complete..<start + length
        if rest.count > lineBytesMax {
            // It has no newline, or it would have been cut there.
            isSkipping = true
            cut.overlong = piece.withBytes(rest) { IntakeRefusal.sample(of: $0) }
        } else {
            hold(piece, rest)
        }
        return cut
    }

    /// Gives up what is held; returns its beginning, or nil when there was nothing.
    package mutating func giveUp() -> [UInt8]? {
        guard count > 0 else { return nil }
        let sample = slab?.withBytes(0..<count) { IntakeRefusal.sample(of: $0) }
        slab = nil
        count = 0
        return sample
    }

    /// Length of what is held up to its last newline, which stands inside a string that is open;
    /// 0 when there is none.
    package var openStringBytes: Int {
        guard count > 0, let last = slab?.lastIndex(of: Self.newline, in: 0..<count) else {
            return 0
        }
        return last + 1
    }

    /// Holds `range` of a piece.
    package mutating func hold(_ piece: borrowing ByteSlab, _ range: Range<Int>) {
        count = range.count
        guard !range.isEmpty else {
            slab = nil
            return
        }
        if (slab?.capacity ?? 0) < range.count {
            var capacity = 512
            while capacity < range.count { capacity *= 2 }
            slab = ByteSlab(capacity: capacity)
        }
        piece.withBytes(range) { slab?.copy($0, at: 0) }
    }

    private func completeEnd(in piece: borrowing ByteSlab, _ range: Range<Int>) -> Int {
        var complete = 0
        // Lines behind a record that is cut because it is too long are complete too.
        while complete < range.count {
            let start = range.lowerBound + complete
            let count = range.upperBound - start
            let end = piece.withBytes(start..<range.upperBound) { bytes in
                boundary(bytes, count, count <= lineBytesMax)
            }
            precondition(end >= 0 && end <= count, "BUG: boundary outside piece")
            if end == 0 { break }
            complete += end
        }
        return complete
    }

    private static let newline = UInt8(ascii: "\n")
}
