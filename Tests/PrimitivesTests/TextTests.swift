import Primitives
import Testing

@Suite struct TextTests {
    @Test func jsonKeepsOrderEscapesAndCommas() {
        var json = JSONText()
        json.object { json in
            json.member("b", "line\nquote\" back\\ bell\u{7} tab\t é")
            json.member("a", 1.5)
            json.member("n", Double?.none)
            json.member("i", Int64.min)
            json.member("t", true)
            json.member("nan", Double.nan)
            json.key("list")
            json.array { json in
                json.value(1)
                json.value(UInt64.max)
                json.object { _ in }
                json.raw("{\"x\":1}")
            }
        }
        #expect(
            json.text
                == #"{"b":"line\nquote\" back\\ bell\u0007 tab\t é","a":1.5,"n":null,"#
                + #""i":-9223372036854775808,"t":true,"nan":null,"#
                + #""list":[1,18446744073709551615,{},{"x":1}]}"#)
    }

    @Test(arguments: [
        (0.0, "0"), (1.5, "1.5"), (3.14159, "3.14"), (1480.4, "1480"), (-99.96, "-100"),
        (0.0021049, "0.0021"), (100, "100"), (.nan, "-"), (12, "12"),
    ])
    func shortNumbers(_ value: Double, _ text: String) {
        #expect(NumberText.short(value) == text)
    }

    @Test func rounding() {
        #expect(
            NumberText.rounded(2.345, decimals: 2) == 2.35
                || NumberText.rounded(2.345, decimals: 2) == 2.34)
        #expect(NumberText.rounded(1234.5, significant: 2) == 1200)
        #expect(NumberText.rounded(0.00012345, significant: 3) == 0.000123)
        #expect(NumberText.rounded(-7.0, significant: 4) == -7)
        #expect(NumberText.rounded(1e300, significant: 4).isFinite)
        #expect(NumberText.rounded(.infinity, significant: 4) == .infinity)
    }

    @Test func hashesDependOnEveryByteAndOnTheParts() {
        #expect(ByteHash.hash("pump") == ByteHash.hash("pump"))
        #expect(ByteHash.hash("pump") != ByteHash.hash("pumq"))
        #expect(ByteHash.hash(parts: ["ab", "c"]) != ByteHash.hash(parts: ["a", "bc"]))
        #expect(ByteHash.hex(255) == "00000000000000ff")
        var seen: Set<UInt64> = []
        for index in 0..<100_000 { seen.insert(ByteHash.hash("device-\(index)")) }
        #expect(seen.count == 100_000)
        // Fixed for ever: ticket identifiers are made of it.
        #expect(ByteHash.hex(ByteHash.hash(parts: ["P-101", "bearing"])) == "67a24ed164087178")
    }

    @Test func equalityOfBytes() {
        let left = Array("xxhello worldyy".utf8)
        let right = Array("hello world".utf8)
        func equal(from start: Int, to other: [UInt8]) -> Bool {
            ByteHash.equal(left.span, start, other.span, 0, count: 11)
        }
        #expect(equal(from: 2, to: right))
        #expect(!equal(from: 3, to: right))
        for index in 0..<11 {
            var other = right
            other[index] ^= 1
            #expect(!equal(from: 2, to: other), "\(index)")
        }
    }

    @Test func sourcesReadAsAddresses() {
        #expect(LineSource.ipv4(.udp, 0x7F00_0001).description == "udp:127.0.0.1")
        #expect(
            LineSource(transport: .tcp, high: 0x2001_0DB8_0000_0000, low: 1).description
                == "tcp:2001:db8:0:0:0:0:0:1")
        #expect(LineSource.file(3).description == "file:3")
    }
}
