import Platform
import Testing

@Suite struct ByteSlabTests {
    private func check(
        _ expected: String, at location: SourceLocation = #_sourceLocation,
        _ change: (inout ByteSlab) -> Void
    ) {
        var slab = ByteSlab(capacity: 8)
        slab.copy(Array("abcdefgh".utf8).span, at: 0)
        change(&slab)
        let text = slab.withBytes(0..<8) { bytes in
            String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        }
        #expect(text == expected, sourceLocation: location)
    }

    @Test func copiesAndMoves() {
        check("abcdefgh") { _ in }
        check("abXYefgh") { $0.copy([0x58, 0x59].span, at: 2) }
        check("abcdefgh") { $0.copy([UInt8]().span, at: 8) }
        check("cdefefgh") { $0.move(2..<6, to: 0) }
        check("aaabcdef") {
            $0.move(0..<6, to: 2)
            $0.copy([0x61].span, at: 1)
        }
    }

    @Test func findsBytes() {
        var slab = ByteSlab(capacity: 6)
        slab.copy(Array("a\nb\nc".utf8).span, at: 0)
        #expect(slab.firstIndex(of: 0x0A, in: 0..<5) == 1)
        #expect(slab.firstIndex(of: 0x0A, in: 2..<5) == 3)
        #expect(slab.firstIndex(of: 0x0A, in: 4..<5) == nil)
        #expect(slab.lastIndex(of: 0x0A, in: 0..<5) == 3)
        #expect(slab.lastIndex(of: 0x0A, in: 0..<3) == 1)
        #expect(slab.lastIndex(of: 0x0A, in: 0..<1) == nil)
        #expect(slab.firstIndex(of: 0x0A, in: 0..<0) == nil)
    }
}
