import LineProtocol
import Testing

/// A text read piece by piece is cut only where its records end.
@Suite struct RecordSplitTests {
    private func check(
        _ text: String, mayGrow: Bool = true, _ expected: Int,
        at location: SourceLocation = #_sourceLocation
    ) {
        let bytes = Array(text.utf8)
        #expect(
            RecordSplit.end(bytes.span, bytes.count, mayGrow) == expected, "\(text)",
            sourceLocation: location)
    }

    /// The search for a quote goes by several bytes at a time; it finds one wherever it stands, and
    /// takes no other byte for one.
    @Test func anOpenStringIsSeenAtEveryOffset() {
        for length in 0..<80 {
            let name = String(repeating: "#", count: length)
            let before = "m v=1\n"
            check(before + "m\(name) t=\"a\n", before.utf8.count)
            // One bit less, one bit more, and the top bit.
            for other in ["\u{21}", "\u{23}", "\u{A2}"] {
                let text = before + "m\(name)\(other) t=1\n"
                check(text, text.utf8.count)
            }
        }
    }

    @Test func ends() {
        check("", 0)
        check("m v=1", 0)
        check("m v=1\n", 6)
        check("m v=1\nn v", 6)
        check("m v=1\n\n# x\n", 11)
        // The string may go on.
        check("m t=\"a\n", 0)
        check("m v=1\nm t=\"a\nb", 6)
        check("m t=\"a\nb\"\n", 10)
        // Closed, but the stamp is not here yet.
        check("m t=\"a\nb\" 17", 0)
        check("m t=\"a\nb\" 17\n", 13)
        // What follows the quote decides whether it closes anything.
        check("m t=\"a\nn t=\"", 0)
        check("m t=\"a\nn t=\"b", 7)
        check("m t=\"a\nn t=\"\r", 0)
        check("m t=\"a\nn t=\"\r\n", 14)
        check("m t=\"a\nn t=\"\rb", 7)
        // Quotes that open nothing.
        check("m,t=5\" v=1\nn", 11)
        check("# t=\"\nn", 6)
        check("m v=1,t\\=\"x\nn", 12)
        check("m t=\"a\\\"\nb", 0)
    }

    @Test func whatCannotGrowIsCutAtANewline() {
        check("m t=\"a\nb\nc", mayGrow: false, 7)
        check("m v=1\nm t=\"a\nb\nc", mayGrow: false, 6)
        check("m t=abc", mayGrow: false, 0)
    }

    /// Whatever the text and wherever it is cut: a piece ends where a record of the whole text
    /// ends, and pieces of good text come to an end.
    @Test func piecesEndWhereRecordsEnd() {
        let words = [
            "m", ",t=a", " ", "v=1", ",", "u=\"", "\"", "\n", "\\", "=", "#", "x=\"a\nb\"", " 17",
            "\r\n", "\\\"", "\t", "w=\"\"", "\"\n",
        ]
        var random = SplitMix(state: 7)
        for _ in 0..<3_000 {
            var text = ""
            for _ in 0..<Int(random.next() % 24) { text += words[Int(random.next() % 18)] }
            let bytes = Array(text.utf8)
            var ends: Set<Int> = [0]
            var parser = LineParser()
            var position = 0
            while parser.next(bytes.span, position: &position, end: bytes.count) != .end {
                ends.insert(position)
            }
            for count in 0...bytes.count {
                let end = RecordSplit.end(bytes.span, count, true)
                #expect(ends.contains(end), "\(text.debugDescription) cut at \(count): \(end)")
                let forced = RecordSplit.end(bytes.span, count, false)
                #expect(forced == 0 || bytes[forced - 1] == 0x0A)
                #expect((forced > 0) == bytes[..<count].contains(0x0A))
            }
        }
    }
}

/// A generator whose numbers are the same in every run.
private struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
