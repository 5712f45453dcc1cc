import Foundation
import ParserInvariants
import Testing

/// The committed corpus through the fuzz target's checks, plain and put together.
@Suite struct CorpusInvariantTests {
    private struct Case: Decodable {
        let input: String?
        /// For inputs that are no UTF-8: two hexadecimal digits a byte.
        let hex: String?

        var bytes: [UInt8] {
            if let input { return Array(input.utf8) }
            let digits = Array(hex ?? "")
            return stride(from: 0, to: digits.count, by: 2).compactMap {
                UInt8(String(digits[$0...$0 + 1]), radix: 16)
            }
        }
    }

    private static func inputs() throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Corpus/line-protocol")
        var inputs: [[UInt8]] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        where name.hasSuffix(".jsonl") {
            let data = try Data(contentsOf: folder.appending(path: name))
            for line in data.split(separator: 0x0A) {
                inputs.append(try JSONDecoder().decode(Case.self, from: line).bytes)
            }
        }
        return inputs
    }

    @Test func everyCase() throws {
        let inputs = try Self.inputs()
        #expect(inputs.count >= 400)
        for input in inputs {
            let wrong = ParserInvariants.violation(in: input)
            #expect(wrong == nil, "\(String(decoding: input.prefix(200), as: UTF8.self))")
        }
    }

    /// Short cases in groups, so that what one leaves behind meets the next.
    @Test func manyInOneInput() throws {
        let inputs = try Self.inputs().filter { $0.count < 200 }
        var random = SeededGenerator(seed: 0xC0_4B05)
        for _ in 0..<400 {
            var joined: [UInt8] = []
            for _ in 0..<8 { joined += random.pick(inputs) + [0x0A] }
            let wrong = ParserInvariants.violation(in: joined)
            #expect(wrong == nil, "\(String(decoding: joined, as: UTF8.self))")
        }
    }
}
