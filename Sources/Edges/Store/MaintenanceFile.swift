package import Tickets

/// A maintenance history as plants keep it:
/// `time,device,component,event,part,cost,note`, comma-separated (RFC 4180).
///
/// The header is required; its columns may come in any order, and only `time`, `device` and `event`
/// must be there. A row that cannot be read is refused with its place and costs no other row; a
/// header that cannot be read refuses all of it, because nobody knows what the columns mean.
package struct MaintenanceFile: Equatable, Sendable {
    /// A row that was not taken, or a header.
    package struct Refusal: Hashable, Sendable {
        /// Counted from 1.
        package var line: Int
        /// Empty when the row as a whole is meant.
        package var column: String
        package var value: String
        package var expected: String

        /// At most this many characters of a value are shown.
        private static let shownMost = 80

        /// One sentence: `line 7, event: "fail" - expected failure, ...`.
        package var description: String {
            let place = column.isEmpty ? "line \(line)" : "line \(line), \(column)"
            let isLong = value.count > Self.shownMost
            let short = value.prefix(Self.shownMost) + (isLong ? "..." : "")
            return "\(place): \"\(short)\" - expected \(expected)"
        }
    }

    /// Larger files are refused.
    package static let bytesMost = 64 << 20

    /// In the order of the file.
    package private(set) var events: [MaintenanceEvent] = []
    /// In order of line.
    package private(set) var refusals: [Refusal] = []
    /// The columns are known; without that there are no events.
    package private(set) var hasHeader = false

    private static let required: [MaintenanceEvent.Column] = [.time, .device, .event]

    package init(_ bytes: [UInt8]) {
        var reader = CSVReader(bytes)
        guard let columns = header(&reader) else { return }
        hasHeader = true
        while let item = reader.next() {
            switch item {
            case .broken(let line, let value, let expected):
                refuse(line, "", value, expected)
            case .record(let line, let fields):
                take(fields, columns, line)
            }
        }
    }

    private mutating func header(_ reader: inout CSVReader) -> [MaintenanceEvent.Column]? {
        let names = MaintenanceEvent.Column.allCases.map(\.rawValue).joined(separator: ",")
        switch reader.next() {
        case nil: refuse(1, "", "", "the header \(names)")
        case .broken(let line, let value, let expected)?: refuse(line, "", value, expected)
        case .record(let line, let fields)?:
            var columns: [MaintenanceEvent.Column] = []
            for field in fields {
                guard let column = MaintenanceEvent.Column(rawValue: field) else {
                    refuse(line, field, field, "one of the columns \(names)")
                    continue
                }
                if columns.contains(column) {
                    refuse(line, field, field, "every column once")
                }
                columns.append(column)
            }
            for column in Self.required where !columns.contains(column) {
                refuse(line, column.rawValue, "", "a column of this name")
            }
            return refusals.isEmpty ? columns : nil
        }
        return nil
    }

    private mutating func take(
        _ fields: [String], _ columns: [MaintenanceEvent.Column], _ line: Int
    ) {
        guard fields.count == columns.count else {
            return refuse(
                line, "", fields.joined(separator: ","),
                "\(columns.count) fields, found \(fields.count)")
        }
        let texts = Dictionary(zip(columns, fields)) { first, _ in first }
        do throws(MaintenanceEvent.Fault) {
            events.append(try MaintenanceEvent(reading: texts))
        } catch {
            refuse(line, error.column.rawValue, error.value, error.expected)
        }
    }

    private mutating func refuse(
        _ line: Int, _ column: String, _ value: String, _ expected: String
    ) {
        refusals.append(
            Refusal(line: line, column: column, value: value, expected: expected))
    }
}
