import LineProtocol

/// One call's answer: a record, a refusal, or a blank (neither).
struct Finding: Equatable {
    let start: Int
    let end: Int
    var content: RecordContent?
    var rejection: LineRejection?
    var column = 0

    /// Whether both say the same of the same bytes at places `shift` apart. The reason of a refusal
    /// may differ: that of an open text depends on what comes behind it.
    func isSame(as other: Finding, shift: Int = 0) -> Bool {
        start == other.start + shift && end == other.end + shift && content == other.content
            && (rejection == nil) == (other.rejection == nil)
    }
}

/// What a parser finds in some bytes, and what is wrong with how it finds it.
enum Reading {
    /// Appends all findings in `bytes[start..<end]`. Returns what is wrong, nil when nothing is:
    /// the position must advance with every call up to the end, and what is found must lie in
    /// between and be numbers (see `RecordContent.violation`).
    static func read(
        _ bytes: [UInt8], from start: Int = 0, to end: Int? = nil, deferring: Bool = false,
        _ parser: inout LineParser, into found: inout [Finding]
    ) -> String? {
        let end = end ?? bytes.count
        var position = start
        while true {
            let before = position
            let outcome =
                deferring
                ? parser.nextDeferringTags(bytes.span, position: &position, end: end)
                : parser.next(bytes.span, position: &position, end: end)
            if outcome == .end { return before == end ? nil : "ended at \(before) of \(end)" }
            guard position > before, position <= end else {
                return "went from \(before) to \(position) of \(end)"
            }
            guard parser.offsets.recordStart == before else { return "starts elsewhere: \(before)" }
            var finding = Finding(start: before, end: position)
            switch outcome {
            case .record:
                if deferring, let rejection = parser.splitTags(bytes.span) {
                    finding.rejection = rejection
                    finding.column = parser.rejectionColumn
                } else {
                    if let wrong = RecordContent.violation(bytes, parser.offsets, end: position) {
                        return "\(wrong) in the record at \(before)"
                    }
                    finding.content = RecordContent(bytes, parser.offsets)
                }
            case .rejected(let rejection):
                finding.rejection = rejection
                finding.column = parser.rejectionColumn
                guard finding.column > 0, finding.column <= end - before + 1 else {
                    return "refused outside the input, at column \(finding.column)"
                }
            case .blank, .end: break
            }
            found.append(finding)
        }
    }
}
