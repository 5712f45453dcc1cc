import Primitives
import Testing

@testable import Web

/// The small formats of this room.
@Suite struct TextTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        // The example of RFC 9110.
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
    ])
    func dates(seconds: Int64, text: String) {
        #expect(HTTPDate.text(Timestamp(nanoseconds: seconds * 1_000_000_000)) == text)
    }

    @Test(
        arguments: [
            ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar"),
            ("Zm9vYg", "foob"), ("Zm9v Yg", nil), ("+/8=", "\u{FFFD}\u{FFFD}"),
        ] as [(String, String?)])
    func base64(text: String, decoded: String?) { #expect(Base64.decode(text) == decoded) }

    @Test func queries() {
        let items = QueryItems("a=1&b=x+y%20z&c&=d&a=2&e=%4&f=%zz&g=%C3%A4&h=a=b")
        #expect(items["a"] == "1")
        #expect(items["b"] == "x y z")
        #expect(items["c"] == "")
        #expect(items["e"] == "%4")
        #expect(items["f"] == "%zz")
        #expect(items["g"] == "ä")
        #expect(items["h"] == "a=b")
        #expect(items["z"] == nil)
    }

    @Test func tokens() {
        let tokens = AccessTokens(["abc", "longer-one"])
        #expect(tokens.accept("abc") && tokens.accept("longer-one"))
        for wrong in ["", "ab", "abd", "abcd", "longer-onE", "longer-one "] {
            #expect(!tokens.accept(wrong))
        }
    }
}
