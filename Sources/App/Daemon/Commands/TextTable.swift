/// Columns of text for a terminal: as wide as their widest cell, two spaces apart.
struct TextTable {
    private var rows: [[String]]

    /// With an empty header the table has none.
    init(_ header: [String]) {
        rows = header.isEmpty ? [] : [header]
    }

    mutating func add(_ row: [String]) { rows.append(row) }

    var text: String {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let isLast = column == row.count - 1
                let padding = isLast ? 0 : widths[column] - cell.count + 2
                return cell + String(repeating: " ", count: padding)
            }.joined()
        }.joined(separator: "\n")
    }
}
