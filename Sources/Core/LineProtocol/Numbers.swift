/// A decoded field value, where its text ends, and what follows it.
struct FieldValue {
    var kind: FieldKind
    var bits: UInt64
    var number: Double
    /// One past the last byte of the value.
    var end: Int
    /// Whether another field comes. Known to whoever found the end, so nobody looks twice.
    var isFollowedByComma: Bool

    @inline(__always) init(
        kind: FieldKind, bits: UInt64, number: Double, end: Int, ending: UInt8
    ) {
        self.kind = kind
        self.bits = bits
        self.number = number
        self.end = end
        self.isFollowedByComma = ending == ASCII.comma
    }

    @inline(__always) static func float(_ number: Double, end: Int, ending: UInt8) -> FieldValue {
        FieldValue(
            kind: .float, bits: number.bitPattern, number: number, end: end, ending: ending)
    }

    @inline(__always) static func integer(_ value: Int64, end: Int, ending: UInt8) -> FieldValue {
        FieldValue(
            kind: .integer, bits: UInt64(bitPattern: value), number: Double(value), end: end,
            ending: ending)
    }
}

/// Decimal text to numbers.
///
/// Two paths with one meaning. `short` reads one word of text, so it covers what sensors mostly
/// send (`3`, `-21.5`, `1013.25`, `17i`) without a loop; it answers nil for all else, right or
/// wrong. `parse` covers the whole grammar and decides on refusals. Tests hold them equal.
enum Numbers {
    /// Eight characters as digit values: 0...9 where there was a digit, more elsewhere.
    @inline(__always) static func digitValues(_ word: UInt64) -> UInt64 {
        word ^ 0x3030_3030_3030_3030
    }

    /// The lanes (see `Lanes`) that hold no digit. Exact in each lane.
    @inline(__always) static func nonDigits(_ values: UInt64) -> UInt64 {
        (((values & Lanes.lows) &+ 0x7676_7676_7676_7676) | values) & Lanes.tops
    }

    /// The number that eight digit values spell, the first in the lowest byte. Pairs are joined
    /// first, then pairs of pairs: three multiplications instead of eight (Lemire, "Quickly
    /// parsing eight digits", 2018).
    @inline(__always) static func joinEight(_ values: UInt64) -> UInt64 {
        let pairs = (values &* 10) &+ (values &>> 8)
        let mask: UInt64 = 0x0000_00FF_0000_00FF
        let upper = (pairs & mask) &* 0x000F_4240_0000_0064
        let lower = ((pairs &>> 16) & mask) &* 0x0000_2710_0000_0001
        return (upper &+ lower) &>> 32
    }

    /// The value that starts at `offset` when, its minus sign apart, it fits one word together with
    /// the byte that ends it: at most seven characters. At most seven digits and a power of ten
    /// up to 10^6 are exact doubles, so the one division rounds once and the result is the
    /// nearest double.
    @inline(__always) static func short(_ window: ByteWindow, at offset: Int) -> FieldValue? {
        let word = window.word(offset)
        if word & 0xFF == UInt64(ASCII.minus) { return shortNegative(window, at: offset &+ 1) }
        return shortMagnitude(window, word, at: offset)
    }

    /// Kept out of the way of the positive values, which are the many.
    @inline(never) private static func shortNegative(
        _ window: ByteWindow, at offset: Int
    ) -> FieldValue? {
        guard var value = shortMagnitude(window, window.word(offset), at: offset) else {
            return nil
        }
        value.number = -value.number
        switch value.kind {
        case .integer: value.bits = 0 &- value.bits
        default: value.bits = value.number.bitPattern
        }
        // An integer 0 has no sign, and its double should not either.
        if value.bits == 0 { value.number = 0 }
        return value
    }

