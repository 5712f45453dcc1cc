import GRDB
import Primitives

/// How exported rows are written. Times are integers of nanoseconds in CSV and line protocol and
/// RFC 3339 in JSON; doubles are exact in all three.
package enum ExportFormat: String, CaseIterable, Sendable {
    /// RFC 4180, with a header.
    case csv
    /// One JSON object per line.
    case jsonl
    /// InfluxDB line protocol: texts that say whose a row is are tags, the rest are fields. What is
    /// absent is left out, as the protocol has no word for it.
    case lp

    /// What comes before the rows.
    func header(of subject: ExportSubject) -> [UInt8] {
        guard self == .csv else { return [] }
        var row = CSVRow()
        for column in subject.columns where column.kind != .document { row.field(column.name) }
        row.endRow()
        return row.take()
    }

    /// Appends one row of the subject's query.
    func append(_ row: Row, of subject: ExportSubject, to bytes: inout [UInt8]) {
        switch self {
        case .csv: appendCSV(row, subject.columns, to: &bytes)
        case .jsonl: appendJSON(row, subject.columns, to: &bytes)
        case .lp: appendLine(row, subject, to: &bytes)
        }
    }

    private func appendCSV(
        _ row: Row, _ columns: [ExportSubject.Column], to bytes: inout [UInt8]
    ) {
        var fields = CSVRow()
        for (index, column) in columns.enumerated() {
            switch column.kind {
            case .instant, .time, .integer:
                if let number = row[index] as Int64? {
                    fields.field(Int(number))
                } else {
                    fields.field("")
                }
            case .real: fields.field(row[index] as Double?)
            case .text, .tag: fields.field(row[index] as String? ?? "")
            case .document: break
            }
        }
        fields.endRow()
        bytes += fields.take()
    }

    private func appendJSON(
        _ row: Row, _ columns: [ExportSubject.Column], to bytes: inout [UInt8]
    ) {
        if let index = columns.firstIndex(where: { $0.kind == .document }) {
            bytes += (row[index] as String).utf8
        } else {
            var json = JSONText()
            json.object { json in
                for (index, column) in columns.enumerated() {
                    switch column.kind {
                    case .instant, .time:
                        let time = row[index] as Int64?
                        json.member(
                            column.name, time.map { Timestamp(nanoseconds: $0).rfc3339 })
                    case .integer: json.member(column.name, row[index] as Int64?)
                    case .real: json.member(column.name, row[index] as Double?)
                    case .text, .tag: json.member(column.name, row[index] as String?)
                    case .document: break
                    }
                }
            }
            bytes += json.bytes
        }
        bytes.append(0x0A)
    }

    private func appendLine(_ row: Row, _ subject: ExportSubject, to bytes: inout [UInt8]) {
        var line = LineText(subject.measurement)
        for (index, column) in subject.columns.enumerated() where column.kind == .tag {
            line.tag(column.name, row[index] as String? ?? "")
        }
        for (index, column) in subject.columns.enumerated() {
            switch column.kind {
            case .time, .integer:
                if let number = row[index] as Int64? { line.field(column.name, number) }
            case .real:
                if let number = row[index] as Double? { line.field(column.name, number) }
            case .text:
                if let text = row[index] as String? { line.field(column.name, text) }
            case .instant, .tag, .document: break
            }
        }
        bytes += line.ended(at: row[0])
    }
}
