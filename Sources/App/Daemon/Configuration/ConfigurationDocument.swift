import TOMLKit

/// The text of one configuration file, read as TOML and with the place of every value.
///
/// The only file that knows the TOML library. Its tables are never freed, a few kilobytes for
/// each read, which is why everything is copied out of them here, once.
struct ConfigurationDocument {
    /// A table; `nil` when the text could not be read.
    private(set) var root: ConfigurationItem?
    private(set) var problems: [ConfigurationProblem] = []
    private let file: String
    private let lines: ConfigurationLines

    init(text: String, file: String) {
        self.file = file
        lines = ConfigurationLines(text)
        if let problem = Self.nul(in: text, file: file) {
            problems.append(problem)
            return
        }
        do {
            root = item(content(of: try TOMLTable(string: text), at: []), at: [])
        } catch let error as TOMLParseError {
            let start = error.source.begin
            problems.append(
                ConfigurationProblem(
                    place: ConfigurationPlace(
                        file: file, line: start.line, column: start.column),
                    message: "not valid TOML: \(Self.oneLine(error.description))"))
        } catch {
            problems.append(
                ConfigurationProblem(
                    place: ConfigurationPlace(file: file), message: "not valid TOML: \(error)"))
        }
    }

    /// The library hands strings over as C strings: everything behind a NUL, written as such or as
    /// an escape, would silently be lost.
    private static func nul(in text: String, file: String) -> ConfigurationProblem? {
        let rows = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, row) in rows.enumerated() {
            let what: String
            if row.utf8.contains(0) {
                what = "a NUL byte"
            } else if row.contains("\\u0000") || row.contains("\\U00000000") {
                what = "the escape \\u0000"
            } else {
                continue
            }
            return ConfigurationProblem(
                place: ConfigurationPlace(file: file, line: index + 1),
                message: "contains \(what), which no key or value may hold; remove it")
        }
        return nil
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }

    private func item(
        _ content: ConfigurationItem.Content, at path: [String]
    ) -> ConfigurationItem {
        ConfigurationItem(
            content: content, place: ConfigurationPlace(file: file, line: lines[path]))
    }

    /// The library sorts keys by name; the order of writing is restored from the lines, so that
    /// problems and reports follow the file.
    private func content(of table: TOMLTable, at path: [String]) -> ConfigurationItem.Content {
        var entries: [ConfigurationEntry] = []
        for key in table.keys {
            guard let value = table[key] else { continue }
            let inner = path + [key]
            entries.append(
                ConfigurationEntry(key: key, item: item(content(of: value, at: inner), at: inner)))
        }
        entries.sort { ($0.item.place.line ?? 0, $0.key) < ($1.item.place.line ?? 0, $1.key) }
        return .table(entries)
    }

    private func content(
        of value: any TOMLValueConvertible, at path: [String]
    ) -> ConfigurationItem.Content {
        if let table = value.table { return content(of: table, at: path) }
        if let text = value.string { return .text(text) }
        if let integer = value.int { return .integer(integer) }
        if let number = value.double { return .number(number) }
        if let boolean = value.bool { return .boolean(boolean) }
        if let list = value.array {
            return .list(
                (0..<list.count).map { index in
                    let inner = path + ["[\(index)]"]
                    return item(content(of: list[index], at: inner), at: inner)
                })
        }
        return .moment(value.debugDescription)
    }
}

extension ConfigurationItem {
    /// Adds what `other` says to this table. Tables are joined; anything else said twice is a
    /// problem, because neither file would have a reason to win.
    mutating func merge(
        _ other: ConfigurationItem, at path: [String] = [],
        problems: inout [ConfigurationProblem]
    ) {
        guard case .table(var entries) = content, case .table(let newcomers) = other.content else {
            problems.append(
                ConfigurationProblem(
                    place: other.place, key: keyText(path),
                    message: "\(keyText(path)) = \(other.shown) is set a second time; "
                        + "\(place) sets it to \(shown), keep one of the two"))
            return
        }
        for newcomer in newcomers {
            if let index = entries.firstIndex(where: { $0.key == newcomer.key }) {
                entries[index].item.merge(
                    newcomer.item, at: path + [newcomer.key], problems: &problems)
            } else {
                entries.append(newcomer)
            }
        }
        content = .table(entries)
    }
}
