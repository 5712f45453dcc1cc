/// Who may import whom.
enum DependencyRules {
    /// The modules a file imports, C libraries as `libc`.
    static func imports(of source: SourceText) -> [(module: String, line: Int)] {
        var found: [(String, Int)] = []
        for (index, line) in source.codeLines.enumerated() {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
            guard let place = words.firstIndex(of: "import"),
                words[..<place].allSatisfy({ modifiers.contains($0) || $0.hasPrefix("@") }),
                place + 1 < words.count
            else { continue }
            // `import struct Foundation.Data` names a declaration of a module.
            let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let named = kinds.contains(words[place + 1]) ? place + 2 : place + 1
            guard named < words.count else { continue }
            let module = String(words[named].prefix { $0.isLetter || $0.isNumber || $0 == "_" })
            found.append((libraries.contains(module) ? "libc" : module, index + 1))
        }
        return found
    }

    private static let modifiers: Set<String> = [
        "public", "package", "internal", "fileprivate", "private",
    ]
    private static let libraries: Set<String> = ["Glibc", "Musl", "Darwin"]

    /// The table against the manifest: the same targets, each with the same dependencies.
    static func compare(_ table: DependencyTable, _ manifest: Manifest) -> [String] {
        var findings: [String] = []
        for target in manifest.targets {
            guard let row = table.rows.first(where: { $0.target == target.name }) else {
                findings.append("\(target.name) is in Package.swift and not in the table")
                continue
            }
            if "Sources/" + row.folder != target.path {
                findings.append("\(target.name) lies in \(target.path), the table says otherwise")
            }
            let stated = row.ours.union(row.others.subtracting(DependencyTable.system))
            for name in target.dependencies.subtracting(stated).sorted() {
                findings.append("\(target.name) depends on \(name); the table does not allow it")
            }
            for name in stated.subtracting(target.dependencies).sorted() {
                findings.append("\(target.name) may use \(name) but Package.swift has it not")
            }
        }
        for row in table.rows where !manifest.targets.contains(where: { $0.name == row.target }) {
            findings.append("\(row.target) is in the table and not in Package.swift")
        }
        return findings
    }

    /// The table against the `import` lines: nothing that is not allowed, nothing allowed in vain.
    static func compare(_ table: DependencyTable, _ sources: [SourceText]) -> [String] {
        var findings: [String] = []
        for row in table.rows {
            let files = sources.filter {
                $0.path.hasPrefix("Sources/" + row.folder + "/") && $0.name.hasSuffix(".swift")
            }
            let allowed = row.ours.union(row.others)
            var used: Set<String> = []
            for file in files {
                for (module, line) in imports(of: file) {
                    used.insert(module)
                    guard !allowed.contains(module) else { continue }
                    findings.append("\(file.path):\(line): \(row.target) may not import \(module)")
                }
            }
            if files.isEmpty { continue }
            for module in allowed.subtracting(used).sorted() {
                findings.append("\(row.target) may import \(module) and never does")
            }
        }
        for file in sources where file.name.hasSuffix(".swift") {
            let isListed = table.rows.contains {
                file.path.hasPrefix("Sources/" + $0.folder + "/")
            }
            if !isListed { findings.append("\(file.path) belongs to no target of the table") }
        }
        return findings
    }

    /// What holds whatever the table says: Core is pure, and nothing that judges machines knows
    /// the simulator that tests it.
    static func purity(_ table: DependencyTable, _ sources: [SourceText]) -> [String] {
        var findings: [String] = []
        let core = Set(table.rows.filter { $0.floor == "Core" }.map(\.target))
        for file in sources where file.path.hasPrefix("Sources/Core/") {
            let target = file.path.split(separator: "/").dropFirst(2).first.map(String.init) ?? ""
            for (module, line) in imports(of: file) {
                let isMath = module == "libc" && file.path == "Sources/Core/Primitives/Math.swift"
                if !core.contains(module), !isMath {
                    findings.append("\(file.path):\(line): Core never imports \(module)")
                }
                if module == "FleetSimulator" || module == target {
                    findings.append("\(file.path):\(line): \(target) never imports \(module)")
                }
            }
        }
        for file in sources where file.path.hasPrefix("Sources/Edges/") {
            for (module, line) in imports(of: file)
            where ["Daemon", "FleetSimulator"].contains(module) {
                findings.append("\(file.path):\(line): Edges never import \(module)")
            }
        }
        return findings
    }
}
