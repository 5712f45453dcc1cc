import LineProtocol

/// SplitMix64, so that a seed printed by a failure gives the same run everywhere.
struct SeededGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }
}

/// Parses whole inputs and writes what was found as one text per record, so that a case fits one
/// line: `pump,site=north v=float(1.5) @17`, or `!missing_fields@5` with the column.
enum Harness {
    enum Way: CaseIterable {
        case whole
        case deferring
    }

    /// Texts of all records in `input`, found in one of the two ways.
    static func records(
        _ input: [UInt8], _ way: Way, _ parser: inout LineParser
    ) -> [String] {
        var texts: [String] = []
        var position = 0
        let span = input.span
        while true {
            let before = position
            let outcome =
                way == .whole
                ? parser.next(span, position: &position, end: input.count)
                : parser.nextDeferringTags(span, position: &position, end: input.count)
            switch outcome {
            case .record:
                if way == .deferring, let rejection = parser.splitTags(span) {
                    texts.append("!\(rejection.name)@\(parser.rejectionColumn)")
                } else {
                    texts.append(text(input, parser))
                }
            case .blank: break
            case .rejected(let rejection):
                texts.append("!\(rejection.name)@\(parser.rejectionColumn)")
            case .end: return texts
            }
            // A failure here would loop for ever in a caller.
            precondition(position > before && position <= input.count)
            precondition(parser.offsets.recordStart == before)
        }
    }

    /// Both ways must agree; a difference is part of the answer so that every case checks it.
    static func records(_ input: String, limits: LineLimits = LineLimits()) -> [String] {
        var parser = LineParser(limits: limits)
        let bytes = Array(input.utf8)
        let whole = records(bytes, .whole, &parser)
        let deferring = records(bytes, .deferring, &parser)
        return whole == deferring ? whole : whole + ["deferring tags:"] + deferring
    }

    private static func text(_ input: [UInt8], _ parser: borrowing LineParser) -> String {
        func part(_ start: Int, _ end: Int, _ kind: EscapedPart) -> String {
            let bytes = Escapes.unescaped(input.span, from: start, to: end, of: kind)
            return String(decoding: bytes, as: UTF8.self)
        }
        var text = part(
            parser.offsets.measurementStart, parser.offsets.measurementEnd, .measurement)
        for tag in 0..<parser.offsets.tagCount {
            text += ","
            text += part(parser.offsets.tagKeyStart(tag), parser.offsets.tagKeyEnd(tag), .name)
            text += "="
            text += part(
                parser.offsets.tagValueStart(tag), parser.offsets.tagValueEnd(tag), .name)
        }
        for field in 0..<parser.offsets.fieldCount {
            text += field == 0 ? " " : ","
            text += part(
                parser.offsets.fieldKeyStart(field), parser.offsets.fieldKeyEnd(field), .name)
            let start = parser.offsets.fieldValueStart(field)
            let end = parser.offsets.fieldValueEnd(field)
            switch parser.offsets.fieldKind(field) {
            case .float: text += "=float(\(parser.offsets.fieldDouble(field)))"
            case .integer: text += "=integer(\(parser.offsets.fieldInteger(field)))"
            case .unsigned: text += "=unsigned(\(parser.offsets.fieldBits(field)))"
            case .boolean: text += "=\(parser.offsets.fieldBits(field) == 1)"
            case .string: text += "=\"" + part(start + 1, end - 1, .string) + "\""
            }
        }
        if parser.offsets.hasTimestamp { text += " @\(parser.offsets.timestamp)" }
        return text
    }
}
