/// The dependency table of the Architecture page: the specification the manifest and the `import`
/// lines are held against.
///
/// A row is `| Floor/Target | responsibility | ours | third party and system |`; names in the last
/// two cells are separated by commas, and `-` means none.
struct DependencyTable {
    struct Row: Equatable {
        /// `Core/Windows`; the folder below `Sources` and, in its last component, the target.
        var folder: String
        var ours: Set<String>
        /// Products of other packages, by the name they are imported under, and modules of the
        /// system: `Foundation`, `Synchronization`, `libc`, `zlib`.
        var others: Set<String>

        var target: String { String(folder.split(separator: "/").last ?? "") }
        var floor: String { String(folder.split(separator: "/").first ?? "") }
    }

    let rows: [Row]

    /// Modules that come with the system or the toolchain and are no dependency of the manifest.
    static let system: Set<String> = ["Foundation", "Synchronization", "libc", "zlib"]

    init(markdown: String) {
        var rows: [Row] = []
        var isInside = false
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            let cells = DependencyTable.cells(line)
            guard cells.count == 4 else {
                isInside = false
                continue
            }
            if cells[0] == "Target" {
                isInside = true
            } else if isInside, !cells[0].hasPrefix("-") {
                rows.append(
                    Row(
                        folder: cells[0], ours: DependencyTable.names(cells[2]),
                        others: DependencyTable.names(cells[3])))
            }
        }
        self.rows = rows
    }

    /// The cells of a table row, without emphasis and code marks; empty for any other line.
    static func cells(_ line: Substring) -> [String] {
        guard line.hasPrefix("|"), line.hasSuffix("|"), line.count > 1 else { return [] }
        return line.dropFirst().dropLast().split(
            separator: "|", omittingEmptySubsequences: false
        ).map { cell in
            String(cell.filter { $0 != "`" && $0 != "*" }).trimmed
        }
    }

    private static func names(_ cell: String) -> Set<String> {
        Set(cell.split(separator: ",").map { String($0).trimmed }.filter { $0 != "-" })
    }
}

extension String {
    var trimmed: String {
        var part = self[...]
        while part.first?.isWhitespace == true { part.removeFirst() }
        while part.last?.isWhitespace == true { part.removeLast() }
        return String(part)
    }
}
