import LineProtocol
import Testing

/// The ranges that callers hash, compare and copy.
@Suite struct OffsetsTests {
    static let input =
        "# first\n  pu\\ mp,a=b,c\\,=d te\\=mp=1.5,n=-7i,u=18446744073709551615u,t=T,"
        + "s=\"x\\\"\" -9\n"

    /// The macro copies what stands in it, which the parser's offsets do not allow.
    func check<Value: Equatable>(
        _ found: Value, _ expected: Value, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(found == expected, sourceLocation: location)
    }

    @Test func ranges() {
        let bytes = Array(Self.input.utf8)
        func text(_ start: Int, _ end: Int) -> String {
            String(decoding: bytes[start..<end], as: UTF8.self)
        }
        var parser = LineParser()
        var position = 0
        check(parser.next(bytes.span, position: &position, end: bytes.count), .blank)
        check(parser.next(bytes.span, position: &position, end: bytes.count), .record)
        #expect(position == bytes.count)
        check(parser.offsets.recordStart, 8)
        check(parser.offsets.hasEscapes, true)
        check(text(parser.offsets.measurementStart, parser.offsets.measurementEnd), "pu\\ mp")
        check(
            text(parser.offsets.seriesKeyStart, parser.offsets.seriesKeyEnd),
            "pu\\ mp,a=b,c\\,=d")
        check(parser.offsets.tagCount, 2)
        check(text(parser.offsets.tagKeyStart(0), parser.offsets.tagKeyEnd(0)), "a")
        check(text(parser.offsets.tagValueStart(0), parser.offsets.tagValueEnd(0)), "b")
        check(text(parser.offsets.tagKeyStart(1), parser.offsets.tagKeyEnd(1)), "c\\,")
        check(text(parser.offsets.tagValueStart(1), parser.offsets.tagValueEnd(1)), "d")
        check(parser.offsets.fieldCount, 5)
        let keys = (0..<5).map {
            text(parser.offsets.fieldKeyStart($0), parser.offsets.fieldKeyEnd($0))
        }
        #expect(keys == ["te\\=mp", "n", "u", "t", "s"])
        let values = (0..<5).map {
            text(parser.offsets.fieldValueStart($0), parser.offsets.fieldValueEnd($0))
        }
        #expect(values == ["1.5", "-7i", "18446744073709551615u", "T", "\"x\\\"\""])
        check((0..<5).map { parser.offsets.fieldKind($0) }, FieldKind.allCases)
        let escaped = (0..<5).map { parser.offsets.fieldKeyHasEscapes($0) }
        #expect(escaped == [true, false, false, false, false])
        check(parser.offsets.fieldDouble(0), 1.5)
        check(parser.offsets.fieldBits(0), (1.5).bitPattern)
        check(parser.offsets.fieldDouble(1), -7)
        check(parser.offsets.fieldInteger(1), -7)
        check(parser.offsets.fieldBits(1), UInt64(bitPattern: -7))
        check(parser.offsets.fieldDouble(2), 0x1p64)
        check(parser.offsets.fieldBits(2), .max)
        check(parser.offsets.fieldDouble(3), 1)
        check(parser.offsets.fieldBits(3), 1)
        check(parser.offsets.fieldDouble(4).isNaN, true)
        check(parser.offsets.fieldBits(4), 0)
        check(parser.offsets.hasTimestamp, true)
        check(parser.offsets.timestamp, -9)
        check(parser.next(bytes.span, position: &position, end: bytes.count), .end)
    }

    /// A record with less must not show what the one before had.
    @Test func reuse() {
        let bytes = Array("a\\b,t=1 v=1,w=2 5\nm v=3".utf8)
        var parser = LineParser()
        for _ in 0..<2 {
            var position = 0
            check(parser.next(bytes.span, position: &position, end: bytes.count), .record)
            check(parser.offsets.hasEscapes && parser.offsets.hasTimestamp, true)
            check(parser.next(bytes.span, position: &position, end: bytes.count), .record)
            check(!parser.offsets.hasEscapes && !parser.offsets.hasTimestamp, true)
            check(parser.offsets.timestamp, 0)
            check(parser.offsets.tagCount, 0)
            check(parser.offsets.fieldCount, 1)
            check(!parser.offsets.fieldKeyHasEscapes(0), true)
        }
    }

    @Test func deferredTagsComeOnDemand() {
        let bytes = Array("m,a=b,c=d v=1 5\n".utf8)
        var parser = LineParser()
        var position = 0
        let outcome = parser.nextDeferringTags(
            bytes.span, position: &position, end: bytes.count)
        #expect(outcome == .record)
        check(parser.offsets.tagCount, 0)
        check(parser.offsets.seriesKeyEnd - parser.offsets.seriesKeyStart, 9)
        check(parser.offsets.timestamp, 5)
        check(parser.splitTags(bytes.span), nil)
        check(parser.offsets.tagCount, 2)
        check(parser.offsets.measurementEnd, 1)
        check(parser.offsets.tagValueEnd(1), 9)
        check(parser.offsets.fieldCount, 1)
    }
}
