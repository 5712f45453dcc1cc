import Testing

@testable import LineProtocol

/// The short way for records of known series gives what the ordinary way gives, or nothing.
@Suite struct KnownRecordTests {
    /// A reader that knows series by their raw keys, as the engine does.
    private struct Reader: ~Copyable {
        var parser = LineParser()
        var layouts: [[UInt8]: Int] = [:]
        var numbers = [Double](repeating: .nan, count: LineLimits().maxFields)
        /// Records read the short way.
        var short = 0

        /// What the next record holds, as one text; `nil` at the end. Both ways must agree.
        mutating func next(_ bytes: [UInt8], _ position: inout Int) -> String? {
            let span = bytes.span
            guard position < bytes.count else { return nil }
            let start = position
            var known: String?
            let isGuessed = parser.guessKey(span, at: start, end: bytes.count)
            var layout = isGuessed ? layouts[key(bytes)] : nil
            if layout == nil, parser.passKey(span, at: start, end: bytes.count) {
                layout = layouts[key(bytes)]
            }
            if let layout, layout >= 0,
                parser.readKnown(
                    span, position: &position, end: bytes.count, layout: layout, into: &numbers)
            {
                short += 1
                let values = numbers[..<parser.offsets.fieldCount].map(\.bitPattern)
                known = "\(values) \(stamp) to \(position)"
                position = start
            }
            switch parser.nextDeferringTags(span, position: &position, end: bytes.count) {
            case .record:
                let count = parser.offsets.fieldCount
                let values = (0..<count).map { parser.offsets.fieldDouble($0).bitPattern }
                let said = "\(values) \(stamp) to \(position)"
                if let known { return known == said ? said : "SHORT \(known) NOT \(said)" }
                if parser.splitTags(span) == nil, layouts[key(bytes)] ?? -1 < 0 {
                    layouts[key(bytes)] = parser.learnLayout(span)
                }
                return said
            case .blank: return known.map { "SHORT \($0) for a blank" } ?? "blank"
            case .rejected(let rejection):
                return known.map { "SHORT \($0) for \(rejection)" } ?? "\(rejection)"
            case .end: return nil
            }
        }

        private func key(_ bytes: [UInt8]) -> [UInt8] {
            Array(bytes[parser.offsets.seriesKeyStart..<parser.offsets.seriesKeyEnd])
        }

        private var stamp: String {
            parser.offsets.hasTimestamp ? "\(parser.offsets.timestamp)" : "-"
        }
    }

    private func check(_ text: String, _ sourceLocation: SourceLocation = #_sourceLocation) -> Int {
        var reader = Reader()
        let bytes = Array(text.utf8)
        var position = 0
        while let said = reader.next(bytes, &position) {
            if said.contains("SHORT") {
                Issue.record("\(said) in: \(text)", sourceLocation: sourceLocation)
            }
        }
        #expect(position == bytes.count, sourceLocation: sourceLocation)
        return reader.short
    }

    private static let first = "pump,device=P-1 rms=1.5,temp=36,n=3i 1767225600000000000\n"

    /// Every way to write a value and a stamp after one plain record.
    static let values = [
        "1", "0", "7", "42", "1234567", "12345678", "123456789012", "1.5", "9.95", "10.05", "0.1",
        "00.50", "1.", ".5", "1.23456", "123.4567", "1234.567", "-1.5", "-0", "+2", "1e3", "1.5e-3",
        "3i", "-3i", "4u", "1.5i", "t", "false", "\"text\"", "\"a b\"", "abc", "", "1,", "1 2",
        "NaN",
        "1.5.5", "1_5", "\u{0}", "9007199254740993", "0.30000000000000004", "1\r",
    ]

    static let stamps = [
        " 1767225600000000001", " 1767225609999999999", " 1767229999000000000", "",
        " ", " 17672256", " 9999999999999999999", " 9223372036854775807", " 9223372036854775808",
        " -1767225600000000000", " 01767225600000000000", " 1767225600000000000 ",
        " 1767225600000000000\r", "  1767225600000000000", " 176722560000000000x",
        " 1767225600000000000i", " 1767225600000000000 1", "\t1767225600000000000",
    ]

