import LineProtocol
import Testing

/// Where reading goes on after a refusal.
@Suite struct RecordBoundaryTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let input: String
        let expected: [String]
        var testDescription: String { name }

        init(_ name: String, _ input: String, _ expected: String...) {
            self.name = name
            self.input = input
            self.expected = expected
        }
    }

    static let cases: [Case] = [
        Case(
            "text in the input is never closed", "m v=\"a\nn v=1\no v=2", "!unterminated_string@5",
            "n v=float(1.0)", "o v=float(2.0)"),
        Case(
            "next record's quote looks like the end", "m v=\"a\nn v=\"b\"\n",
            "!text_after_string@13", "n v=\"b\""),
        Case(
            "quote two records later", "m v=\"a\nn v=1\no v=\"b\" 3\n", "!text_after_string@19",
            "n v=float(1.0)", "o v=\"b\" @3"),
        Case(
            "next record has an empty text", "m v=\"a\nn v=\"\"\n", "!text_after_string@13",
            "n v=\"\""),
        Case(
            "next record has a quote in a tag", "m v=\"a\nn,t=5\"x v=1\n", "!text_after_string@14",
            "n,t=5\"x v=float(1.0)"),
        Case(
            "good text in a bad record", "m,a= v=\"x\ny\" 5\nn v=1", "!missing_tag_value@5",
            "n v=float(1.0)"),
        Case(
            "good texts in a bad record", "m a=\"\n\",b=,c=\"\nx\"\nn v=1",
            "!missing_field_value@11", "n v=float(1.0)"),
        Case(
            "good text before the mistake", "m a=\"x\ny\",b=z\nn v=1", "!unquoted_text@13",
            "n v=float(1.0)"),
        Case(
            "good text after the mistake", "m b=z,a=\"x\ny\"\nn v=1", "!unquoted_text@5",
            "n v=float(1.0)"),
        Case(
            "good text then an open one", "m a=\"x\ny\",b=\"z\nn v=1", "!unterminated_string@13",
            "n v=float(1.0)"),
        Case(
            "text closed on its line, then a good one", "m a=\"x\"y,b=\"\nn\"\nn v=1",
            "!text_after_string@8", "n v=float(1.0)"),
        Case(
            "text over two lines with more behind it", "m a=\"x\ny\"z\nn v=1",
            "!text_after_string@10", "!missing_fields@4", "n v=float(1.0)"),
        Case(
            "quotes in the key open nothing", "m,a=\"b\nn v=1", "!missing_fields@7",
            "n v=float(1.0)"),
        Case(
            "quotes in a field key open nothing", "m \"v=x\nn v=1", "!unquoted_text@6",
            "n v=float(1.0)"),
        Case(
            "quote inside a value opens nothing", "m v=a\"b\nn v=1", "!unquoted_text@5",
            "n v=float(1.0)"),
        Case(
            "quote after an escaped equals opens nothing", "m a\\=\"b\nn v=1",
            "!missing_field_equals@8", "n v=float(1.0)"),
        Case(
            "escaped space does not start the fields", "m\\ v=\"b\nn v=1", "!missing_fields@8",
            "n v=float(1.0)"),
        Case(
            "unescaped space in a tag, then a good text", "m,t=a b v=\"x\ny\" 1\nn v=1",
            "!missing_field_equals@8", "n v=float(1.0)"),
        Case(
            "escaped quote before the newline", "m v=\"a\\\"\nn v=1", "!unterminated_string@5",
            "n v=float(1.0)"),
        Case(
            "escaped backslash before the quote", "m v=x,w=\"a\\\\\"\nn v=1", "!unquoted_text@5",
            "n v=float(1.0)"),
        Case(
            "newline right after the opening quote", "m v=\"\nn v=1", "!unterminated_string@5",
            "n v=float(1.0)"),
        Case(
            "nothing after the opening quote", "n v=1\nm v=\"", "n v=float(1.0)",
            "!unterminated_string@5"),
        Case("bad record ends with the input", "m v=1\nx", "m v=float(1.0)", "!missing_fields@2"),
        Case(
            "only bad records", "x\ny\nz", "!missing_fields@2", "!missing_fields@2",
            "!missing_fields@2"),
        Case("backslash before the newline", "m\\\nn v=1", "!missing_fields@3", "n v=float(1.0)"),
        Case(
            "backslash ends a tag value before the newline", "m,a=b\\\nn v=1", "!missing_fields@7",
            "n v=float(1.0)"),
        Case(
            "NUL bytes and then a record", "\u{0}\u{0}\u{0}\nn v=1", "!nul_byte@1", "n v=float(1.0)"
        ),
    ]

    func check(_ example: Case) {
        #expect(Harness.records(example.input) == example.expected, "\(example.name)")
    }

    @Test(arguments: cases) func boundary(_ example: Case) { check(example) }

    /// A caller counts lines up to `recordStart`: the first physical line of every record.
    @Test func recordStarts() {
        let bytes = Array("a v=1\n\n# c\n b v=\"\n\n\"\nbad\nc v=1".utf8)
        var parser = LineParser()
        var position = 0
        var starts: [Int] = []
        while parser.next(bytes.span, position: &position, end: bytes.count) != .end {
            starts.append(parser.offsets.recordStart)
        }
        #expect(starts == [0, 6, 7, 11, 21, 25])
    }

    /// Hostile input costs time in proportion to its length, not to its square: many good texts,
    /// then one that is never closed. The count of outcomes shows that no part is read again and
    /// again.
    @Test func openTextAfterManyGoodOnes() {
        var text = "m a=\"\n\""
        for _ in 0..<5_000 { text += " b=\"\n\"" }
        text += " z=\"never"
        let bytes = Array(text.utf8)
        var parser = LineParserBox()
        #expect(parser.count(bytes, end: bytes.count) == 1)
    }
}
