import Primitives

/// One measured number, as a row of the table and an object of the JSON file.
struct Figure {
    /// `benchmark.what`, the same in every run.
    let name: String
    let value: Double
    let unit: String
    /// What the value is held against: a simpler way to touch the same bytes or rows.
    let reference: Double?

    init(_ name: String, _ value: Double, _ unit: String, reference: Double? = nil) {
        self.name = name
        self.value = value
        self.unit = unit
        self.reference = reference
    }

    var ratio: Double? { reference.map { value / $0 } }
}

/// What one benchmark found.
struct Findings {
    let benchmark: String
    var figures: [Figure] = []
    /// Of the work done, not of the time it took: equal builds and sizes give equal checksums.
    var checksum: UInt64 = 0

    init(_ benchmark: String) { self.benchmark = benchmark }

    mutating func add(
        _ name: String, _ value: Double, _ unit: String, reference: Double? = nil
    ) {
        figures.append(Figure("\(benchmark).\(name)", value, unit, reference: reference))
    }

    /// Folds a number into the checksum; order matters.
    mutating func fold(_ value: UInt64) {
        let mixed = (checksum ^ value) &* 0x9E37_79B9_7F4A_7C15
        checksum = mixed ^ (mixed >> 29)
    }

    mutating func fold(_ value: Double) { fold(value.bitPattern) }

    /// A JSON list of `{name, value, unit, reference, ratio}`.
    var json: String {
        var text = JSONText()
        text.array { list in
            for figure in figures {
                list.object { row in
                    row.member("name", figure.name)
                    row.member("value", figure.value)
                    row.member("unit", figure.unit)
                    row.member("reference", figure.reference)
                    row.member("ratio", figure.ratio)
                }
            }
        }
        return text.text + "\n"
    }
}

/// The table people read; a Markdown table as well.
enum FigureTable {
    static func text(_ findings: [Findings]) -> String {
        var rows = [["figure", "value", "unit", "reference", "ratio"]]
        for figure in findings.flatMap(\.figures) {
            rows.append([
                figure.name, NumberText.short(figure.value), figure.unit,
                figure.reference.map { NumberText.short($0) } ?? "",
                figure.ratio.map { NumberText.short($0) } ?? "",
            ])
        }
        let widths = rows[0].indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        var lines = rows.map { row in line(row, widths) }
        lines.insert(line(widths.map { String(repeating: "-", count: $0) }, widths), at: 1)
        lines.append("")
        for finding in findings {
            lines.append("checksum \(finding.benchmark) \(ByteHash.hex(finding.checksum))")
        }
        return lines.joined(separator: "\n")
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(cells, widths).enumerated().map { column, cell in
            let space = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            // Numbers line up on the right.
            return column == 0 || column == 2 ? cell.0 + space : space + cell.0
        }
        return "| " + padded.joined(separator: " | ") + " |"
    }
}
