import Foundation
import LineProtocolCorpus
import Testing

extension EndToEndTests {
    /// The whole corpus through one run of `forestall parse`, each case compared with what is
    /// expected of it.
    @Suite struct CorpusTests {
        /// A record between two cases. Its text ends whatever a case leaves open, and shows that
        /// no case harms what comes behind it.
        private static let separator = #"separator,between=cases s="x y",v=1 5"#

        private typealias Record = LineProtocolCase.Record

        private static let separatorRecord = Record(
            line: 0, ok: true, measurement: "separator", tags: ["between": "cases"],
            fields: ["s": .string("x y"), "v": .float(bits: (1.0).bitPattern)], timestamp: 5)

        /// What `parse` adds for a refused record.
        private struct Refusal: Decodable {
            let column: Int?
            let error: String?
        }

        /// All cases as one text, with what is expected of each, separator included.
        private static func joined(
            _ cases: [LineProtocolCase]
        ) -> (text: Data, expected: [(case: LineProtocolCase, records: [Record])]) {
            var text = Data()
            var expected: [(LineProtocolCase, [Record])] = []
            var lines = 0
            for each in cases {
                var bytes = each.bytes
                if bytes.last != 0x0A { bytes.append(0x0A) }
                let end = lines + bytes.count { $0 == 0x0A }
                let records = each.expect.map { $0.shifted(by: lines) }
                expected.append((each, records + [separatorRecord.shifted(by: end + 1)]))
                text += bytes
                text += Data((separator + "\n").utf8)
                lines = end + 1
            }
            return (text, expected)
        }

        @Test func everyCase() throws {
            let directory = try TemporaryDirectory()
            let (text, expected) = Self.joined(try LineProtocolCase.all())
            #expect(expected.count >= 1_400)
            let outcome = try ForestallProgram.run(
                "parse", try directory.write(text, to: "corpus.lp"))
            let refused = expected.flatMap(\.records).filter { !$0.ok }.count
            #expect(outcome.errors.hasPrefix("forestall: \(refused) of "))
            #expect(outcome.code == 65)
            var lines = outcome.lines[...]
            let decoder = JSONDecoder()
            for (each, records) in expected {
                let answers = lines.prefix(records.count).map { Data($0.utf8) }
                lines = lines.dropFirst(records.count)
                let found = try answers.map { try decoder.decode(Record.self, from: $0) }
                let input = String(decoding: each.bytes.prefix(200), as: UTF8.self)
                guard found == records else {
                    Issue.record("\(input.debugDescription) gives \(found), not \(records)")
                    return
                }
                for (record, answer) in zip(records, answers) where !record.ok {
                    let refusal = try decoder.decode(Refusal.self, from: answer)
                    #expect(refusal.column ?? 0 > 0, "\(input.debugDescription)")
                    #expect(refusal.error?.hasSuffix(".") == true, "\(input.debugDescription)")
                }
            }
            #expect(lines.isEmpty)
        }
    }
}