    @Test(arguments: values, stamps)
    func valuesAndStamps(_ value: String, _ stamp: String) {
        _ = check(
            Self.first + "pump,device=P-1 rms=\(value),temp=36,n=3i\(stamp)\n"
                + "pump,device=P-1 rms=1,temp=36,n=\(value)\(stamp)\n" + Self.first
                + "pump,device=P-1 rms=2,temp=\(value),n=4\(stamp)")
    }

    /// Names of every length up to the longest kept, and beyond.
    @Test(arguments: 1...70)
    func names(_ length: Int) {
        let name = String(repeating: "abcdefgh", count: 9).prefix(length)
        let record = "m,d=x \(name)=1.25,b=2 1767225600000000000\n"
        let other = "m,d=x \(name.dropLast())Z=1.25,b=2 1767225600000000000\n"
        let short = check(record + record + other + record)
        #expect(short == (length < 64 ? 2 : 0))
    }

    @Test func otherFieldsTakeTheOrdinaryWay() {
        let short = check(
            Self.first + Self.first + "pump,device=P-1 rms=1.5 1767225600000000000\n"
                + "pump,device=P-1 rms=1.5,temp=36,n=3i,more=1 1767225600000000000\n"
                + "pump,device=P-1 temp=36,rms=1.5,n=3i 1767225600000000000\n"
                + "pump,device=P-1  rms=1.5,temp=36,n=3i 1767225600000000000\n" + Self.first)
        #expect(short == 2)
    }

    /// Keys of the same length, keys that only look alike, and escapes at a key's end.
    @Test func keysAreNeverMistaken() {
        let records = [
            "pump,device=P-1 a=1 1767225600000000000\n",
            "pump,device=P-2 a=2 1767225600000000000\n",
            "pump,device=P\\ 1 a=3 1767225600000000000\n", "pump,device=P-1\\ a=4 b=5 17\n",
            "pump,device=P-1 a=6,b=\"x y\" 1767225600000000000\n", "# pump,device=P-1 a=1\n",
            " pump,device=P-1 a=7 1767225600000000000\n", "pump,device=P-1\ta=8 1\n", "\n",
            "pump,device=P-11 a=9 1767225600000000000\n", "pump a=1 1\n", "pump,device= a=1\n",
        ]
        var random = SeededGenerator(seed: 0x5EED)
        var short = 0
        for _ in 0..<300 {
            short += check((0..<20).map { _ in random.pick(records) }.joined())
        }
        #expect(short > 1_000)
    }

    /// Anything at all, some of it again and again.
    @Test(arguments: 0..<40)
    func randomRecords(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed) &* 0x9E37_79B9)
        var pool: [String] = []
        var text = ""
        for _ in 0..<400 {
            if pool.count < 12 { pool.append(RoundTripTests.record(&random).raw + "\n") }
            var record = random.pick(pool)
            if random.below(4) == 0 {
                var bytes = Array(record.utf8)
                bytes[random.below(bytes.count)] = UInt8(random.pick(Array(" =,.\\\"019ia\n".utf8)))
                record = String(decoding: bytes, as: UTF8.self)
            }
            text += record
        }
        _ = check(text)
    }

    /// A short value read by its shape is the double the standard library reads.
    @Test func shapesAreExact() throws {
        var random = SeededGenerator(seed: 7)
        var hits = 0
        for _ in 0..<200_000 {
            let digits = 1 + random.below(7)
            var text = (0..<digits).map { _ in "\(random.below(10))" }.joined()
            if digits < 7, random.below(4) > 0 {
                text.insert(
                    ".", at: text.index(text.startIndex, offsetBy: 1 + random.below(digits)))
                if text.hasSuffix(".") { text += "0" }
            }
            guard text.count <= 7 else { continue }
            let padded = Array((text + "," + "garbage!").utf8)
            var word: UInt64 = 0
            for index in 0..<8 { word |= UInt64(padded[index]) << UInt64(8 * index) }
            let shape = try #require(NumberShape(word))
            let number = try #require(shape.number(word))
            #expect(number == Double(text), "\(text)")
            hits += 1
        }
        #expect(hits > 100_000)
    }
}
