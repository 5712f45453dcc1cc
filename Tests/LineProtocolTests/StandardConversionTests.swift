import Glibc
import Testing

@testable import LineProtocol

/// Decimal texts against the C library's `strtod`, which rounds correctly: at random and at the
/// places where conversions go wrong. A share of it by default; `FORESTALL_NUMBERS=1000000` (as
/// `make numbers` sets) says how many texts.
@Suite struct StandardConversionTests {
    private static let count =
        unsafe getenv("FORESTALL_NUMBERS").flatMap { unsafe Int(String(cString: $0)) } ?? 100_000
    private static let shares = 8

    @Test(arguments: 0..<shares) func sameAsStrtod(_ share: Int) {
        let seed = 0x5EED_57D0 &+ UInt64(share)
        print("strtod: \(Self.count / Self.shares) texts, seed \(seed)")
        var random = SeededGenerator(seed: seed)
        var parser = LineParser()
        var failures = 0
        for _ in 0..<Self.count / Self.shares where failures < 5 {
            let text = Self.text(&random)
            let input = Array("m v=\(text)\n".utf8)
            var position = 0
            let outcome = parser.next(input.span, position: &position, end: input.count)
            let expected = unsafe strtod(text, nil)
            let isRight =
                expected.isFinite
                ? outcome == .record
                    && parser.offsets.fieldDouble(0).bitPattern == expected.bitPattern
                : outcome == .rejected(.floatOutOfRange)
            guard !isRight else { continue }
            failures += 1
            Issue.record("\(text): \(outcome), strtod says \(expected); seed \(seed)")
        }
    }

    private static func text(_ random: inout SeededGenerator) -> String {
        let sign = random.below(4) == 0 ? "-" : ""
        if random.below(48) == 0 { return sign + neighbours(&random) }
        switch random.below(8) {
        case 0:  // What sensors send: the short path.
            let digits = NumbersTests.digits(1 + random.below(6), &random)
            let place = random.below(digits.count + 1)
            return sign + digits.prefix(place) + "." + digits.dropFirst(place)
        case 1:  // Whole numbers of any length.
            return sign + NumbersTests.digits(1 + random.below(40), &random)
        case 2:  // Any double, with all its digits.
            let value = Double(bitPattern: random.next())
            return value.isFinite ? "\(value)" : "0"
        case 3:  // 17 to 21 digits and an exponent.
            let digits = NumbersTests.digits(17 + random.below(5), &random)
            return sign + digits + "e\(random.below(680) - 360)"
        case 4: return sign + halfway(&random)
        case 5:  // Subnormals and the ends of the range.
            let digits = NumbersTests.digits(1 + random.below(20), &random)
            return sign + digits + "e\(random.pick([-343, -330, -325, -308, 290, 300, 308]))"
        case 6:  // Long texts that say little.
            let zeros = String(repeating: "0", count: random.below(400))
            let digits = NumbersTests.digits(1 + random.below(30), &random)
            return sign + "0." + zeros + digits + "e\(random.below(500))"
        default:  // Exponents beyond anything.
            let digits = NumbersTests.digits(1 + random.below(9), &random)
            return sign + digits + random.pick(["e", "E-", "e+"]) + "\(random.next() >> 40)"
        }
    }

    /// Exactly between two doubles, or the least bit off.
    private static func halfway(_ random: inout SeededGenerator) -> String {
        let odd = (random.next() >> 11 | 1 << 52) << 1 | 1
        let text = DecimalText.dividedByPowerOfTwo(odd, random.below(60))
        switch random.below(3) {
        case 0: return text
        case 1: return text + (text.contains(".") ? "000000001" : ".000000001")
        default: return DecimalText.decremented(text)
        }
    }

    /// Between two neighbouring doubles anywhere in the range, subnormals and the last one before
    /// infinity included: every digit of the place halfway, a digit more behind hundreds or
    /// thousands of zeros, or the least bit below.
    private static func neighbours(_ random: inout SeededGenerator) -> String {
        let exponent = random.pick([0, 0, 1, 2, 52, 1_023, 2_046, random.below(2_047)])
        let pattern = UInt64(exponent) << 52 | random.next() >> UInt64(12 + random.below(52))
        let lower = Double(bitPattern: min(pattern, Double.greatestFiniteMagnitude.bitPattern))
        // Beyond the last double lies the one that would follow if there were one.
        let upper = lower.nextUp.isFinite ? exactText(lower.nextUp) : nextAfterLast
        let text = DecimalText.middle(exactText(lower), upper)
        switch random.below(3) {
        case 0: return text
        case 1: return text + String(repeating: "0", count: random.below(3_000)) + "1"
        default: return DecimalText.decremented(text)
        }
    }

    /// 2^1024 in the form of `exactText`: twice 2^1023.
    private static let nextAfterLast = DecimalText.doubled(exactText(0x1p1023))

    /// All digits of a positive double, as many before and behind the point as the greatest and
    /// the least one need, by the C library.
    private static func exactText(_ value: Double) -> String {
        var text = [CChar](repeating: 0, count: 1_500)
        let count = unsafe withVaList([value]) {
            unsafe vsnprintf(&text, text.count, "%.1075f", $0)
        }
        let digits = String(decoding: text[..<Int(count)].map { UInt8($0) }, as: UTF8.self)
        return String(repeating: "0", count: 310 + 1_075 - digits.count) + digits
    }
}
