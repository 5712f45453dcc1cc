import Intake
import LineProtocol
import Platform
import Primitives

/// `forestall parse`: every record of a text as one JSON object, or what is wrong with it.
package struct RecordDocument {
    /// Reads `path` (`-` is standard input) and hands on one line of JSON per record. Returns how
    /// many were refused. Blank lines and comments give nothing.
    package static func parse(
        _ path: String, write: (String) -> Void
    ) throws(CommandFailure) -> (accepted: Int, refused: Int) {
        do {
            return try run(path, write: write)
        } catch let failure as RecordingFailure {
            throw CommandFailure(failure)
        } catch {
            throw CommandFailure("\(error)", .inputOutput)
        }
    }

    /// Slabs larger than any line the parser accepts, so that an overlong line is refused by the
    /// parser, with a sentence.
    private static let slabBytes = 1 << 20

    private static func run(
        _ path: String, write: (String) -> Void
    ) throws -> (accepted: Int, refused: Int) {
        // Binary lines are refused one by one here: whoever asks wants to see which.
        var reader = try RecordingReader(
            path: path, mustBeText: false, boundary: RecordSplit.end)
        var block = LineBlock(slabBytes: slabBytes, segmentsMax: 1)
        var parser = LineParser()
        var line = 1
        var accepted = 0
        var refused = 0
        while try reader.fill(&block, arrival: Timestamp(nanoseconds: 0)) {
            block.withLines { bytes, _ in
                var position = 0
                var counted = 0
                while true {
                    let outcome = parser.next(bytes, position: &position, end: bytes.count)
                    if case .end = outcome { break }
                    while counted < parser.offsets.recordStart {
                        if bytes[counted] == 0x0A { line += 1 }
                        counted += 1
                    }
                    switch outcome {
                    case .record:
                        accepted += 1
                        write(json(parser.offsets, bytes, line: line))
                    case .rejected(let rejection):
                        refused += 1
                        write(json(rejection, column: parser.rejectionColumn, line: line))
                    case .blank, .end: break
                    }
                }
                while counted < bytes.count {
                    if bytes[counted] == 0x0A { line += 1 }
                    counted += 1
                }
            }
            block.reset()
        }
        return (accepted, refused)
    }

    private static func json(_ rejection: LineRejection, column: Int, line: Int) -> String {
        var json = JSONText()
        json.object { json in
            json.member("line", line)
            json.member("ok", false)
            json.member("column", column)
            json.member("error", rejection.message)
        }
        return json.text
    }

    private static func json(
        _ record: borrowing LineOffsets, _ bytes: Span<UInt8>, line: Int
    ) -> String {
        let measurement = text(
            bytes, record.measurementStart..<record.measurementEnd, .measurement)
        var tags = LastWins<String>()
        for index in 0..<record.tagCount {
            tags.set(
                text(bytes, record.tagKeyStart(index)..<record.tagKeyEnd(index), .name),
                text(bytes, record.tagValueStart(index)..<record.tagValueEnd(index), .name))
        }
        var fields = LastWins<String>()
        for index in 0..<record.fieldCount {
            fields.set(
                text(bytes, record.fieldKeyStart(index)..<record.fieldKeyEnd(index), .name),
                field(record, index, bytes))
        }
        let stamp: Int64? = record.hasTimestamp ? record.timestamp : nil
        var json = JSONText()
        json.object { json in
            json.member("line", line)
            json.member("ok", true)
            json.member("measurement", measurement)
            json.member(
                "tags",
                object: { json in
                    for (key, value) in tags.items { json.member(key, value) }
                })
            json.member(
                "fields",
                object: { json in
                    for (key, value) in fields.items {
                        json.key(key)
                        json.raw(value)
                    }
                })
            json.member("timestamp", stamp)
        }
        return json.text
    }

    private static func text(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ part: EscapedPart
    ) -> String {
        let raw = Escapes.unescaped(bytes, from: range.lowerBound, to: range.upperBound, of: part)
        return String(decoding: raw, as: UTF8.self)
    }

    private static func field(
        _ record: borrowing LineOffsets, _ index: Int, _ bytes: Span<UInt8>
    ) -> String {
        let kind = record.fieldKind(index)
        let number = record.fieldDouble(index)
        let bits = record.fieldBits(index)
        let content =
            kind == .string
            ? text(
                bytes, record.fieldValueStart(index) + 1..<record.fieldValueEnd(index) - 1, .string)
            : ""
        var json = JSONText()
        json.object { json in
            json.member("type", "\(kind)")
            json.key("value")
            switch kind {
            case .float: json.value(number)
            case .integer: json.value(Int64(bitPattern: bits))
            case .unsigned: json.value(bits)
            case .boolean: json.value(bits != 0)
            case .string: json.value(content)
            }
        }
        return json.text
    }
}

/// Keys in the order they first came, each with the value that came last.
private struct LastWins<Value> {
    private(set) var items: [(key: String, value: Value)] = []

    mutating func set(_ key: String, _ value: Value) {
        if let place = items.firstIndex(where: { $0.key == key }) {
            items[place].value = value
        } else {
            items.append((key, value))
        }
    }
}
