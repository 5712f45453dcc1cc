import Foundation

/// One case of the line protocol corpus: some bytes, and what every record in them is.
package struct LineProtocolCase: Decodable, Sendable {
    /// What is expected of one record.
    package struct Record: Decodable, Equatable, Sendable {
        /// The line it starts on, from 1.
        package let line: Int
        package let ok: Bool
        package let measurement: String?
        package let tags: [String: String]?
        package let fields: [String: Value]?
        package let timestamp: Int64?

        package init(
            line: Int, ok: Bool, measurement: String? = nil, tags: [String: String]? = nil,
            fields: [String: Value]? = nil, timestamp: Int64? = nil
        ) {
            self.line = line
            self.ok = ok
            self.measurement = measurement
            self.tags = tags
            self.fields = fields
            self.timestamp = timestamp
        }

        /// The same, expected `lines` further down.
        package func shifted(by lines: Int) -> Record {
            Record(
                line: line + lines, ok: ok, measurement: measurement, tags: tags, fields: fields,
                timestamp: timestamp)
        }
    }

    /// A field value; numbers by their bits, so that nothing is lost in a comparison.
    package enum Value: Decodable, Equatable, Sendable {
        case float(bits: UInt64)
        case integer(Int64)
        case unsigned(UInt64)
        case boolean(Bool)
        case string(String)

        private enum Key: String, CodingKey { case type, value }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: Key.self)
            switch try members.decode(String.self, forKey: .type) {
            case "float":
                self = .float(bits: try members.decode(Double.self, forKey: .value).bitPattern)
            case "integer": self = .integer(try members.decode(Int64.self, forKey: .value))
            case "unsigned": self = .unsigned(try members.decode(UInt64.self, forKey: .value))
            case "boolean": self = .boolean(try members.decode(Bool.self, forKey: .value))
            default: self = .string(try members.decode(String.self, forKey: .value))
            }
        }
    }

    private let input: String?
    /// For inputs that are no UTF-8: two hexadecimal digits a byte.
    private let hex: String?
    package let expect: [Record]
    /// Who says so: readers that were run or read, and clients that send it.
    package let who: String
    /// Readers that say otherwise.
    package let against: String?
    package let note: String?

    package var bytes: [UInt8] {
        if let input { return Array(input.utf8) }
        let digits = Array(hex ?? "")
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
    }

    /// All cases of the corpus, in the order of its files.
    package static func all() throws -> [LineProtocolCase] {
        let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "line-protocol")
        var cases: [LineProtocolCase] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        where name.hasSuffix(".jsonl") {
            let data = try Data(contentsOf: folder.appending(path: name))
            for line in data.split(separator: 0x0A) {
                cases.append(try JSONDecoder().decode(LineProtocolCase.self, from: line))
            }
        }
        return cases
    }
}
