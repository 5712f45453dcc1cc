/// One source file as the rules see it.
///
/// In: the text of a Swift or C file. Out: the same text with comments and the insides of string
/// literals blanked, line for line and column for column, so that a rule about code never trips
/// over prose. Always holds: `code` has the same bytes per line as the text. Absent on purpose: a
/// Swift parser; regex literals are not understood, and the sources have none.
struct SourceText {
    /// From the repository root: `Sources/Core/Windows/Watermark.swift`.
    let path: String
    let text: String
    /// Comments and strings blanked.
    let code: [UInt8]

    /// Stands in `code` for a byte inside a string literal; a blanked comment is spaces.
    static let stringFiller: UInt8 = 0x01

    init(path: String, text: String) {
        self.path = path
        self.text = text
        var scrubber = Scrubber(Array(text.utf8))
        code = scrubber.run()
    }

    /// The last component of the path.
    var name: String { String(path.split(separator: "/").last ?? "") }

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// Lines of `code`.
    var codeLines: [ArraySlice<UInt8>] {
        code.split(separator: 0x0A, omittingEmptySubsequences: false)
    }

    /// `code` as text, for the parsers that read whole declarations.
    var codeText: String { String(decoding: code, as: UTF8.self) }

    /// Lines (from 1) on which `token` stands in the code. Where the token begins or ends with a
    /// letter, its neighbour must be none: `Task` is not found in `TaskGroup`.
    func lines(with token: String) -> [Int] {
        let wanted = Array(token.utf8)
        guard let first = wanted.first, let last = wanted.last else { return [] }
        var found: [Int] = []
        var line = 1
        for start in code.indices {
            if code[start] == 0x0A { line += 1 }
            guard code[start] == first, start + wanted.count <= code.count, found.last != line,
                code[start..<start + wanted.count].elementsEqual(wanted)
            else { continue }
            let end = start + wanted.count
            let joinsBefore =
                SourceText.isWord(first) && start > 0 && SourceText.isWord(code[start - 1])
            let joinsAfter =
                SourceText.isWord(last) && end < code.count && SourceText.isWord(code[end])
            if !joinsBefore, !joinsAfter { found.append(line) }
        }
        return found
    }

    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x80...: true
        default: false
        }
    }
}

/// Blanks comments and strings, interpolations excepted: those are code.
private struct Scrubber {
    private let bytes: [UInt8]
    private var output: [UInt8] = []
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        output.reserveCapacity(bytes.count)
    }

    mutating func run() -> [UInt8] {
        code(untilParenthesis: false)
        return output
    }

    private func byte(_ ahead: Int = 0) -> UInt8 {
        position + ahead < bytes.count ? bytes[position + ahead] : 0
    }

    private mutating func keep() {
        output.append(byte())
        position += 1
    }

    private mutating func blank(with filler: UInt8 = 0x20) {
        output.append(byte() == 0x0A ? 0x0A : filler)
        position += 1
    }

    private mutating func code(untilParenthesis: Bool) {
        var depth = 0
        while position < bytes.count {
            switch byte() {
            case 0x2F where byte(1) == 0x2F:
                while position < bytes.count, byte() != 0x0A { blank() }
            case 0x2F where byte(1) == 0x2A: blockComment()
            case 0x22: string(hashes: 0)
            case 0x23:
                var hashes = 0
                while byte(hashes) == 0x23 { hashes += 1 }
                let opensString = byte(hashes) == 0x22
                for _ in 0..<hashes { keep() }
                if opensString { string(hashes: hashes) }
            case 0x28:
                depth += 1
                keep()
            case 0x29:
                if untilParenthesis, depth == 0 { return }
                depth -= 1
                keep()
            default: keep()
            }
        }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if byte() == 0x2F, byte(1) == 0x2A {
                depth += 1
                blank()
            } else if byte() == 0x2A, byte(1) == 0x2F {
                depth -= 1
                blank()
            }
            blank()
        } while depth > 0 && position < bytes.count
    }

    private mutating func string(hashes: Int) {
        let quotes = byte(1) == 0x22 && byte(2) == 0x22 ? 3 : 1
        for _ in 0..<quotes { keep() }
        while position < bytes.count {
            if byte() == 0x22, closes(quotes, hashes) {
                for _ in 0..<quotes + hashes { keep() }
                return
            }
            // A string of one line that is not closed is a mistake of this scanner, not of the
            // compiled source: give up on it at the end of the line.
            if quotes == 1, byte() == 0x0A { return }
            guard byte() == 0x5C, (0..<hashes).allSatisfy({ byte(1 + $0) == 0x23 }) else {
                blank(with: SourceText.stringFiller)
                continue
            }
            for _ in 0...hashes { blank(with: SourceText.stringFiller) }
            if byte() == 0x28 {
                keep()
                code(untilParenthesis: true)
                if position < bytes.count { keep() }
            } else if position < bytes.count {
                blank(with: SourceText.stringFiller)
            }
        }
    }

    private func closes(_ quotes: Int, _ hashes: Int) -> Bool {
        (0..<quotes).allSatisfy { byte($0) == 0x22 }
            && (0..<hashes).allSatisfy { byte(quotes + $0) == 0x23 }
    }
}
