import LineProtocol
import LineProtocolCorpus
import ParserInvariants
import Testing

/// Every case of the corpus, read in this process, in both ways.
@Suite struct CorpusTests {
    /// What the parser finds, in the corpus's words.
    private static func records(
        _ bytes: [UInt8], deferring: Bool, _ parser: inout LineParser
    ) -> [LineProtocolCase.Record] {
        var found: [LineProtocolCase.Record] = []
        var position = 0
        var line = 1
        var counted = 0
        while true {
            let outcome =
                deferring
                ? parser.nextDeferringTags(bytes.span, position: &position, end: bytes.count)
                : parser.next(bytes.span, position: &position, end: bytes.count)
            while counted < parser.offsets.recordStart {
                if bytes[counted] == 0x0A { line += 1 }
                counted += 1
            }
            switch outcome {
            case .record:
                if deferring, parser.splitTags(bytes.span) != nil {
                    found.append(LineProtocolCase.Record(line: line, ok: false))
                } else {
                    found.append(record(bytes, parser.offsets, line: line))
                }
            case .rejected: found.append(LineProtocolCase.Record(line: line, ok: false))
            case .blank: break
            case .end: return found
            }
        }
    }

    private static func record(
        _ bytes: [UInt8], _ offsets: borrowing LineOffsets, line: Int
    ) -> LineProtocolCase.Record {
        let content = RecordContent(bytes, offsets)
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        var tags: [String: String] = [:]
        for tag in content.tags { tags[text(tag[0])] = text(tag[1]) }
        var fields: [String: LineProtocolCase.Value] = [:]
        for field in content.fields {
            let value: LineProtocolCase.Value =
                switch field.value {
                case .text(let bytes): .string(text(bytes))
                case .number(.integer, let bits): .integer(Int64(bitPattern: bits))
                case .number(.unsigned, let bits): .unsigned(bits)
                case .number(.boolean, let bits): .boolean(bits == 1)
                case .number(_, let bits): .float(bits: bits)
                }
            fields[text(field.key)] = value
        }
        return LineProtocolCase.Record(
            line: line, ok: true, measurement: text(content.measurement), tags: tags,
            fields: fields, timestamp: content.timestamp)
    }

    @Test func everyCase() throws {
        let cases = try LineProtocolCase.all()
        #expect(cases.count >= 1_400)
        var parser = LineParser()
        for each in cases {
            for deferring in [false, true] {
                let found = Self.records(each.bytes, deferring: deferring, &parser)
                let text = String(decoding: each.bytes.prefix(200), as: UTF8.self)
                #expect(found == each.expect, "\(text.debugDescription), says \(each.who)")
            }
        }
    }

    /// A case that nobody answers for proves nothing; no input is there twice.
    @Test func everyCaseSaysWho() throws {
        let cases = try LineProtocolCase.all()
        #expect(cases.allSatisfy { !$0.who.isEmpty })
        #expect(Set(cases.map(\.bytes)).count == cases.count)
    }
}
