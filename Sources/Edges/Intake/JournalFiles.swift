package import Platform
internal import Primitives

/// The segments of a journal as files: which there are, what is in them, and which may go.
package struct JournalFiles: Hashable, Sendable {
    package let directory: String

    /// A segment by its name.
    package struct Segment: Hashable, Sendable {
        /// Number of its first record.
        package var first: UInt64
        package var path: String
    }

    /// What reading a segment to its end found.
    struct Findings: Equatable {
        /// Of the last whole record; nil when there is none.
        var last: UInt64?
        /// Bytes behind it that are no whole record.
        var tornBytes = 0
    }

    package init(directory: String) { self.directory = directory }

    static let suffix = ".journal"

    func path(first: UInt64) -> String {
        directory + "/" + ByteHash.hex(first) + Self.suffix
    }

    /// In order of their records. Files of other names are left alone.
    package func segments() throws(SystemFailure) -> [Segment] {
        try Directory.names(directory).compactMap { name in
            guard name.hasSuffix(Self.suffix), name.count == 16 + Self.suffix.count,
                let first = UInt64(name.prefix(16), radix: 16)
            else { return nil }
            return Segment(first: first, path: directory + "/" + name)
        }
    }

    /// Number of the last record there is; 0 when there is none.
    package func lastNumber() throws(SystemFailure) -> UInt64 {
        for segment in try segments().reversed() {
            if let last = try read(segment, after: .max, { _, _, _ in }).last { return last }
            // A segment without a record still had a number given to it.
            if segment.first > 1 { return segment.first - 1 }
        }
        return 0
    }

    /// Bytes of all segments.
    package func bytes() throws(SystemFailure) -> Int {
        try segments().reduce(0) { $0 + Self.size(of: $1) }
    }

    private static func size(of segment: Segment) -> Int {
        guard let file = try? InputFile(path: segment.path) else { return 0 }
        return Int(clamping: file.size ?? 0)
    }

    /// Hash of the terms; nil for a segment without a whole head.
    func terms(of segment: Segment) throws(SystemFailure) -> UInt64? {
        JournalFormat.readHead(
            try InputFile(path: segment.path).head(JournalFormat.headBytes).span)?.terms
    }

    /// Gives `body` every whole record of a segment whose number is greater, with the bytes of the
    /// segment.
    func read(
        _ segment: Segment, after number: UInt64,
        _ body: (Span<UInt8>, LineSegment, UInt64) -> Void
    ) throws(SystemFailure) -> Findings {
        let file = try InputFile(path: segment.path)
        let bytes = file.head(Int(clamping: file.size ?? 0))
        let span = bytes.span
        guard let head = JournalFormat.readHead(span), head.first == segment.first else {
            return Findings(tornBytes: bytes.count)
        }
        var findings = Findings()
        var position = JournalFormat.headBytes
        var expected = head.first
        while let record = JournalFormat.readRecord(span, at: position),
            record.number == expected
        {
            if record.number > number { body(span, record.segment, record.number) }
            findings.last = record.number
            position = record.segment.range.upperBound + JournalFormat.checksumBytes
            expected += 1
        }
        findings.tornBytes = bytes.count - position
        return findings
    }

    /// Removes the segments all of whose records are numbered at most `number`; returns how many
    /// bytes that were. The last segment stays, because it may be growing, unless its last record
    /// is known to be `last`.
    @discardableResult
    package func remove(through number: UInt64, last: UInt64? = nil) throws(SystemFailure) -> Int {
        let segments = try segments()
        var removed = 0
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            let next = isLast ? last.map { $0 &+ 1 } : segments[index + 1].first
            guard let next, next <= number &+ 1 else { break }
            let size = Self.size(of: segment)
            try Directory.remove(file: segment.path)
            removed += size
        }
        return removed
    }
}
