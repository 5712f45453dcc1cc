import LineProtocol
import Testing

/// Every decimal text gives the double nearest to it: compared with `Double(String)`, which is an
/// independent implementation for all but the rarest texts, and with exact values worked out by
/// hand or with exact integers.
@Suite struct NumbersTests {
    static let seed: UInt64 = 0x5EED_0001

    /// Parses all texts as one record each and compares bits.
    func check(_ texts: [String]) {
        var input: [UInt8] = []
        for text in texts {
            input += "m v=".utf8
            input += text.utf8
            input.append(0x0A)
        }
        var parser = LineParser()
        var position = 0
        var failures = 0
        for text in texts where failures < 5 {
            let outcome = parser.next(input.span, position: &position, end: input.count)
            guard let expected = Double(text) else {
                Issue.record("the standard library does not read \(text)")
                return
            }
            if expected.isFinite {
                let found = outcome == .record ? parser.offsets.fieldDouble(0) : .nan
                guard found.bitPattern != expected.bitPattern else { continue }
                Issue.record("\(text) gives \(found), not \(expected); seed \(Self.seed)")
            } else {
                guard outcome != .rejected(.floatOutOfRange) else { continue }
                Issue.record("\(text) gives \(outcome), not out of range; seed \(Self.seed)")
            }
            failures += 1
        }
    }

    static func digits(_ count: Int, _ random: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<count { text.append(Character(UnicodeScalar(UInt8(48 + random.below(10))))) }
        return text
    }

    @Test func randomTexts() {
        var random = SeededGenerator(seed: Self.seed)
        var texts: [String] = []
        for _ in 0..<120_000 {
            var text = random.pick(["", "", "-"])
            let whole = random.below(random.pick([3, 9, 22]))
            let fraction = random.below(random.pick([3, 9, 22]))
            text += Self.digits(whole, &random)
            if fraction > 0 || random.below(4) == 0 || whole == 0 {
                text += "." + Self.digits(max(fraction, whole == 0 ? 1 : 0), &random)
            }
            if random.below(3) == 0 {
                let range = random.pick([5, 30, 80, 350])
                text += random.pick(["e", "E"]) + random.pick(["", "-", "+"])
                text += String(random.below(range))
            }
            texts.append(text)
        }
        check(texts)
    }

    /// Any bits that are a finite double, in the shortest form and with digits added.
    @Test func randomDoubles() {
        var random = SeededGenerator(seed: Self.seed &+ 1)
        var texts: [String] = []
        while texts.count < 100_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            texts.append("\(value)")
            let everyday = Double(Int64(bitPattern: random.next()) >> 20) * 0x1p-20
            texts.append("\(everyday)")
        }
        check(texts)
    }

    /// Exactly halfway between two doubles, and one digit above and below, at every length: the
    /// texts that a result of limited precision gets wrong.
    @Test func halfwayTexts() {
        var random = SeededGenerator(seed: Self.seed &+ 2)
        var texts: [String] = []
        for _ in 0..<2_000 {
            // An odd multiple of 2^-(1+shift) with 54 significant bits lies halfway.
            let odd = (random.next() >> 11 | 1 << 52) << 1 | 1
            let shift = random.below(60)
            let text = DecimalText.dividedByPowerOfTwo(odd, shift)
            texts.append(text)
            texts.append(text + (text.contains(".") ? "0000000001" : ".0000000001"))
            texts.append(DecimalText.decremented(text))
        }
        for exponent in [10, 20, 22, 23, 30] {
            for _ in 0..<200 { texts.append("\(random.next() >> 1)e\(exponent)") }
        }
        check(texts)
    }

    @Test func longMantissas() {
        var random = SeededGenerator(seed: Self.seed &+ 3)
        var texts: [String] = []
        for length in [19, 20, 21, 40, 100, 309, 400, 800] {
            for _ in 0..<60 {
                let text = Self.digits(length, &random)
                texts.append("0." + text)
                texts.append(text + "e-\(length)")
                texts.append("0." + String(repeating: "0", count: length) + text + "e\(length)")
                texts.append("1" + String(repeating: "0", count: length) + "e-\(length)")
                texts.append(String(text.dropFirst(5)) + "." + text.prefix(5) + "e-\(length - 3)")
            }
        }
        check(texts)
    }

    static let edges: [String] = [
        "9007199254740991", "9007199254740992", "9007199254740993", "9007199254740994",
        "9007199254740995", "9007199254740993.0000000000000000000001", "9007199254740992.9999999",
        "18014398509481985", "18446744073709551615", "18446744073709551616",
        "9999999999999999999", "10000000000000000000", "99999999999999999999",
        "1e22", "1e23", "8.5e22", "123456789012345678e22", "9007199254740991e22",
        "9007199254740993e-22", "1e-22", "1e-23", "1e64", "1e65", "1e-64", "1e-65",
        "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
        "179769313486231580793e289", "1e308", "1e309", "-1e309", "1e310", "0.1e310", "10e307",
        "2.2250738585072014e-308", "2.2250738585072011e-308", "2.2250738585072012e-308",
        "2.225073858507201136057409796709131975934819546351645648023426109724822222021e-308",
        "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
        "2.470328229206232720882843964341106861825299013071623822127928412503377536351043e-324",
        "1e-323", "3e-324", "2e-324", "1e-325", "1e-400", "0e400", "0.0e-400", "-0e0",
        "6.631236846766476e-316", "6.0221409e+23", "0.000000000000000000000000000000000000001",
        "100000000000000000000000000000000000000000000000000000000000000000000e-60",
        "7.2057594037927933e16", "7.2057594037927936e16", "3.141592653589793", "2.718281828459045",
        "0.30000000000000004", "123456.789e-300", "1e00000000000000000000005", "1e-0000005",
        "5e-20", "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
    ]

    @Test func edgeTexts() {
        check(Self.edges)
        check(Self.edges.filter { !$0.hasPrefix("-") }.map { "-" + $0 })
    }

    /// All texts of up to four digits with a point anywhere: the short path in full.
    @Test func shortTexts() {
        var texts: [String] = []
        for number in 0..<10_000 {
            let text = String(number)
            texts.append("-" + text)
            for split in 0...text.count {
                texts.append(text.prefix(split) + "." + text.dropFirst(split))
            }
            texts.append("-." + text)
        }
        check(texts)
    }

    /// The short path and the long one say the same about every integer length and sign.
    @Test func integers() {
        var random = SeededGenerator(seed: Self.seed &+ 4)
        var parser = LineParser()
        for _ in 0..<20_000 {
            let value = Int64(bitPattern: random.next()) >> Int64(random.below(64))
            let input = Array("m v=\(value)i,w=\(value.magnitude)u 1".utf8)
            var position = 0
            let outcome = parser.next(input.span, position: &position, end: input.count)
            guard outcome == .record, parser.offsets.fieldInteger(0) == value,
                parser.offsets.fieldDouble(0).bitPattern == Double(value).bitPattern,
                parser.offsets.fieldBits(1) == value.magnitude,
                parser.offsets.fieldDouble(1) == Double(value.magnitude)
            else {
                Issue.record("\(value): \(outcome); seed \(Self.seed)")
                return
            }
        }
    }
}

