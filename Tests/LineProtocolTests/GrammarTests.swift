import Testing

/// The grammar, one case a line: name, input, the records it stands for.
@Suite struct GrammarTests {
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

    func check(_ example: Case) {
        #expect(Harness.records(example.input) == example.expected, "\(example.name)")
    }

    static let sections: [Case] = [
        Case("one field", "m v=1", "m v=float(1.0)"),
        Case("newline", "m v=1\n", "m v=float(1.0)"),
        Case("timestamp", "m v=1 17", "m v=float(1.0) @17"),
        Case("nanoseconds", "m v=1 1700000000123456789\n", "m v=float(1.0) @1700000000123456789"),
        Case("tag", "m,a=b v=1 17", "m,a=b v=float(1.0) @17"),
        Case("tags keep order", "m,b=2,a=1 v=1", "m,b=2,a=1 v=float(1.0)"),
        Case("duplicate tags", "m,a=1,a=2 v=1", "m,a=1,a=2 v=float(1.0)"),
        Case("fields", "m a=1,b=2i,c=t", "m a=float(1.0),b=integer(2),c=true"),
        Case("duplicate fields", "m a=1,a=2", "m a=float(1.0),a=float(2.0)"),
        Case("two records", "m v=1\nn v=2\n", "m v=float(1.0)", "n v=float(2.0)"),
        Case("nothing", ""),
        Case("blank lines", "\n\n  \n\t\n"),
        Case("blank lines with CR", "\r\n  \r\n\r"),
        Case("comment", "# m v=1\n"),
        Case("comment at end", "m v=1\n#x", "m v=float(1.0)"),
        Case("indented comment", "  # m v=1\nm v=2", "m v=float(2.0)"),
        Case("comment with quote", "# v=\"x\nm v=2", "m v=float(2.0)"),
        Case("comment with CR", "# x\r\nm v=2\r\n", "m v=float(2.0)"),
        Case("hash later", "m#,a#=#b v#=1", "m#,a#=#b v#=float(1.0)"),
        Case(
            "CRLF", "m v=1\r\nm v=2i\r\nm v=t 5\r\n", "m v=float(1.0)", "m v=integer(2)",
            "m v=true @5"),
        Case("CR at end", "m v=1\r", "m v=float(1.0)"),
        Case("CR after blanks", "m v=1 5 \r\n", "m v=float(1.0) @5"),
        Case("CR after string", "m v=\"a\"\r\n", "m v=\"a\""),
        Case("leading spaces", "   m v=1", "m v=float(1.0)"),
        Case("leading tabs", "\t m v=1", "m v=float(1.0)"),
        Case("spaces between", "m   v=1   17", "m v=float(1.0) @17"),
        Case("tabs after space", "m \tv=1 \t17\t", "m v=float(1.0) @17"),
        Case("trailing spaces", "m v=1   \nm v=2 5   ", "m v=float(1.0)", "m v=float(2.0) @5"),
        Case("trailing space before CR", "m v=1 \r\n", "m v=float(1.0)"),
        Case("negative time", "m v=1 -17", "m v=float(1.0) @-17"),
        Case("time zero", "m v=1 0", "m v=float(1.0) @0"),
        Case("leading zeros in time", "m v=1 00000000000000000000000017", "m v=float(1.0) @17"),
        Case("greatest time", "m v=1 9223372036854775807", "m v=float(1.0) @9223372036854775807"),
        Case("least time", "m v=1 -9223372036854775808", "m v=float(1.0) @-9223372036854775808"),
        Case("eight digits", "m v=1 12345678", "m v=float(1.0) @12345678"),
        Case("sixteen digits", "m v=1 1234567812345678", "m v=float(1.0) @1234567812345678"),
        Case("seconds", "m v=1 1700000000\n", "m v=float(1.0) @1700000000"),
        Case("milliseconds", "m v=1 1700000000123\n", "m v=float(1.0) @1700000000123"),
    ]

