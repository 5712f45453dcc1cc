/// Finds functions in blanked code and counts their lines, by their braces.
struct FunctionScan {
    struct Function: Equatable {
        /// Line of the keyword, from 1.
        var line: Int
        /// From the keyword to the closing brace, both included.
        var lines: Int
    }

    private(set) var functions: [Function] = []
    private let code: [UInt8]

    init(_ code: [UInt8]) {
        self.code = code
        var line = 1
        var position = 0
        while position < code.count {
            if code[position] == 0x0A { line += 1 }
            guard SourceText.isWord(code[position]) else {
                position += 1
                continue
            }
            let end = wordEnd(position)
            if startsFunction(position..<end), let body = bodyStart(after: end),
                let close = bodyEnd(body)
            {
                let length = code[position...close].count { $0 == 0x0A } + 1
                functions.append(Function(line: line, lines: length))
            }
            position = end
        }
    }

    private func wordEnd(_ start: Int) -> Int {
        code[start...].firstIndex { !SourceText.isWord($0) } ?? code.count
    }

    private func word(_ range: Range<Int>) -> String {
        String(decoding: code[range], as: UTF8.self)
    }

    private func startsFunction(_ range: Range<Int>) -> Bool {
        if range.lowerBound > 0, code[range.lowerBound - 1] == 0x2E { return false }
        switch word(range) {
        case "func", "deinit": return true
        case "init", "subscript":
            return range.upperBound < code.count
                && [0x28, 0x3C, 0x3F, 0x21].contains(code[range.upperBound])
        default: return false
        }
    }

    /// What begins another declaration: a function without a body ends before it.
    private static let declarations: Set<String> = [
        "func", "var", "let", "init", "deinit", "subscript", "case", "struct", "class", "enum",
        "actor", "extension", "protocol", "typealias", "import",
    ]

    /// The brace that opens the body; `nil` for a requirement of a protocol.
    private func bodyStart(after start: Int) -> Int? {
        var depth = 0
        var position = start
        while position < code.count {
            switch code[position] {
            case 0x28, 0x5B: depth += 1
            case 0x29, 0x5D: depth -= 1
            case 0x7B where depth == 0: return position
            case 0x7D where depth == 0: return nil
            default: break
            }
            guard SourceText.isWord(code[position]), depth == 0 else {
                position += 1
                continue
            }
            let end = wordEnd(position)
            let next = word(position..<end)
            if FunctionScan.declarations.contains(next), position > start + 1 {
                return nil
            }
            position = end
        }
        return nil
    }

    private func bodyEnd(_ start: Int) -> Int? {
        var depth = 0
        for position in start..<code.count {
            if code[position] == 0x7B { depth += 1 }
            if code[position] == 0x7D {
                depth -= 1
                if depth == 0 { return position }
            }
        }
        return nil
    }
}
