import LineProtocol
import Testing

/// Bytes nobody meant to send: no trap, no standstill, and the same answer each time.
@Suite struct RobustnessTests {
    static let seeds: [String] = [
        "pump,device=p-17,site=north vibration=1.25,temp=45.5,state=\"ok\" 1700000000000000000\n",
        "m,a\\,b=c\\ d,e\\=f=g v\\ w=1i,x=2u,y=t,z=\"a \\\"quoted\\\" text\\\\\" -5\r\n",
        "# comment\n\n  m v=1e5,w=-.5,x=+1.,y=FALSE\nn v=\"two\nlines\" 12\n",
        "m v=9223372036854775807i,w=18446744073709551615u,x=1.7976931348623157e308\n",
    ]
    static let spice: [UInt8] =
        Array("\n\r\t ,=\\\"#'-+.eEiutTfF0159\u{0}\u{7F}".utf8) + [0x80, 0xFF]

    /// Parses in both ways and twice, on the parser given, and compares.
    func check(_ bytes: [UInt8], _ parser: inout LineParser, _ seed: UInt64) -> Bool {
        let whole = Harness.records(bytes, .whole, &parser)
        let deferring = Harness.records(bytes, .deferring, &parser)
        var fresh = LineParser()
        let again = Harness.records(bytes, .whole, &fresh)
        guard whole == deferring, whole == again else {
            Issue.record("\(bytes) gives \(whole), \(deferring), \(again); seed \(seed)")
            return false
        }
        return true
    }

    @Test(arguments: [UInt64(1), 2, 3, 4]) func mutations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var parser = LineParser(limits: LineLimits(maxTags: 64, maxFields: 512))
        for _ in 0..<25_000 {
            var bytes = Array(random.pick(Self.seeds).utf8)
            if random.below(3) == 0 { bytes += random.pick(Self.seeds).utf8 }
            for _ in 0...random.below(4) {
                let index = random.below(bytes.count)
                switch random.below(5) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(random.pick(Self.spice), at: index)
                case 2: bytes[index] = UInt8(truncatingIfNeeded: random.next())
                case 3: bytes[index] = random.pick(Self.spice)
                default: bytes.removeLast(min(bytes.count - 1, random.below(20)))
                }
                if bytes.isEmpty { bytes = [0x0A] }
            }
            guard check(bytes, &parser, seed) else { return }
        }
    }

    @Test func noise() {
        var random = SeededGenerator(seed: 99)
        var parser = LineParser()
        for round in 0..<10_000 {
            let bytes = (0..<random.below(60)).map { _ in
                round % 2 == 0
                    ? UInt8(truncatingIfNeeded: random.next()) : random.pick(Self.spice)
            }
            guard check(bytes, &parser, 99) else { return }
        }
    }

    /// Every prefix of a good input: cut lines are refused or shorter, never worse.
    @Test func prefixes() {
        var parser = LineParser()
        for text in Self.seeds {
            let bytes = Array(text.utf8)
            for length in 0...bytes.count {
                guard check(Array(bytes.prefix(length)), &parser, 0) else { return }
            }
        }
    }

    /// Good neighbours without texts survive anything in one line between them.
    @Test func neighbours() {
        var random = SeededGenerator(seed: 7)
        var parser = LineParser()
        let left = Array("left,a=b v=1,w=2i 3\n".utf8)
        let right = Array("\nright,c=d v=4,w=\"x\" 5\n".utf8)
        for _ in 0..<20_000 {
            var bytes = Array(random.pick(Self.seeds).utf8).filter { $0 != 0x0A }
            for _ in 0...random.below(4) {
                bytes[random.below(bytes.count)] = random.pick(Self.spice)
            }
            bytes.removeAll { $0 == 0x0A }
            let found = Harness.records(left + bytes + right, .whole, &parser)
            let isSafe =
                found.first == "left,a=b v=float(1.0),w=integer(2) @3"
                && found.last == "right,c=d v=float(4.0),w=\"x\" @5"
            guard isSafe else {
                Issue.record("\(String(decoding: bytes, as: UTF8.self)) gives \(found); seed 7")
                return
            }
        }
    }

    /// A block may be cut after any record: what is found is the same.
    @Test func cuts() {
        let text = Self.seeds.joined() + "bad\n,x=1 v=1\n" + Self.seeds.joined()
        let bytes = Array(text.utf8)
        var parser = LineParser()
        let expected = Harness.records(bytes, .whole, &parser)
        var position = 0
        while position < bytes.count {
            _ = parser.next(bytes.span, position: &position, end: bytes.count)
            let cut = position
            let head = Harness.records(Array(bytes[..<cut]), .whole, &parser)
            let tail = Harness.records(Array(bytes[cut...]), .whole, &parser)
            #expect(head + tail == expected)
        }
    }
}
