import LineProtocol
import Testing

/// Every refusal with its column, and what it does to the records around it: nothing.
@Suite struct RejectionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let rejection: LineRejection
        let column: Int
        let input: String
        var testDescription: String { "\(rejection.name): \(input.debugDescription)" }

        init(_ rejection: LineRejection, _ column: Int, _ input: String) {
            self.rejection = rejection
            self.column = column
            self.input = input
        }
    }

    /// Small, so that the limits have cases of a readable length.
    static let limits = LineLimits(maxLineBytes: 60, maxTags: 3, maxFields: 4)

    static let cases: [Case] = [
        Case(.missingMeasurement, 1, ",a=b v=1"),
        Case(.missingMeasurement, 3, "  ,a=b v=1"),
        Case(.missingTagKey, 3, "m,=b v=1"),
        Case(.missingTagKey, 3, "m, v=1"),
        Case(.missingTagKey, 3, "m,,a=b v=1"),
        Case(.missingTagKey, 7, "m,a=b, v=1"),
        Case(.missingTagKey, 3, "m,"),
        Case(.missingTagEquals, 4, "m,a v=1"),
        Case(.missingTagEquals, 4, "m,a,b=c v=1"),
        Case(.missingTagEquals, 4, "m,a"),
        Case(.missingTagEquals, 4, "m,a b=c v=1"),
        Case(.missingTagValue, 5, "m,a= v=1"),
        Case(.missingTagValue, 5, "m,a=,b=c v=1"),
        Case(.missingTagValue, 5, "m,a="),
        Case(.equalsInTagValue, 6, "m,a=b=c v=1"),
        Case(.equalsInTagValue, 5, "m,a== v=1"),
        Case(.missingFields, 2, "m"),
        Case(.missingFields, 3, "m "),
        Case(.missingFields, 4, "m  "),
        Case(.missingFields, 6, "m,a=b"),
        Case(.missingFields, 7, "m,a=b "),
        Case(.missingFields, 3, "m \r"),
        Case(.missingFields, 4, "m\\ "),
        Case(.missingFields, 5, "\\,\\ "),
        Case(.missingFieldKey, 3, "m =1"),
        Case(.missingFieldKey, 7, "m v=1,"),
        Case(.missingFieldKey, 7, "m v=1, w=2"),
        Case(.missingFieldKey, 7, "m v=1,,w=2"),
        Case(.missingFieldKey, 7, "m v=1,=2"),
        Case(.missingFieldKey, 7, "m v=1, 17"),
        Case(.missingFieldKey, 3, "m ,v=1"),
        Case(.missingFieldKey, 7, "m v=1,\r"),
        Case(.missingFieldEquals, 4, "m v"),
        Case(.missingFieldEquals, 4, "m v w=1"),
        Case(.missingFieldEquals, 8, "m v=1,w"),
        Case(.missingFieldEquals, 4, "m v,w=1"),
        Case(.missingFieldEquals, 5, "m 17 v=1"),
        Case(.missingFieldEquals, 8, "m,t=a b v=1"),
        Case(.missingFieldValue, 5, "m v="),
        Case(.missingFieldValue, 5, "m v= 17"),
        Case(.missingFieldValue, 5, "m v=,w=1"),
        Case(.missingFieldValue, 5, "m v=\r"),
        Case(.unquotedText, 5, "m v=abc"),
        Case(.unquotedText, 5, "m v=tr"),
        Case(.unquotedText, 5, "m v=true1"),
        Case(.unquotedText, 5, "m v=tRUE"),
        Case(.unquotedText, 5, "m v=truetrue"),
        Case(.unquotedText, 5, "m v=falsey"),
        Case(.unquotedText, 5, "m v=infinit"),
        Case(.unquotedText, 5, "m v=nano"),
        Case(.unquotedText, 5, "m v=="),
        Case(.unquotedText, 5, "m v=\u{0}"),
        Case(.unquotedText, 5, "m v=\u{0}\u{0}\u{0}\u{0}\u{0}t1"),
        Case(.unquotedText, 5, "m v=\u{0}\u{0}true 17"),
        Case(.unquotedText, 5, "m v=é"),
        Case(.unquotedText, 9, "m v=1,w=ok"),
        Case(.unquotedText, 5, "m v=i"),
        Case(.unquotedText, 5, "m v=u"),
        Case(.unquotedText, 5, "m v=e5"),
        Case(.singleQuotedText, 5, "m v='abc'"),
        Case(.singleQuotedText, 5, "m v='a b'"),
        Case(.invalidNumber, 5, "m v=1x"),
        Case(.invalidNumber, 5, "m v=1.2.3"),
        Case(.invalidNumber, 5, "m v=1.2.3.4"),
        Case(.invalidNumber, 5, "m v=-"),
        Case(.invalidNumber, 5, "m v=+"),
        Case(.invalidNumber, 5, "m v=."),
        Case(.invalidNumber, 5, "m v=-."),
        Case(.invalidNumber, 5, "m v=--1"),
        Case(.invalidNumber, 5, "m v=+-1"),
        Case(.invalidNumber, 5, "m v=+1"),
        Case(.invalidNumber, 5, "m v=+.5"),
        Case(.invalidNumber, 5, "m v=+1i"),
        Case(.invalidNumber, 5, "m v=+1u"),
        Case(.invalidNumber, 5, "m v=1e"),
        Case(.invalidNumber, 5, "m v=1e+"),
        Case(.invalidNumber, 5, "m v=1e1.5"),
        Case(.invalidNumber, 5, "m v=.e1"),
        Case(.invalidNumber, 5, "m v=1.5i"),
        Case(.invalidNumber, 5, "m v=1.i"),
        Case(.invalidNumber, 5, "m v=1e3i"),
        Case(.invalidNumber, 5, "m v=1ii"),
        Case(.invalidNumber, 5, "m v=1iu"),
        Case(.invalidNumber, 5, "m v=1I"),
        Case(.invalidNumber, 5, "m v=1U"),
        Case(.invalidNumber, 5, "m v=1.5u"),
        Case(.invalidNumber, 5, "m v=-i"),
        Case(.invalidNumber, 5, "m v=0x10"),
        Case(.invalidNumber, 5, "m v=1_000"),
        Case(.invalidNumber, 5, "m v=1\t"),
        Case(.invalidNumber, 5, "m v=1\rx"),
        Case(.invalidNumber, 5, "m v=1\u{0}"),
        Case(.invalidNumber, 5, "m v=1=2"),
        Case(.invalidNumber, 5, "m v=1\"a\""),
        Case(.invalidNumber, 5, "m v=12:30"),
        Case(.invalidNumber, 5, "m v=123456789x"),
    ]

    static let more: [Case] = [
        Case(.notFinite, 5, "m v=nan"),
        Case(.notFinite, 5, "m v=NaN"),
        Case(.notFinite, 5, "m v=NAN"),
        Case(.notFinite, 5, "m v=-nan"),
        Case(.notFinite, 5, "m v=inf"),
        Case(.notFinite, 5, "m v=Inf"),
        Case(.notFinite, 5, "m v=-inf"),
        Case(.notFinite, 5, "m v=+Inf"),
        Case(.notFinite, 5, "m v=infinity"),
        Case(.notFinite, 5, "m v=-INFINITY 17"),
        Case(.floatOutOfRange, 5, "m v=1e309"),
        Case(.floatOutOfRange, 5, "m v=-1e400"),
        Case(.floatOutOfRange, 5, "m v=1.7976931348623159e308"),
        Case(.floatOutOfRange, 5, "m v=1e99999999999999999999999"),
        Case(.integerOutOfRange, 5, "m v=9223372036854775808i"),
        Case(.integerOutOfRange, 5, "m v=-9223372036854775809i"),
        Case(.integerOutOfRange, 5, "m v=99999999999999999999999i"),
        Case(.unsignedOutOfRange, 5, "m v=18446744073709551616u"),
        Case(.unsignedOutOfRange, 5, "m v=99999999999999999999999u"),
        Case(.unsignedOutOfRange, 5, "m v=-1u"),
        Case(.unsignedOutOfRange, 5, "m v=-0u"),
        Case(.unterminatedString, 5, "m v=\"abc"),
        Case(.unterminatedString, 5, "m v=\""),
        Case(.unterminatedString, 5, "m v=\"abc\\\""),
        Case(.unterminatedString, 5, "m v=\"a b,c=d 17"),
        Case(.textAfterString, 8, "m v=\"a\"b"),
        Case(.textAfterString, 7, "m v=\"\"\""),
        Case(.textAfterString, 8, "m v=\"a\"i,w=1"),
        Case(.textAfterString, 8, "m v=\"a\"\t17"),
        Case(.invalidTimestamp, 7, "m v=1 x"),
        Case(.invalidTimestamp, 7, "m v=1 1.5"),
        Case(.invalidTimestamp, 7, "m v=1 1e9"),
        Case(.invalidTimestamp, 7, "m v=1 17i"),
        Case(.invalidTimestamp, 7, "m v=1 -"),
        Case(.invalidTimestamp, 7, "m v=1 +17"),
        Case(.invalidTimestamp, 7, "m v=1 --17"),
        Case(.invalidTimestamp, 7, "m v=1 ,w=2"),
        Case(.invalidTimestamp, 7, "m v=1 w=2 17"),
        Case(.invalidTimestamp, 7, "m v=1 2023-11-14T22:13:20Z"),
        Case(.invalidTimestamp, 7, "m v=1 17\rx"),
        Case(.invalidTimestamp, 7, "m v=1 17\u{0}"),
        Case(.invalidTimestamp, 7, "m v=1 \""),
        Case(.timestampOutOfRange, 7, "m v=1 9223372036854775808"),
        Case(.timestampOutOfRange, 7, "m v=1 -9223372036854775809"),
        Case(.timestampOutOfRange, 7, "m v=1 18446744073709551617"),
        Case(.timestampOutOfRange, 7, "m v=1 100000000000000000000000000"),
        Case(.textAfterTimestamp, 10, "m v=1 17 18"),
        Case(.textAfterTimestamp, 10, "m v=1 17 #x"),
        Case(.textAfterTimestamp, 11, "m v=1 17  m v=2"),
        Case(.nulByte, 1, "\u{0} v=1"),
        Case(.nulByte, 1, "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}"),
        Case(.nulByte, 3, "m,\u{0}=b v=1"),
        Case(.nulByte, 6, "m,a=b\u{0} v=1"),
        Case(.nulByte, 4, "m v\u{0}=1"),
        Case(.nulByte, 3, "m " + String(repeating: "\u{0}", count: 40)),
        Case(.lineTooLong, 61, "m v=\"012345678901234567890123456789012345678901234567890123456\""),
        Case(.lineTooLong, 61, "m,abcdefghijklmnopqrstuvwxyz=abcdefghijklmnopqrstuvwxyz v=1 17"),
        Case(.tooManyTags, 14, "m,a=1,b=2,c=3,d=4 v=1"),
        Case(.tooManyFields, 18, "m a=1,b=2,c=3,d=4,e=5"),
    ]

    func check(_ example: Case) {
        let refusal = "!\(example.rejection.name)@\(example.column)"
        #expect(Harness.records(example.input, limits: Self.limits) == [refusal])
        let left = "left,a=b v=1,w=2i 3"
        let right = "right,c=d w=\"x\ny\",v=4 5"
        let expected = [
            "left,a=b v=float(1.0),w=integer(2) @3", refusal,
            "right,c=d w=\"x\ny\",v=float(4.0) @5",
        ]
        // An unterminated text in front of a record with a text ends at that one's first quote,
        // so the reason there is another; the neighbours are not touched all the same.
        let found = Harness.records(
            left + "\n" + example.input + "\n" + right + "\n", limits: Self.limits)
        let unterminated = example.rejection == .unterminatedString
        #expect(found.count == 3)
        #expect(found.first == expected[0])
        #expect(found.last == expected[2])
        if !unterminated { #expect(found == expected) }
        let plain = Harness.records(
            left + "\r\n" + example.input + "\n" + "right v=4\n", limits: Self.limits)
        #expect(plain == [expected[0], refusal, "right v=float(4.0)"])
    }

    @Test(arguments: cases + more) func refused(_ example: Case) { check(example) }

    /// A new reason without a case fails here.
    @Test(arguments: LineRejection.allCases) func everyRejectionHasCases(_ rejection: LineRejection)
    {
        #expect((Self.cases + Self.more).contains { $0.rejection == rejection })
    }

    @Test func namesAreStableWords() {
        let names = LineRejection.allCases.map(\.name)
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(name.utf8.allSatisfy { $0 == 0x5F || (0x61...0x7A).contains($0) })
        }
        #expect(LineRejection.allCases.map { Int($0.rawValue) } == Array(0..<names.count))
    }

    @Test func messagesAreSentences() {
        let messages = LineRejection.allCases.map(\.message)
        #expect(Set(messages).count == messages.count)
        for message in messages {
            #expect(message.first?.isUppercase == true)
            #expect(message.last == ".")
            #expect(message.count < 100)
        }
        #expect(
            LineRejection.missingTagValue.message
                == "A tag has no value; leave the tag out or give it a value.")
    }

    @Test func limitsAreInclusive() {
        let tags = "m,a=1,b=2,c=3 v=1"
        let fields = "m a=1,b=2,c=3,d=4"
        let long = "m v=\"0123456789012345678901234567890123456789012345678901234\""
        #expect(long.utf8.count == 61)
        let exact = String(long.dropLast(2)) + "\""
        #expect(Harness.records(tags, limits: Self.limits).first?.hasPrefix("m,a") == true)
        #expect(Harness.records(fields, limits: Self.limits).first?.hasPrefix("m a") == true)
        #expect(Harness.records(exact, limits: Self.limits).first?.hasPrefix("m v") == true)
        #expect(Harness.records(long, limits: Self.limits) == ["!line_too_long@61"])
    }

    @Test func limitsAreClamped() {
        let least = LineLimits(maxLineBytes: -1, maxTags: -1, maxFields: -1)
        #expect(least == LineLimits(maxLineBytes: 1, maxTags: 0, maxFields: 1))
        let greatest = LineLimits(maxLineBytes: .max, maxTags: .max, maxFields: .max)
        #expect(greatest.maxLineBytes == 1 << 30)
        #expect(greatest.maxTags == 65_535)
        #expect(greatest.maxFields == 65_535)
        #expect(Harness.records("m,a=b v=1", limits: least) == ["!too_many_tags@2"])
    }
}
