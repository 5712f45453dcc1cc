/// Numbers as people read them, without Foundation and without a locale.
package enum NumberText {
    /// Rounded to `digits` significant decimal digits; zero, NaN and infinities unchanged.
    package static func rounded(_ value: Double, significant digits: Int) -> Double {
        guard value.isFinite, value != 0 else { return value }
        var exponent = 0
        var magnitude = abs(value)
        while magnitude >= 10, exponent < 308 {
            magnitude /= 10
            exponent += 1
        }
        while magnitude < 1, exponent > -300 {
            magnitude *= 10
            exponent -= 1
        }
        return rounded(value, decimals: digits - 1 - exponent)
    }

    /// Rounded to `decimals` places after the point (negative: before it), ties away from zero.
    package static func rounded(_ value: Double, decimals: Int) -> Double {
        guard value.isFinite else { return value }
        let power = powerOfTen(abs(decimals))
        guard power.isFinite else { return value }
        let scaled = decimals >= 0 ? value * power : value / power
        guard abs(scaled) < 0x1p53 else { return value }
        let whole = scaled.rounded()
        return decimals >= 0 ? whole / power : whole * power
    }

    private static func powerOfTen(_ exponent: Int) -> Double {
        var power = 1.0
        for _ in 0..<min(exponent, 309) { power *= 10 }
        return power
    }

    /// `3.41`, `1480`, `0.0021`: three significant digits, whole numbers in full.
    package static func short(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "-" : (value > 0 ? "inf" : "-inf") }
        if abs(value) >= 100, abs(value) < 1e15 { return String(Int64(value.rounded())) }
        let text = rounded(value, significant: 3).description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
