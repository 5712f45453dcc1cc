/// Finds the line on which each key of a TOML text stands.
///
/// The parser keeps positions for syntax errors only, so this walks the text a second time. It
/// runs on texts the parser has accepted and therefore checks nothing; on any other text it still
/// ends and finds some of the keys.
struct ConfigurationLines {
    private let bytes: [UInt8]
    private var cursor = 0
    private var line = 1
    /// How many elements each `[[array of tables]]` has so far.
    private var elements: [[String]: Int] = [:]
    private var found: [[String]: Int] = [:]

    init(_ text: String) {
        bytes = Array(text.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { cursor = 3 }
        var section: [String] = []
        while skipBlank(), cursor < bytes.count {
            let start = cursor
            if peek == UInt8(ascii: "[") {
                section = header()
            } else {
                assignment(in: section, until: [UInt8(ascii: "\n"), UInt8(ascii: "#")])
            }
            if cursor == start { advance() }
        }
    }

    /// The line of a key, counted from 1. `parts` may contain positions in lists: `[0]`.
    subscript(parts: [String]) -> Int? { found[parts] }

    private var peek: UInt8? { cursor < bytes.count ? bytes[cursor] : nil }

    private mutating func advance() {
        if peek == UInt8(ascii: "\n") { line += 1 }
        cursor += 1
    }

    private mutating func note(_ parts: [String]) {
        for length in 1...max(1, parts.count) where length <= parts.count {
            let prefix = Array(parts.prefix(length))
            if found[prefix] == nil { found[prefix] = line }
        }
    }

    /// Skips spaces, line ends and comments. Always `true`, to stand in a loop's condition.
    private mutating func skipBlank() -> Bool {
        while let byte = peek {
            if byte == UInt8(ascii: "#") {
                while let byte = peek, byte != UInt8(ascii: "\n") {
                    _ = byte
                    advance()
                }
            } else if byte == UInt8(ascii: " ") || (9...13).contains(byte) {
                advance()
            } else {
                break
            }
        }
        return true
    }

    private mutating func skipSpaces() {
        while peek == UInt8(ascii: " ") || peek == UInt8(ascii: "\t") { advance() }
    }

    /// `[a.b]` or `[[a.b]]`; returns the table the following lines belong to.
    private mutating func header() -> [String] {
        advance()
        let isArray = peek == UInt8(ascii: "[")
        if isArray { advance() }
        let keys = dottedKey()
        var table: [String] = []
        for (index, key) in keys.enumerated() {
            table.append(key)
            if isArray, index == keys.count - 1 { elements[table, default: 0] += 1 }
            if let count = elements[table] { table.append("[\(count - 1)]") }
        }
        note(table)
        // A header wins over earlier mentions: `[class.pump]` is where the class is declared even
        // when `[class.pump.signal.x]` stands above it.
        found[table] = line
        while peek == UInt8(ascii: "]") { advance() }
        return table
    }

    /// `key = value`, or nothing that looks like it: then up to one of `ends`.
    private mutating func assignment(in table: [String], until ends: [UInt8]) {
        let path = table + dottedKey()
        note(path)
        while let byte = peek, byte != UInt8(ascii: "=") {
            if ends.contains(byte) { return }
            advance()
        }
        if peek != nil { advance() }
        skipSpaces()
        value(path)
    }

    private mutating func dottedKey() -> [String] {
        var keys: [String] = []
        while true {
            skipSpaces()
            keys.append(key())
            skipSpaces()
            guard peek == UInt8(ascii: ".") else { return keys }
            advance()
        }
    }

    private mutating func key() -> String {
        if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") { return string() }
        let start = cursor
        while let byte = peek, !" \t\r\n.=[]{},#\"'".utf8.contains(byte) { advance() }
        return String(decoding: bytes[start..<cursor], as: UTF8.self)
    }

    private mutating func value(_ path: [String]) {
        switch peek {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = string()
        case UInt8(ascii: "["):
            advance()
            var index = 0
            while skipBlank(), let byte = peek, byte != UInt8(ascii: "]") {
                let start = cursor
                let element = path + ["[\(index)]"]
                note(element)
                value(element)
                index += 1
                _ = skipBlank()
                if peek == UInt8(ascii: ",") || cursor == start { advance() }
            }
            if peek != nil { advance() }
        case UInt8(ascii: "{"):
            advance()
            while skipBlank(), let byte = peek, byte != UInt8(ascii: "}") {
                let start = cursor
                assignment(in: path, until: [UInt8(ascii: ","), UInt8(ascii: "}")])
                _ = skipBlank()
                if peek == UInt8(ascii: ",") || cursor == start { advance() }
            }
            if peek != nil { advance() }
        default:
            while let byte = peek, !",]}#\n".utf8.contains(byte) { advance() }
        }
    }

    /// Any of TOML's four kinds of string; returns what it says, which matters for keys only.
    private mutating func string() -> String {
        guard let quote = peek else { return "" }
        let isBasic = quote == UInt8(ascii: "\"")
        let long = bytes[cursor...].starts(with: [quote, quote, quote])
        for _ in 0..<(long ? 3 : 1) { advance() }
        var content: [UInt8] = []
        while let byte = peek {
            if byte == quote {
                // Up to two quotes may stand before the three that end a long string.
                let run = bytes[cursor...].prefix { $0 == quote }.count
                if !long || run >= 3 {
                    for _ in 0..<(long ? min(run, 5) : 1) { advance() }
                    break
                }
            }
            if isBasic, byte == UInt8(ascii: "\\") {
                advance()
                escape(into: &content)
            } else {
                content.append(byte)
                advance()
            }
        }
        return String(decoding: content, as: UTF8.self)
    }

    /// What follows a backslash.
    private mutating func escape(into content: inout [UInt8]) {
        guard let byte = peek else { return }
        advance()
        switch byte {
        case UInt8(ascii: "n"): content.append(10)
        case UInt8(ascii: "t"): content.append(9)
        case UInt8(ascii: "r"): content.append(13)
        case UInt8(ascii: "b"): content.append(8)
        case UInt8(ascii: "f"): content.append(12)
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let length = byte == UInt8(ascii: "u") ? 4 : 8
            let digits = String(decoding: bytes[cursor...].prefix(length), as: UTF8.self)
            guard let code = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(code) else {
                return
            }
            for _ in 0..<length { advance() }
            content.append(contentsOf: String(scalar).utf8)
        default: content.append(byte)
        }
    }
}
