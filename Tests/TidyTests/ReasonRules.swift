/// Every reason word the program prints is explained in the Reasons page, and nothing else is.
enum ReasonRules {
    /// The words of an enumeration: raw values where it has texts, else the cases in snake case,
    /// which is how the enumerations with numbers spell their names.
    static func words(of enumeration: String, in source: SourceText) -> [String] {
        let lines = source.lines
        guard
            let start = source.codeLines.firstIndex(where: { line in
                let words = String(decoding: line, as: UTF8.self)
                    .split { !$0.isLetter && !$0.isNumber && $0 != "_" }
                return words.contains("enum") && words.contains(Substring(enumeration))
            })
        else { return [] }
        var words: [String] = []
        var depth = 0
        for index in start..<lines.count {
            let code = source.codeLines[index]
            let line = String(lines[index]).trimmed
            if depth == 1, line.hasPrefix("case ") {
                words += caseWords(String(line.dropFirst(5)))
            }
            depth += code.count { $0 == 0x7B } - code.count { $0 == 0x7D }
            if depth == 0, code.contains(0x7D) { break }
        }
        return words
    }

    /// `noTrend = "no_trend"`, `learning`, `one, two`.
    private static func caseWords(_ declaration: String) -> [String] {
        declaration.split(separator: ",").compactMap { part in
            let text = String(part.prefix { $0 != "/" })
            if let open = text.firstIndex(of: "\""),
                let close = text[text.index(after: open)...].firstIndex(of: "\"")
            {
                return String(text[text.index(after: open)..<close])
            }
            let name = text.trimmed.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            return name.isEmpty ? nil : snakeCase(String(name))
        }
    }

    static func snakeCase(_ name: String) -> String {
        var word = ""
        for character in name {
            if character.isUppercase { word += "_" }
            word += character.lowercased()
        }
        return word
    }

    /// The first cells of the tables below the heading that names `enumeration` in backquotes.
    static func documented(_ enumeration: String, in markdown: String) -> [String] {
        var words: [String] = []
        var isInside = false
        for line in markdown.split(separator: "\n") {
            if line.hasPrefix("#") { isInside = line.contains("`\(enumeration)`") }
            guard isInside, line.hasPrefix("| `") else { continue }
            let word = line.dropFirst(3).prefix { $0 != "`" }
            words.append(String(word))
        }
        return words
    }

    static func compare(
        _ enumeration: String, source: SourceText, markdown: String
    ) -> [String] {
        let words = words(of: enumeration, in: source)
        if words.isEmpty { return ["\(source.path): no cases of \(enumeration) found"] }
        let known = documented(enumeration, in: markdown)
        let missing = words.filter { !known.contains($0) }.map {
            "\(enumeration): `\($0)` is not explained in Reasons.md"
        }
        let stale = known.filter { !words.contains($0) }.map {
            "\(enumeration): Reasons.md explains `\($0)`, which does not exist"
        }
        return missing + stale
    }
}
