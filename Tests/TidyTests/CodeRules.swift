/// What may not stand in the code of a floor, how large things may grow, and where unsafe code may
/// live.
enum CodeRules {
    /// Core has no clock, no randomness, no concurrency, no output and no way to trap but a
    /// `precondition` that names the bug.
    static let bannedInCore = [
        "Date(", "random(", "randomElement", "shuffled(", "Task", "await", "print(",
        "DispatchQueue", "Thread", "fatalError", "try!", "as!", "ProcessInfo", "getenv",
    ]
    /// Per line and per reading nothing is allocated or dispatched through a witness table.
    static let bannedOnHotPath = ["class ", "actor ", "async", "any "]
    static let hotPath = ["Sources/Core/LineProtocol/", "Sources/Core/Windows/"]

    static func bannedTokens(_ sources: [SourceText]) -> [String] {
        var findings: [String] = []
        for file in sources where file.path.hasPrefix("Sources/Core/") {
            let isHot = hotPath.contains(where: file.path.hasPrefix)
            for token in bannedInCore + (isHot ? bannedOnHotPath : []) {
                for line in file.lines(with: token) {
                    findings.append("\(file.path):\(line): `\(token)` is banned here")
                }
            }
        }
        return findings
    }

    static let columns = 100
    static let functionLines = 70
    static let fileLines = 600
    static let fileLinesPrompt = 400

    /// Lines longer than ``columns`` characters. In tests the insides of string literals are not
    /// counted: hostile input is best read in one piece.
    static func longLines(_ sources: [SourceText]) -> [String] {
        var findings: [String] = []
        for file in sources {
            let isTest = file.path.hasPrefix("Tests/")
            for (index, pair) in zip(file.lines, file.codeLines).enumerated()
            where pair.0.utf8.count > columns {
                let hidden = pair.1.count { $0 == SourceText.stringFiller }
                let length = isTest ? pair.0.utf8.count - hidden : pair.0.count
                if length > columns {
                    findings.append("\(file.path):\(index + 1): \(length) columns")
                }
            }
        }
        return findings
    }

    static func longFiles(_ sources: [SourceText], over limit: Int) -> [String] {
        sources.compactMap { file in
            let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
            return count > limit ? "\(file.path): \(count) lines" : nil
        }
    }

    static func longFunctions(_ sources: [SourceText]) -> [String] {
        sources.filter { $0.name.hasSuffix(".swift") }.flatMap { file in
            FunctionScan(file.code).functions.filter { $0.lines > functionLines }.map {
                "\(file.path):\($0.line): function of \($0.lines) lines"
            }
        }
    }

    /// `@unchecked Sendable` only in the named files.
    static func uncheckedSendable(_ sources: [SourceText], allowed: Set<String>) -> [String] {
        sources.filter { !$0.lines(with: "@unchecked").isEmpty && !allowed.contains($0.path) }
            .map { "\($0.path): `@unchecked Sendable` belongs in Platform" }
    }

    /// `unsafe` only in the named files, and each of them says at its beginning why it is safe.
    static func unsafeCode(_ sources: [SourceText], allowed: Set<String>) -> [String] {
        var findings: [String] = []
        for file in sources {
            guard let line = file.lines(with: "unsafe").first else {
                if allowed.contains(file.path) {
                    findings.append("\(file.path): listed as unsafe and is not")
                }
                continue
            }
            if !allowed.contains(file.path) {
                findings.append("\(file.path):\(line): `unsafe` is not allowed in this file")
            }
            if !file.lines.prefix(40).contains(where: { $0.contains("Protection argument") }) {
                findings.append("\(file.path): opens without its protection argument")
            }
        }
        return findings
    }

    /// A module that contains a type of its own name cannot be named in a qualified name.
    static func selfNamedTypes(_ sources: [SourceText], targets: [(name: String, path: String)])
        -> [String]
    {
        var findings: [String] = []
        for target in targets {
            for file in sources where file.path.hasPrefix(target.path + "/") {
                for kind in ["struct", "class", "enum", "actor", "protocol", "typealias"] {
                    for line in file.lines(with: kind + " " + target.name) {
                        findings.append("\(file.path):\(line): \(kind) named like its module")
                    }
                }
            }
        }
        return findings
    }
}