/// Exact decimal texts by schoolbook arithmetic on digits.
enum DecimalText {
    /// `value` / 2^`shift`, every digit of it.
    static func dividedByPowerOfTwo(_ value: UInt64, _ shift: Int) -> String {
        var digits = String(value).utf8.map { Int($0) - 48 }
        var point = digits.count
        for _ in 0..<shift {
            var carry = 0
            for index in digits.indices {
                let current = carry * 10 + digits[index]
                digits[index] = current / 2
                carry = current % 2
            }
            if carry == 1 { digits.append(5) }
            if digits.first == 0, point > 1 {
                digits.removeFirst()
                point -= 1
            }
        }
        let text = digits.map(String.init).joined()
        return point == digits.count ? text : text.prefix(point) + "." + text.dropFirst(point)
    }

    /// One less in the last digit, for a text that does not end with 0.
    static func decremented(_ text: String) -> String {
        guard let last = text.last?.wholeNumberValue, last > 0 else { return text }
        return text.dropLast() + String(last - 1) + "9999999"
    }

    /// Halfway between two texts of the same form, without the zeros around it.
    static func middle(_ left: String, _ right: String) -> String {
        let sum = added(left, right)
        var digits: [UInt8] = []
        var carry: UInt8 = 0
        for digit in sum {
            guard digit != 0x2E else {
                digits.append(digit)
                continue
            }
            let current = carry * 10 + digit - 0x30
            digits.append(0x30 + current / 2)
            carry = current % 2
        }
        digits.append(carry == 0 ? 0x30 : 0x35)
        while digits.last == 0x30 { digits.removeLast() }
        return String(decoding: digits.drop { $0 == 0x30 }, as: UTF8.self)
    }

    /// Twice a number, in the same form.
    static func doubled(_ text: String) -> String {
        String(decoding: added(text, text), as: UTF8.self)
    }

    /// The sum of two texts of the same form, which has room for it.
    private static func added(_ left: String, _ right: String) -> [UInt8] {
        var sum = Array(left.utf8)
        let other = Array(right.utf8)
        precondition(sum.count == other.count, "texts of different forms")
        var carry: UInt8 = 0
        for index in sum.indices.reversed() where sum[index] != 0x2E {
            let current = sum[index] - 0x30 + other[index] - 0x30 + carry
            sum[index] = 0x30 + current % 10
            carry = current / 10
        }
        return sum
    }
}
