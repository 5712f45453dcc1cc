/// Takes comma-separated text (RFC 4180) apart, record by record.
///
/// Records end in LF or CR LF, the last one may lack it; blank lines are passed over, so is a byte
/// order mark. What breaks the rules costs one line: reading goes on behind the line on which the
/// broken record began, so that a quote that nobody closes takes no other row with it.
struct CSVReader {
    /// One record, or what is wrong with it.
    enum Item: Equatable {
        case record(line: Int, fields: [String])
        case broken(line: Int, value: String, expected: String)
    }

    /// A record longer than this is broken; so a quote that nobody closes is looked for this far.
    static let recordBytesMost = 65_536

    private let bytes: [UInt8]
    private var position = 0
    /// Of the record that is read next, from 1.
    private var line = 1

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    private struct Broken: Error {
        var expected: String
    }

    /// `nil` at the end.
    mutating func next() -> Item? {
        while position < bytes.count, lineEnd(at: position) != nil { passLine() }
        guard position < bytes.count else { return nil }
        let start = (position, line)
        do throws(Broken) {
            return .record(line: start.1, fields: try record())
        } catch {
            (position, line) = start
            let end = bytes[position...].firstIndex(of: Self.lineFeed) ?? bytes.count
            let shown = bytes[position..<min(end, position + 80)]
            passLine()
            return .broken(
                line: start.1, value: String(decoding: shown, as: UTF8.self),
                expected: error.expected)
        }
    }

    /// Where the next record begins when a line ends at `place`; `nil` when none does.
    private func lineEnd(at place: Int) -> Int? {
        if bytes[place] == Self.lineFeed { return place + 1 }
        if bytes[place] == Self.carriageReturn, place + 1 < bytes.count,
            bytes[place + 1] == Self.lineFeed
        {
            return place + 2
        }
        return nil
    }

    private mutating func passLine() {
        let end = bytes[position...].firstIndex(of: Self.lineFeed) ?? bytes.count
        position = min(end + 1, bytes.count)
        line += 1
    }

    private mutating func record() throws(Broken) -> [String] {
        let limit = position + Self.recordBytesMost
        var fields: [String] = []
        while true {
            let isQuoted = position < bytes.count && bytes[position] == Self.quote
            let field = isQuoted ? try quoted(until: limit) : try plain(until: limit)
            guard let text = String(validating: field, as: UTF8.self) else {
                throw Broken(expected: "UTF-8")
            }
            fields.append(text)
            guard position < bytes.count else { return fields }
            if let next = lineEnd(at: position) {
                position = next
                line += 1
                return fields
            }
            guard bytes[position] == Self.comma else {
                throw Broken(expected: "a comma or the end of the line behind a closing quote")
            }
            position += 1
        }
    }

    private mutating func plain(until limit: Int) throws(Broken) -> [UInt8] {
        let start = position
        while position < bytes.count, bytes[position] != Self.comma, lineEnd(at: position) == nil {
            guard bytes[position] != Self.quote else {
                throw Broken(expected: "a field with a quote to be in quotes, and its quotes twice")
            }
            position += 1
            try check(limit)
        }
        return Array(bytes[start..<position])
    }

    private mutating func quoted(until limit: Int) throws(Broken) -> [UInt8] {
        var field: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            try check(limit)
            if byte == Self.quote {
                guard position < bytes.count, bytes[position] == Self.quote else { return field }
                position += 1
            }
            if byte == Self.lineFeed { line += 1 }
            field.append(byte)
        }
        throw Broken(expected: "a closing quote")
    }

    private func check(_ limit: Int) throws(Broken) {
        guard position <= limit else {
            throw Broken(expected: "a closed quote, and at most \(Self.recordBytesMost) bytes")
        }
    }
}
