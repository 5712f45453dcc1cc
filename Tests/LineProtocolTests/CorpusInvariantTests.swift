import LineProtocol
import LineProtocolCorpus
import ParserInvariants
import Testing

/// What the fuzz target checks, over the corpus and seeded mutations of it: the short form of
/// `make fuzz` that every test run has.
@Suite struct CorpusInvariantTests {
    private static let smallLimits = LineLimits(maxLineBytes: 100, maxTags: 3, maxFields: 4)

    /// Short cases: the long ones are about limits and have little else to say.
    private static func inputs() throws -> [[UInt8]] {
        try LineProtocolCase.all().map(\.bytes).filter { $0.count < 200 }
    }

    @Test func everyCase() throws {
        var usual = ParserInvariants()
        var small = ParserInvariants(limits: Self.smallLimits)
        for each in try LineProtocolCase.all() {
            let text = String(decoding: each.bytes.prefix(200), as: UTF8.self)
            let wrong = usual.violation(in: each.bytes) ?? small.violation(in: each.bytes)
            #expect(wrong == nil, "\(text.debugDescription)")
        }
    }

    /// Cases changed at random places, and put behind one another so that what one leaves behind
    /// meets the next.
    @Test(arguments: [UInt64(1), 2, 3, 4]) func mutations(seed: UInt64) throws {
        let inputs = try Self.inputs()
        var random = SeededGenerator(seed: seed)
        var usual = ParserInvariants()
        var small = ParserInvariants(limits: Self.smallLimits)
        for _ in 0..<1_500 {
            var bytes = random.pick(inputs)
            for _ in 0..<random.below(4) { bytes += [0x0A] + random.pick(inputs) }
            for _ in 0..<random.below(5) where !bytes.isEmpty {
                let index = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(random.pick(RobustnessTests.spice), at: index)
                case 2: bytes[index] = random.pick(RobustnessTests.spice)
                default: bytes[index] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            let wrong = usual.violation(in: bytes) ?? small.violation(in: bytes)
            guard let wrong else { continue }
            Issue.record("\(bytes): \(wrong); seed \(seed)")
            return
        }
    }
}
