package import Platform

/// Reads a journal after a crash: every record behind a number, in order.
package struct JournalReader: Sendable {
    /// What was found.
    package struct Outcome: Hashable, Sendable {
        /// Number of the last record; the one to read after when there was none behind it.
        package var last: UInt64
        package var records: UInt64 = 0
        /// Bytes behind torn records, and the segments they are in.
        package var tornBytes = 0
        package var tornSegments: [String] = []
        /// Segments that cannot be read, as sentences.
        package var failures: [String] = []
        /// Records whose listeners said something else than today's: their terms do not count.
        package var recordsWithoutTerms: UInt64 = 0

        package init(last: UInt64) { self.last = last }
    }

    private let files: JournalFiles
    private let terms: UInt64

    /// `terms` is the hash of what today's listeners say about their lines.
    package init(_ files: JournalFiles, terms: UInt64) {
        self.files = files
        self.terms = terms
    }

    /// Gives `body` each record up to `last`, the last one there was before anybody wrote further
    /// ones; `progress` is called between two segments.
    package func read(
        after number: UInt64, through last: UInt64, progress: () -> Void,
        _ body: (Span<UInt8>, LineSegment, _ number: UInt64) -> Void
    ) throws(SystemFailure) -> Outcome {
        var outcome = Outcome(last: number)
        let segments = try files.segments().filter { $0.first <= last }
        for (index, segment) in segments.enumerated() {
            // All its records are numbered below the next segment's.
            if index + 1 < segments.count, segments[index + 1].first <= number &+ 1 { continue }
            do throws(SystemFailure) {
                try read(segment, &outcome, body)
            } catch {
                outcome.failures.append(error.description)
            }
            progress()
        }
        return outcome
    }

    private func read(
        _ segment: JournalFiles.Segment, _ outcome: inout Outcome,
        _ body: (Span<UInt8>, LineSegment, _ number: UInt64) -> Void
    ) throws(SystemFailure) {
        let before = outcome.last
        var read: UInt64 = 0
        var withoutTerms: UInt64 = 0
        let known = try files.terms(of: segment) == terms
        let findings = try files.read(segment, after: before) { bytes, piece, number in
            read += 1
            guard !known, piece.terms != 0 else { return body(bytes, piece, number) }
            withoutTerms += 1
            body(
                bytes,
                LineSegment(
                    offset: piece.offset, length: piece.length, source: piece.source,
                    arrival: piece.arrival, precision: piece.precision), number)
        }
        outcome.records += read
        outcome.recordsWithoutTerms += withoutTerms
        outcome.last = max(before, findings.last ?? 0)
        if findings.tornBytes > 0 {
            outcome.tornBytes += findings.tornBytes
            outcome.tornSegments.append(segment.path)
        }
    }
}
