/// Prose that must not rot, and words that must not be left behind.
enum DocumentRules {
    /// Put together here, so that this file does not find itself.
    static let leftovers = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]
    private static let anywhere = ["/wo" + "rk/", "/ho" + "me/", "/ro" + "ot/"]
    private static let outsideTests = ["/tm" + "p/"]

    static func leftovers(_ files: [SourceText]) -> [String] {
        lines(of: files) { line in
            leftovers.first { contains(line, $0, joinsBefore: isWordByte, joinsAfter: isWordByte) }
        }
    }

    /// Paths of one machine. What stands inside a longer path (`outbox/tmp/`) is none.
    static func machinePaths(_ files: [SourceText]) -> [String] {
        let tests = files.filter { $0.path.hasPrefix("Tests/") }
        let others = files.filter { !$0.path.hasPrefix("Tests/") }
        let inPath: (UInt8) -> Bool = { isWordByte($0) || $0 == 0x2E || $0 == 0x2F }
        return lines(of: tests) { line in
            anywhere.first { contains(line, $0, joinsBefore: inPath) { _ in false } }
        }
            + lines(of: others) { line in
                (anywhere + outsideTests).first {
                    contains(line, $0, joinsBefore: inPath) { _ in false }
                }
            }
    }

    /// Files that documents name in backquotes: each must be the end of the path of a file.
    static func missingFiles(_ documents: [SourceText], files: [String]) -> [String] {
        let endings = [".swift", ".c", ".h", ".toml", ".md", ".sh", ".gz"]
        var findings: [String] = []
        for document in documents {
            for (index, line) in document.lines.enumerated() {
                let parts = line.split(separator: "`", omittingEmptySubsequences: false)
                for (place, part) in parts.enumerated() where place % 2 == 1 {
                    guard endings.contains(where: part.hasSuffix), !part.contains(" "),
                        !part.contains("*"), !part.hasPrefix("/"), !part.contains("<")
                    else { continue }
                    let isThere = files.contains { $0 == part || $0.hasSuffix("/" + part) }
                    if !isThere {
                        findings.append("\(document.path):\(index + 1): no file `\(part)`")
                    }
                }
            }
        }
        return findings
    }

    /// Stored properties of a struct of limits that the page does not name as `Type.property`.
    static func undocumentedLimits(
        _ type: String, source: SourceText, markdown: String
    ) -> [String] {
        var isInside = false
        var findings: [String] = []
        for line in source.codeText.split(separator: "\n") {
            if line.contains("struct \(type)") { isInside = true }
            if line.hasPrefix("}") { isInside = false }
            let words = line.split { " :".contains($0) }
            guard isInside, line.hasPrefix("    "), !line.hasPrefix("     "), !line.contains("{"),
                let place = words.firstIndex(where: { $0 == "let" || $0 == "var" }),
                place + 1 < words.count, !words.contains("static")
            else { continue }
            let name = "\(type).\(words[place + 1])"
            if !markdown.contains("`\(name)`") {
                findings.append("\(source.path): \(name) is not in Limits.md")
            }
        }
        return findings
    }

    private static func isWordByte(_ byte: UInt8) -> Bool { SourceText.isWord(byte) }

    private static func lines(
        of files: [SourceText], _ found: (Substring.UTF8View) -> String?
    ) -> [String] {
        var findings: [String] = []
        for file in files {
            for (index, line) in file.lines.enumerated() {
                if let word = found(line.utf8) {
                    findings.append("\(file.path):\(index + 1): `\(word)`")
                }
            }
        }
        return findings
    }

    private static func contains(
        _ line: Substring.UTF8View, _ word: String, joinsBefore: (UInt8) -> Bool,
        joinsAfter: (UInt8) -> Bool
    ) -> Bool {
        let wanted = Array(word.utf8)
        guard line.count >= wanted.count, line.contains(wanted[0]) else { return false }
        let bytes = Array(line)
        return Manifest.places(of: wanted, in: bytes).contains { start in
            let end = start + wanted.count
            return !(start > 0 && joinsBefore(bytes[start - 1]))
                && !(end < bytes.count && joinsAfter(bytes[end]))
        }
    }
}