    static let names: [Case] = [
        Case("escaped comma in measurement", "a\\,b v=1", "a,b v=float(1.0)"),
        Case("escaped space in measurement", "a\\ b v=1", "a b v=float(1.0)"),
        Case("escaped equals in measurement", "a\\=b v=1", "a\\=b v=float(1.0)"),
        Case("bare equals in measurement", "a=b v=1", "a=b v=float(1.0)"),
        Case("only equals as measurement", "= v=1", "= v=float(1.0)"),
        Case("measurement that looks like a tag", "a=b,c=d v=1", "a=b,c=d v=float(1.0)"),
        Case("backslash in measurement", "a\\b v=1", "a\\b v=float(1.0)"),
        Case("two backslashes", "a\\\\b v=1", "a\\\\b v=float(1.0)"),
        Case("two backslashes and comma", "a\\\\,b v=1", "a\\,b v=float(1.0)"),
        Case("escapes in tag key", "m,a\\,\\=\\ b=1 v=1", "m,a,= b=1 v=float(1.0)"),
        Case("escapes in tag value", "m,a=\\,\\=\\ b v=1", "m,a=,= b v=float(1.0)"),
        Case("escapes in field key", "m a\\,\\=\\ b=1", "m a,= b=float(1.0)"),
        Case("escaped equals as key", "m \\==1", "m ==float(1.0)"),
        Case("padded backslash", "m,t=end\\  v=1i", "m,t=end  v=integer(1)"),
        Case("backslash inside tag value", "m,t=a\\b v=1", "m,t=a\\b v=float(1.0)"),
        Case("backslash before quote", "m,t=a\\\"b v=1", "m,t=a\\\"b v=float(1.0)"),
        Case("backslash ends key", "m,t\\=x=1 v=1", "m,t=x=1 v=float(1.0)"),
        Case("quotes in names", "m\",t\"=\" v\"=1", "m\",t\"=\" v\"=float(1.0)"),
        Case("single quotes in names", "m',t'=' v'=1", "m',t'=' v'=float(1.0)"),
        Case("unicode", "größe,ort=Köln wärme=21.5", "größe,ort=Köln wärme=float(21.5)"),
        Case("emoji", "🚰,a=😀 é=1", "🚰,a=😀 é=float(1.0)"),
        Case(
            "control bytes", "m\u{1},t\u{7}=\u{1B}x v\u{7F}=1",
            "m\u{1},t\u{7}=\u{1B}x v\u{7F}=float(1.0)"),
        Case("tab in names", "a\tb,c\td=e\tf g\th=1", "a\tb,c\td=e\tf g\th=float(1.0)"),
        Case("CR in names", "a\rb,c=d\re f=1", "a\rb,c=d\re f=float(1.0)"),
        Case("CR alone first", "\rm v=1", "\rm v=float(1.0)"),
        Case(
            "near the delimiters", "m-+<>[]*!~,a-=b-,c-=;-: v-=1",
            "m-+<>[]*!~,a-=b-,c-=;-: v-=float(1.0)"),
        Case("comma then minus", "m,-=- -=-1", "m,-=- -=float(-1.0)"),
        Case(
            "long names",
            "mmmmmmmmmmmmmmmmmmmm,tttttttttttttttttttt=vvvvvvvvvvvvvvvvvvvv ffffffffffffffffffff=1",
            "mmmmmmmmmmmmmmmmmmmm,tttttttttttttttttttt=vvvvvvvvvvvvvvvvvvvv "
                + "ffffffffffffffffffff=float(1.0)"
        ),
        Case(
            "fifteen byte key twice", "m abcdefghijklmno=1\nm abcdefghijklmno=2",
            "m abcdefghijklmno=float(1.0)", "m abcdefghijklmno=float(2.0)"),
        Case(
            "sixteen byte key twice", "m abcdefghijklmnop=1\nm abcdefghijklmnop=2",
            "m abcdefghijklmnop=float(1.0)", "m abcdefghijklmnop=float(2.0)"),
        Case(
            "key with a remembered start", "m ab=1\nm abc=2\nm a=3\nm ab=4", "m ab=float(1.0)",
            "m abc=float(2.0)", "m a=float(3.0)", "m ab=float(4.0)"),
        Case(
            "seven byte key", "m abcdefg=1\nm abcdefg=2\nm abcdefh=3", "m abcdefg=float(1.0)",
            "m abcdefg=float(2.0)", "m abcdefh=float(3.0)"),
        Case(
            "escaped key is not remembered", "m a\\ b=1\nm a\\ b=2", "m a b=float(1.0)",
            "m a b=float(2.0)"),
        Case("one byte everything", "m,t=v f=1", "m,t=v f=float(1.0)"),
        Case("field named like a boolean", "m t=1,f=2", "m t=float(1.0),f=float(2.0)"),
    ]

