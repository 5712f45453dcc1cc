import LineProtocol

/// Knows series by their raw keys, as the engine does, and compares what the short way reads.
struct KnownSeriesReader: ~Copyable {
    private var parser: LineParser
    private var layouts: [[UInt8]: Int] = [:]
    private var numbers: [Double]
    private var hint = LineHint()

    init(limits: LineLimits) {
        parser = LineParser(limits: limits)
        numbers = [Double](repeating: .nan, count: limits.maxFields)
    }

    /// What the short way says otherwise than the ordinary way did; nil when nothing.
    mutating func violation(in bytes: [UInt8], against findings: [Finding]) -> String? {
        let span = bytes.span
        for finding in findings {
            let start = finding.start
            let (keyEnd, next) = hint.line(span, from: start, to: bytes.count)
            guard next > start, next <= bytes.count, keyEnd >= start, keyEnd <= bytes.count else {
                return "the hint at \(start) is outside the input: \(keyEnd), \(next)"
            }
            let isGuessed = parser.guessKey(span, at: start, end: bytes.count)
            var layout = isGuessed ? layouts[key(bytes)] : nil
            if layout == nil, parser.passKey(span, at: start, end: bytes.count) {
                layout = layouts[key(bytes)]
            }
            if let known = layout, known >= 0 {
                // As a caller does that knows the key from elsewhere.
                let keyCount = parser.offsets.seriesKeyEnd - start
                guard
                    parser.expectKey(span, at: start, end: bytes.count, keyCount: keyCount),
                    layouts[key(bytes)] == known
                else { return "a known key at \(start) is not found by its length" }
            }
            var position = start
            if let layout, layout >= 0,
                parser.readKnown(
                    span, position: &position, end: bytes.count, layout: layout, into: &numbers)
            {
                guard let content = finding.content else {
                    return "the short way reads what is refused at \(start)"
                }
                let doubles = numbers[..<parser.offsets.fieldCount].map(\.bitPattern)
                let stamp = parser.offsets.hasTimestamp ? parser.offsets.timestamp : nil
                guard position == finding.end, doubles == content.doubles,
                    stamp == content.timestamp
                else { return "the short way reads \(doubles) \(stamp as Int64?), not \(content)" }
                continue
            }
            if position != start { return "the short way moved and said no at \(start)" }
            guard finding.content != nil else { continue }
            guard parser.nextDeferringTags(span, position: &position, end: bytes.count) == .record
            else { return "a good record at \(start) is refused the second time" }
            if layouts[key(bytes)] ?? -1 < 0 {
                layouts[key(bytes)] = parser.learnLayout(span)
            }
        }
        return nil
    }

    private func key(_ bytes: [UInt8]) -> [UInt8] {
        Array(bytes[parser.offsets.seriesKeyStart..<parser.offsets.seriesKeyEnd])
    }
}