    @inline(__always) private static func shortMagnitude(
        _ window: ByteWindow, _ word: UInt64, at offset: Int
    ) -> FieldValue? {
        let values = digitValues(word)
        let others = nonDigits(values)
        guard others != 0 else { return nil }
        // Bit position of the first byte that is no digit.
        let wholeBits = UInt64(truncatingIfNeeded: others.trailingZeroBitCount) &- 7
        let stop = UInt8(truncatingIfNeeded: word &>> wholeBits)
        if stop == ASCII.dot {
            let rest = others & (others &- 1)
            guard rest != 0 else { return nil }
            let textBits = UInt64(truncatingIfNeeded: rest.trailingZeroBitCount) &- 7
            let ending = UInt8(truncatingIfNeeded: word &>> textBits)
            guard textBits != 8, isPlainEnd(ending) else { return nil }
            // Close the gap the point leaves, then push the digits to the top: zeros lead.
            let whole: UInt64 = (1 &<< wholeBits) &- 1
            let joined = (values & whole) | ((values &>> 8) & ~whole)
            let mantissa = joinEight(joined &<< (72 &- textBits))
            let fraction = (textBits &- wholeBits) &>> 3 &- 1
            let number = exactDouble(mantissa) / PowersOfTen[fraction & 7]
            let end = offset &+ Int(truncatingIfNeeded: textBits &>> 3)
            return .float(number, end: end, ending: ending)
        }
        guard wholeBits != 0 else { return nil }
        let mantissa = joinEight(values &<< (64 &- wholeBits))
        let end = offset &+ Int(truncatingIfNeeded: wholeBits &>> 3)
        if isPlainEnd(stop) { return .float(exactDouble(mantissa), end: end, ending: stop) }
        let ending = window.byte(end &+ 1)
        guard stop == ASCII.lowerI, isPlainEnd(ending) else { return nil }
        return .integer(
            Int64(truncatingIfNeeded: mantissa), end: end &+ 1, ending: ending)
    }

    /// An integer below 2^52 as a double, through the bits of 2^52 + the integer. The conversion
    /// instruction of x86-64 writes half a register and so waits for the division of the value
    /// before it; this does not.
    @inline(__always) static func exactDouble(_ value: UInt64) -> Double {
        Double(bitPattern: 0x4330_0000_0000_0000 | value) - 0x1p52
    }

    /// The ends of a value worth a short cut; carriage return takes the long way.
    @inline(__always) private static func isPlainEnd(_ byte: UInt8) -> Bool {
        byte == ASCII.comma || byte == ASCII.space || byte == ASCII.newline
    }

    /// Any number: `[-] digits [. digits] [e [+-] digits]`, with digits on at least one side of
    /// the point; `[-] digits i`; `digits u`. A leading plus is refused, as every reader does.
    /// Refusals point at the value's first byte.
    @inline(never) static func parse(
        _ window: ByteWindow, at offset: Int
    ) throws(Refusal) -> FieldValue {
        let sign = window.byte(offset)
        let negative = sign == ASCII.minus
        let start = negative ? offset &+ 1 : offset
        var decimal = Decimal()
        let wholeEnd = decimal.readDigits(window, from: start)
        var end = wholeEnd
        var digits = end &- start
        if window.byte(end) == ASCII.dot {
            end = decimal.readFraction(window, from: end &+ 1)
            digits = end &- start &- 1
        }
        guard digits > 0 else { throw Refusal(.invalidNumber, at: offset) }
        let suffix = window.byte(end)
        if end == wholeEnd, suffix == ASCII.lowerI || suffix == ASCII.lowerU {
            guard window.isValueEnd(end &+ 1) else { throw Refusal(.invalidNumber, at: offset) }
            return suffix == ASCII.lowerI
                ? try integer(window, start, end, negative: negative, offset)
                : try unsigned(window, start, end, negative: negative, offset)
        }
        if suffix | 0x20 == 0x65 {  // e or E
            guard let exponentEnd = decimal.readExponent(window, from: end &+ 1) else {
                throw Refusal(.invalidNumber, at: offset)
            }
            end = exponentEnd
        }
        guard window.isValueEnd(end) else { throw Refusal(.invalidNumber, at: offset) }
        let magnitude = decimal.nearestDouble(window, text: start..<end)
        guard magnitude.isFinite else { throw Refusal(.floatOutOfRange, at: offset) }
        return .float(
            negative ? -magnitude : magnitude, end: end, ending: window.byte(end))
    }

