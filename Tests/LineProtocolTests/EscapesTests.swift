import LineProtocol
import Testing

/// Which backslashes go and which stay.
@Suite struct EscapesTests {
    struct Case: Sendable {
        let part: EscapedPart
        let raw: String
        let meant: String

        init(_ part: EscapedPart, _ raw: String, _ meant: String) {
            self.part = part
            self.raw = raw
            self.meant = meant
        }
    }

    func check(_ example: Case) {
        let bytes = Array(example.raw.utf8)
        let unescaped = Escapes.unescaped(
            bytes.span, from: 0, to: bytes.count, of: example.part)
        #expect(String(decoding: unescaped, as: UTF8.self) == example.meant)
    }

    static let cases: [Case] = [
        Case(.measurement, "", ""),
        Case(.measurement, "abc", "abc"),
        Case(.measurement, "a\\,b\\ c\\=d\\\"e\\\\f", "a,b c\\=d\\\"e\\\\f"),
        Case(.measurement, "\\", "\\"),
        Case(.measurement, "a\\\\,b", "a\\,b"),
        Case(.name, "a\\,b\\ c\\=d\\\"e\\\\f", "a,b c=d\\\"e\\\\f"),
        Case(.name, "end\\ ", "end "),
        Case(.name, "end\\", "end\\"),
        Case(.name, "\\\\\\=", "\\\\="),
        Case(.name, "größe\\ 🚰", "größe 🚰"),
        Case(.string, "a\\,b\\ c\\=d\\\"e\\\\f", "a\\,b\\ c\\=d\"e\\f"),
        Case(.string, "\\\\\\\"", "\\\""),
        Case(.string, "\\n\\t", "\\n\\t"),
        Case(.string, "\\", "\\"),
        Case(.string, "a\nb", "a\nb"),
    ]

    @Test(arguments: cases) func unescapes(_ example: Case) { check(example) }

    @Test func appendsARange() {
        let bytes = Array("xxa\\,byy".utf8)
        var output: [UInt8] = [1]
        Escapes.append(bytes.span, from: 2, to: 6, of: .name, to: &output)
        #expect(output == [1] + Array("a,b".utf8))
        Escapes.append(bytes.span, from: 2, to: 4, of: .name, to: &output)
        #expect(output == [1] + Array("a,ba\\".utf8))
    }

    @Test func bytesThatAreNoTextPass() {
        let bytes: [UInt8] = [0xFF, 0x5C, 0x2C, 0x80, 0x00]
        let unescaped = Escapes.unescaped(bytes.span, from: 0, to: 5, of: .name)
        #expect(unescaped == [0xFF, 0x2C, 0x80, 0x00])
    }
}
