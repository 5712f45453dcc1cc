import Glibc
package import LineProtocol

/// Everything one accepted record says, free of escapes.
package struct RecordContent: Equatable {
    package enum Value: Equatable {
        case number(FieldKind, bits: UInt64)
        case text([UInt8])
    }

    package private(set) var measurement: [UInt8]
    package private(set) var tags: [[[UInt8]]] = []
    package private(set) var fields: [(key: [UInt8], value: Value)] = []
    /// The doubles of the fields, bit by bit.
    package private(set) var doubles: [UInt64] = []
    package private(set) var timestamp: Int64?

    package init(_ bytes: [UInt8], _ offsets: borrowing LineOffsets) {
        func part(_ start: Int, _ end: Int, _ kind: EscapedPart) -> [UInt8] {
            Escapes.unescaped(bytes.span, from: start, to: end, of: kind)
        }
        measurement = part(offsets.measurementStart, offsets.measurementEnd, .measurement)
        for tag in 0..<offsets.tagCount {
            tags.append([
                part(offsets.tagKeyStart(tag), offsets.tagKeyEnd(tag), .name),
                part(offsets.tagValueStart(tag), offsets.tagValueEnd(tag), .name),
            ])
        }
        for field in 0..<offsets.fieldCount {
            let key = part(offsets.fieldKeyStart(field), offsets.fieldKeyEnd(field), .name)
            let kind = offsets.fieldKind(field)
            if kind == .string {
                let start = offsets.fieldValueStart(field) + 1
                let text = part(start, offsets.fieldValueEnd(field) - 1, .string)
                fields.append((key, .text(text)))
                doubles.append(0)
            } else {
                fields.append((key, .number(kind, bits: offsets.fieldBits(field))))
                doubles.append(offsets.fieldDouble(field).bitPattern)
            }
        }
        timestamp = offsets.hasTimestamp ? offsets.timestamp : nil
    }

    package static func == (left: RecordContent, right: RecordContent) -> Bool {
        left.measurement == right.measurement && left.tags == right.tags
            && left.doubles == right.doubles && left.timestamp == right.timestamp
            && left.fields.elementsEqual(right.fields) { $0.key == $1.key && $0.value == $1.value }
    }

    /// The record as a careful client would write it.
    var printed: [UInt8] {
        var text = Self.escaped(measurement, " ,")
        for tag in tags {
            text += [0x2C] + Self.escaped(tag[0], " ,=") + [0x3D] + Self.escaped(tag[1], " ,=")
        }
        for (index, field) in fields.enumerated() {
            text += [index == 0 ? 0x20 : 0x2C] + Self.escaped(field.key, " ,=") + [0x3D]
            switch field.value {
            case .text(let content): text += [0x22] + Self.escaped(content, "\"\\") + [0x22]
            case .number(.integer, let bits): text += "\(Int64(bitPattern: bits))i".utf8
            case .number(.unsigned, let bits): text += "\(bits)u".utf8
            case .number(.boolean, let bits): text += (bits == 0 ? "false" : "true").utf8
            case .number(_, let bits): text += "\(Double(bitPattern: bits))".utf8
            }
        }
        if let timestamp { text += " \(timestamp)".utf8 }
        return text
    }

    private static func escaped(_ bytes: [UInt8], _ special: String) -> [UInt8] {
        let protected = Array(special.utf8)
        return bytes.flatMap { protected.contains($0) ? [0x5C, $0] : [$0] }
    }
}

extension RecordContent {
    /// What is wrong with the offsets and numbers of an accepted record that ends at `end`: parts
    /// outside it or out of order, and numbers that are not what their text says. Nil when nothing.
    static func violation(
        _ bytes: [UInt8], _ offsets: borrowing LineOffsets, end: Int
    ) -> String? {
        var place = offsets.recordStart
        /// Whether a part lies behind the last one and is followed by one of these characters.
        func follows(_ start: Int, _ partEnd: Int, _ endings: String) -> Bool {
            guard start >= place, partEnd > start, partEnd <= end else { return false }
            place = partEnd + 1
            return partEnd == bytes.count || endings.utf8.contains(bytes[partEnd])
        }
        guard offsets.seriesKeyStart == offsets.measurementStart,
            follows(offsets.measurementStart, offsets.measurementEnd, ", ")
        else { return "measurement out of place" }
        for tag in 0..<offsets.tagCount {
            guard follows(offsets.tagKeyStart(tag), offsets.tagKeyEnd(tag), "="),
                follows(offsets.tagValueStart(tag), offsets.tagValueEnd(tag), ", ")
            else { return "tag \(tag) out of place" }
        }
        guard place == offsets.seriesKeyEnd + 1 else { return "series key out of place" }
        guard offsets.fieldCount > 0 else { return "no fields" }
        for field in 0..<offsets.fieldCount {
            guard follows(offsets.fieldKeyStart(field), offsets.fieldKeyEnd(field), "="),
                follows(offsets.fieldValueStart(field), offsets.fieldValueEnd(field), ", \r\n")
            else { return "field \(field) out of place" }
            let range = offsets.fieldValueStart(field)..<offsets.fieldValueEnd(field)
            let text = String(decoding: bytes[range], as: UTF8.self)
            guard
                isRight(
                    offsets.fieldKind(field), offsets.fieldBits(field), offsets.fieldDouble(field),
                    text)
            else { return "\(text) is not \(offsets.fieldDouble(field))" }
        }
        return nil
    }

    /// Whether a value is what its text says: floats as the C library reads them, integers exactly.
    private static func isRight(
        _ kind: FieldKind, _ bits: UInt64, _ number: Double, _ text: String
    ) -> Bool {
        switch kind {
        case .float:
            let nearest = unsafe strtod(text, nil)
            return number.isFinite && bits == number.bitPattern && bits == nearest.bitPattern
        case .integer:
            let value = Int64(bitPattern: bits)
            return Int64(text.dropLast()) == value && number == Double(value)
        case .unsigned: return UInt64(text.dropLast()) == bits && number == Double(bits)
        case .boolean: return bits <= 1 && number == Double(bits)
        case .string:
            // By bytes: a combining character behind a quote makes one character with it.
            let quotes = text.utf8.first == 0x22 && text.utf8.last == 0x22
            return bits == 0 && number.isNaN && quotes
        }
    }
}