    private static func integer(
        _ window: ByteWindow, _ start: Int, _ end: Int, negative: Bool, _ offset: Int
    ) throws(Refusal) -> FieldValue {
        let limit = negative ? Int64.min.magnitude : Int64.max.magnitude
        guard let magnitude = whole(window, start, end), magnitude <= limit else {
            throw Refusal(.integerOutOfRange, at: offset)
        }
        let bits = negative ? 0 &- magnitude : magnitude
        return .integer(
            Int64(bitPattern: bits), end: end &+ 1, ending: window.byte(end &+ 1))
    }

    private static func unsigned(
        _ window: ByteWindow, _ start: Int, _ end: Int, negative: Bool, _ offset: Int
    ) throws(Refusal) -> FieldValue {
        guard !negative, let value = whole(window, start, end) else {
            throw Refusal(.unsignedOutOfRange, at: offset)
        }
        return FieldValue(
            kind: .unsigned, bits: value, number: Double(value), end: end &+ 1,
            ending: window.byte(end &+ 1))
    }

    /// The value of a run of digits, nil beyond 2^64-1.
    private static func whole(_ window: ByteWindow, _ start: Int, _ end: Int) -> UInt64? {
        var value: UInt64 = 0
        for position in start..<end {
            let digit = UInt64(window.byte(position) &- ASCII.zero)
            let (tens, carried) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) = tens.addingReportingOverflow(digit)
            if carried || overflowed { return nil }
            value = sum
        }
        return value
    }

    /// The timestamp at `offset`: `[-] digits`, the whole range of Int64. Returns it and the
    /// offset after its last digit. Plus signs, points, exponents and suffixes are refused, as
    /// InfluxDB does.
    @inline(__always) static func timestamp(
        _ window: ByteWindow, at offset: Int
    ) throws(Refusal) -> (value: Int64, end: Int) {
        let negative = window.byte(offset) == ASCII.minus
        let start = negative ? offset &+ 1 : offset
        var end = start
        var magnitude: UInt64 = 0
        while true {
            let values = digitValues(window.word(end))
            let others = nonDigits(values)
            if others != 0 {
                let count = Lanes.firstIndex(others)
                end &+= count
                guard count != 0 else { break }
                let last = joinEight(values &<< UInt64(truncatingIfNeeded: 64 &- count &* 8))
                magnitude = magnitude &* wholePowersOfTen[count] &+ last
                break
            }
            magnitude = magnitude &* 100_000_000 &+ joinEight(values)
            end &+= 8
        }
        guard end != start else { throw Refusal(.invalidTimestamp, at: offset) }
        // Nineteen digits cannot have wrapped around 2^64; more may have.
        if end &- start > 19 {
            guard let exact = whole(window, start, end) else {
                throw Refusal(.timestampOutOfRange, at: offset)
            }
            magnitude = exact
        }
        guard magnitude <= (negative ? Int64.min.magnitude : Int64.max.magnitude) else {
            throw Refusal(.timestampOutOfRange, at: offset)
        }
        return (Int64(bitPattern: negative ? 0 &- magnitude : magnitude), end)
    }

    /// 10^0 to 10^7, the worth of the digits left over after words of eight.
    private static let wholePowersOfTen: InlineArray<8, UInt64> = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000,
    ]
}

/// The powers of ten that are exact doubles: 10^0 to 10^22 (5^22 < 2^53).
enum PowersOfTen {
    private static let exact: InlineArray<23, Double> = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    @inline(__always) static subscript(_ exponent: UInt64) -> Double {
        exact[Int(truncatingIfNeeded: exponent)]
    }
}
