import LineProtocol
import Testing

/// Records made up at random, printed with escapes where they must be and sometimes where they
/// need not be, parse back to what they were.
@Suite struct RoundTripTests {
    static let letters: [Character] = Array("abcXYZ019_-./:;<>ü漢🚰'\"#\u{1}\u{7F}\u{301}")

    /// Names do not end with a backslash, which would protect the delimiter after them, nor have
    /// one before a character it would protect.
    static func name(_ random: inout SeededGenerator) -> String {
        var text = ""
        for index in 0..<(1 + random.below(random.pick([3, 10, 24]))) {
            switch random.below(8) {
            case 0: text.append(random.pick([",", " ", "="]))
            case 1 where index > 0: text += "\\x"
            default: text.append(random.pick(letters))
            }
        }
        return text.unicodeScalars.first == "#" ? "n" + text : text
    }

    static func escaped(_ text: String, _ special: String) -> String {
        // By scalars: a combining character makes one character with the delimiter before it.
        text.unicodeScalars.map {
            special.unicodeScalars.contains($0) ? "\\\($0)" : String($0)
        }.joined()
    }

    static func value(_ random: inout SeededGenerator) -> (raw: String, meant: String) {
        switch random.below(6) {
        case 0:
            let value = Int64(bitPattern: random.next()) >> Int64(random.below(64))
            return ("\(value)i", "integer(\(value))")
        case 1:
            let value = random.next() >> UInt64(random.below(64))
            return ("\(value)u", "unsigned(\(value))")
        case 2:
            let value = random.below(2) == 0
            let raw =
                value ? ["t", "T", "true", "True", "TRUE"] : ["f", "F", "false", "False", "FALSE"]
            return (random.pick(raw), "\(value)")
        case 3:
            var text = ""
            for _ in 0..<random.below(20) {
                text.append(random.pick(letters + ["\"", "\\", "\n", ",", " ", "=", "\t"]))
            }
            return ("\"" + escaped(text, "\"\\") + "\"", "\"\(text)\"")
        case 4:
            let value =
                Double(random.below(2_000_000) - 1_000_000) / random.pick([1, 10, 100, 1000])
            return ("\(value)", "float(\(value))")
        default:
            let bits = Double(bitPattern: random.next())
            let value = bits.isFinite ? bits : 1
            return ("\(value)", "float(\(value))")
        }
    }

    static func record(_ random: inout SeededGenerator) -> (raw: String, meant: String) {
        let measurement = name(&random)
        var raw = random.pick(["", "", "", " ", "\t "]) + escaped(measurement, ", ")
        var meant = measurement
        for _ in 0..<random.below(5) {
            let (key, value) = (name(&random), name(&random))
            raw += "," + escaped(key, ", =") + "=" + escaped(value, ", =")
            meant += ",\(key)=\(value)"
        }
        raw += random.pick([" ", " ", "  "])
        for index in 0...random.below(5) {
            let key = name(&random)
            let field = value(&random)
            raw += (index == 0 ? "" : ",") + escaped(key, ", =") + "=" + field.raw
            meant += (index == 0 ? " " : ",") + key + "=" + field.meant
        }
        if random.below(4) != 0 {
            let time = Int64(bitPattern: random.next()) >> Int64(random.below(64))
            raw += random.pick([" ", "   "]) + String(time)
            meant += " @\(time)"
        }
        return (raw + random.pick(["", "", " ", "\r"]) + "\n", meant)
    }

    func check(
        _ raw: String, _ meant: [String], _ parser: inout LineParser, _ seed: UInt64
    ) -> Bool {
        let bytes = Array(raw.utf8)
        for way in Harness.Way.allCases {
            let found = Harness.records(bytes, way, &parser)
            guard found == meant else {
                Issue.record("\(raw) gives \(found), not \(meant); seed \(seed)")
                return false
            }
        }
        return true
    }

    @Test(arguments: [UInt64(0xC0FFEE), 2, 3, 4]) func randomRecords(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var parser = LineParser()
        for _ in 0..<2_500 {
            var raw = ""
            var meant: [String] = []
            for _ in 0...random.below(3) {
                let record = Self.record(&random)
                raw += record.raw
                meant.append(record.meant)
            }
            guard check(raw, meant, &parser, seed) else { return }
        }
    }
}
