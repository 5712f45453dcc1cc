/// A decimal number on its way to the nearest double: up to 19 leading digits as an integer, and
/// the power of ten to multiply it with.
///
/// Three ways to the result, cheapest first; each either is certain to round correctly (to
/// nearest, ties to even) or passes on:
/// 1. Clinger 1990: an integer below 2^53 and a power up to 10^22 are exact doubles, so one
///    multiplication or division rounds once.
/// 2. Lemire 2021, "Number parsing at a gigabyte per second" (Eisel-Lemire): the integer times a
///    128-bit power of five. Covers what programs print with 17 digits.
/// 3. The standard library's `Double(String)`, which is correctly rounded and may allocate: halfway
///    cases beyond 19 digits, subnormals, exponents outside the table.
struct Decimal {
    private var mantissa: UInt64 = 0
    /// Digits held by `mantissa`, leading zeros not counted; at most 19, which always fit.
    private var significant = 0
    /// Power of ten of the mantissa's last digit.
    private var exponent = 0
    /// Whether a digit other than zero did not fit into the mantissa.
    private var truncated = false

    init() {}

    /// Takes the digits before the point. Returns the offset of the first byte that is none.
    mutating func readDigits(_ window: ByteWindow, from start: Int) -> Int {
        let end = read(window, from: start)
        exponent &+= end.dropped
        return end.offset
    }

    /// Takes the digits after the point. Returns the offset of the first byte that is none.
    mutating func readFraction(_ window: ByteWindow, from start: Int) -> Int {
        let end = read(window, from: start)
        exponent &-= end.offset &- start &- end.dropped
        return end.offset
    }

    private mutating func read(
        _ window: ByteWindow, from start: Int
    ) -> (offset: Int, dropped: Int) {
        var offset = start
        if significant == 0 {
            while window.byte(offset) == ASCII.zero { offset &+= 1 }
        }
        while significant <= 11 {
            let values = Numbers.digitValues(window.word(offset))
            guard Numbers.nonDigits(values) == 0 else { break }
            mantissa = mantissa &* 100_000_000 &+ Numbers.joinEight(values)
            significant &+= 8
            offset &+= 8
        }
        var dropped = 0
        while ASCII.isDigit(window.byte(offset)) {
            let digit = window.byte(offset) &- ASCII.zero
            if significant < 19 {
                mantissa = mantissa &* 10 &+ UInt64(digit)
                significant &+= 1
            } else {
                dropped &+= 1
                if digit != 0 { truncated = true }
            }
            offset &+= 1
        }
        return (offset, dropped)
    }

    /// Takes the exponent after `e`. Returns the offset after it, nil when it has no digits.
    mutating func readExponent(_ window: ByteWindow, from start: Int) -> Int? {
        let sign = window.byte(start)
        let first = sign == ASCII.minus || sign == ASCII.plus ? start &+ 1 : start
        var offset = first
        var value = 0
        while ASCII.isDigit(window.byte(offset)) {
            // Beyond this every number is 0 or infinite, whatever a record's other digits are.
            if value < 1 << 40 { value = value &* 10 &+ Int(window.byte(offset) &- ASCII.zero) }
            offset &+= 1
        }
        guard offset != first else { return nil }
        exponent &+= sign == ASCII.minus ? 0 &- value : value
        return offset
    }

    /// The nearest double of the number read so far; infinite when it is too large. `text` is
    /// where it was read from, without its sign.
    func nearestDouble(_ window: ByteWindow, text: Range<Int>) -> Double {
        if mantissa == 0 { return 0 }
        if !truncated, mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
            let scale = PowersOfTen[UInt64(exponent.magnitude)]
            return exponent < 0 ? Double(mantissa) / scale : Double(mantissa) * scale
        }
        // Nineteen digits times 10^-365 is nearer to 0 than to the least subnormal, 4.9e-324, and
        // 10^309 is beyond the greatest double.
        if exponent < -364 { return 0 }
        if exponent > 308 { return .infinity }
        if let nearest = Self.eiselLemire(mantissa, exponent) {
            // With digits cut off the number lies between two neighbouring integers.
            if !truncated || Self.eiselLemire(mantissa &+ 1, exponent) == nearest {
                return nearest
            }
        }
        return Self.exactly(window, text)
    }

    /// `mantissa` * 10^`exponent`, or nil where 128 bits cannot decide. `mantissa` is not 0.
    private static func eiselLemire(_ mantissa: UInt64, _ exponent: Int) -> Double? {
        guard let power = PowersOfFive[exponent] else { return nil }
        let shift = mantissa.leadingZeroBitCount
        let normalized = mantissa &<< UInt64(shift)
        var (high, low) = normalized.multipliedFullWidth(by: power.high)
        if high & 0x1FF == 0x1FF {
            // The bits below the rounding bit are all ones: the power's lower half may carry.
            let (carry, partial) = low.addingReportingOverflow(
                normalized.multipliedFullWidth(by: power.low).high)
            low = carry
            if partial { high &+= 1 }
            if low == .max, exponent < -27 || exponent > 55 { return nil }
        }
        let upper = Int(high &>> 63)
        var significand = high &>> UInt64(upper &+ 9)
        // floor(log2(10^exponent)) through 217706 / 2^16, exact for every exponent in the table.
        var binary = ((217_706 &* exponent) >> 16) &+ 63 &+ upper &- shift &+ 1_023
        guard binary > 0 else { return nil }
        // Exactly halfway, possible only where the power of five fits 64 bits: round to even.
        if low <= 1, exponent >= -4, exponent <= 23, significand & 3 == 1,
            significand &<< UInt64(upper &+ 9) == high
        {
            significand &= ~1
        }
        significand = (significand &+ (significand & 1)) &>> 1
        if significand >= 1 << 53 {
            significand = 1 << 52
            binary &+= 1
        }
        guard binary < 2_047 else { return .infinity }
        return Double(bitPattern: UInt64(binary) << 52 | significand & ~(1 << 52))
    }

    /// The standard library's answer. It reads every text the grammar allows here.
    @inline(never) private static func exactly(_ window: ByteWindow, _ text: Range<Int>) -> Double {
        let characters = text.map { window.byte($0) }
        guard let value = Double(String(decoding: characters, as: UTF8.self)) else {
            preconditionFailure("BUG: the standard library does not read this decimal text")
        }
        return value
    }
}