    static let values: [Case] = [
        Case("empty string", "m v=\"\"", "m v=\"\""),
        Case("text", "m v=\"a b,c=d\" 5", "m v=\"a b,c=d\" @5"),
        Case("escaped quote", "m v=\"a\\\"b\"", "m v=\"a\"b\""),
        Case("escaped backslash", "m v=\"a\\\\\"", "m v=\"a\\\""),
        Case("backslash then quote", "m v=\"a\\\\\\\"b\"", "m v=\"a\\\"b\""),
        Case("other backslashes", "m v=\"\\n\\t\\,\\ \"", "m v=\"\\n\\t\\,\\ \""),
        Case("newline in text", "m v=\"a\nb\" 5\nn v=1", "m v=\"a\nb\" @5", "n v=float(1.0)"),
        Case("blank lines in text", "m v=\"\n\n\n\"", "m v=\"\n\n\n\""),
        Case("CRLF in text", "m v=\"a\r\nb\"\r\n", "m v=\"a\r\nb\""),
        Case("NUL in text", "m v=\"a\u{0}b\"", "m v=\"a\u{0}b\""),
        Case("record in text", "m v=\"x\nn v=1\n\",w=2", "m v=\"x\nn v=1\n\",w=float(2.0)"),
        Case(
            "texts and numbers", "m a=\"x\",b=1,c=\"y\",d=2i",
            "m a=\"x\",b=float(1.0),c=\"y\",d=integer(2)"),
        Case("unicode text", "m v=\"Pumpe läuft 🚰\"", "m v=\"Pumpe läuft 🚰\""),
        Case("single quotes in text", "m v=\"it's\"", "m v=\"it's\""),
        Case("comment sign in text", "m v=\"\n# x\n\"", "m v=\"\n# x\n\""),
        Case("t", "m a=t,b=T", "m a=true,b=true"),
        Case("true", "m a=true,b=True,c=TRUE", "m a=true,b=true,c=true"),
        Case("f", "m a=f,b=F", "m a=false,b=false"),
        Case("false", "m a=false,b=False,c=FALSE", "m a=false,b=false,c=false"),
        Case("boolean before time", "m a=true 5\nm a=f 6", "m a=true @5", "m a=false @6"),
        Case(
            "integer", "m v=0i,w=-1i,y=-0i",
            "m v=integer(0),w=integer(-1),y=integer(0)"),
        Case(
            "integer limits", "m v=9223372036854775807i,w=-9223372036854775808i",
            "m v=integer(9223372036854775807),w=integer(-9223372036854775808)"),
        Case("integer with zeros", "m v=0000000000000000000000000000017i", "m v=integer(17)"),
        Case(
            "integer of seven and eight digits",
            "m v=1234567i,w=12345678i,x=-1234567i,y=123456789i",
            "m v=integer(1234567),w=integer(12345678),x=integer(-1234567),y=integer(123456789)"),
        Case("unsigned", "m v=0u,w=17u", "m v=unsigned(0),w=unsigned(17)"),
        Case("unsigned limit", "m v=18446744073709551615u", "m v=unsigned(18446744073709551615)"),
        Case("float", "m v=1.5,w=-1.5", "m v=float(1.5),w=float(-1.5)"),
        Case(
            "float without whole", "m v=.5,w=-.5", "m v=float(0.5),w=float(-0.5)"
        ),
        Case("float without fraction", "m v=5.,w=-5.", "m v=float(5.0),w=float(-5.0)"),
        Case(
            "exponents", "m v=1e5,w=1E5,x=1e+5,y=1e-5,z=1.5e2",
            "m v=float(100000.0),w=float(100000.0),x=float(100000.0),y=float(1e-05)"
                + ",z=float(150.0)"),
        Case("point then exponent", "m v=5.e1,w=.5e1", "m v=float(50.0),w=float(5.0)"),
        Case("minus zero", "m v=-0,w=-0.0,x=0", "m v=float(-0.0),w=float(-0.0),x=float(0.0)"),
        Case(
            "leading zeros", "m v=007,w=00.50,x=-000000000001.5",
            "m v=float(7.0),w=float(0.5),x=float(-1.5)"),
        Case(
            "seven characters", "m v=1234567,w=12.4567,x=-1234567",
            "m v=float(1234567.0),w=float(12.4567),x=float(-1234567.0)"),
        Case(
            "eight characters", "m v=12345678,w=123.5678,x=-123.5678",
            "m v=float(12345678.0),w=float(123.5678),x=float(-123.5678)"),
        Case("seventeen digits", "m v=21.123456789012345", "m v=float(21.123456789012344)"),
        Case("greatest float", "m v=1.7976931348623157e308", "m v=float(1.7976931348623157e+308)"),
        Case(
            "least float", "m v=5e-324,w=4.9406564584124654e-324",
            "m v=float(5e-324),w=float(5e-324)"),
        Case("underflow", "m v=1e-400,w=-1e-400", "m v=float(0.0),w=float(-0.0)"),
        Case("zero with great exponent", "m v=0e999999999999999999999", "m v=float(0.0)"),
        Case("short value at the very end", "m v=1i", "m v=integer(1)"),
    ]

    @Test(arguments: sections) func section(_ example: Case) { check(example) }
    @Test(arguments: names) func name(_ example: Case) { check(example) }
    @Test(arguments: values) func value(_ example: Case) { check(example) }

    /// Every case between two good records, in one input: neither neighbour may suffer, and what
    /// the parser remembers from one record must not show in the next.
    @Test func casesSideBySide() {
        var input = ""
        var expected: [String] = []
        for example in Self.sections + Self.names + Self.values {
            input += "left,a=b v=1,w=2 3\n" + example.input + "\nright v=4i\n"
            expected += ["left,a=b v=float(1.0),w=float(2.0) @3"]
            expected += example.expected + ["right v=integer(4)"]
        }
        let found = Harness.records(input)
        #expect(found.count == expected.count)
        for (index, pair) in zip(found, expected).enumerated() where pair.0 != pair.1 {
            Issue.record("record \(index): \(pair.0) instead of \(pair.1)")
            return
        }
    }

    /// The end of the range is a newline, whatever the bytes behind it say.
    @Test func rangeInsideBytes() {
        let cases = Self.sections + Self.names + Self.values
        for example in cases {
            let bytes = Array(example.input.utf8)
            let padded = bytes + Array("123,x=y\"".utf8)
            var parser = LineParserBox()
            #expect(parser.count(padded, end: bytes.count) == example.expected.count)
        }
    }
}
