package import Primitives

/// Durations as people write them: `250ms`, `60s`, `10m`, `4h`, `3d`, `2w`, and several together,
/// longest unit first: `1h30m`.
package enum DurationText {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("w", 604_800_000_000_000), ("d", 86_400_000_000_000), ("h", 3_600_000_000_000),
        ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
    ]

    /// `nil` when the text is anything else, or longer than 292 years.
    package static func span(_ text: String) -> TimeSpan? {
        var rest = text[...]
        var total: Int64 = 0
        var nextUnit = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest[digits.endIndex...]
            let name = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest[name.endIndex...]
            // Longest first and each once: `30m1h` is more likely a slip than a wish.
            guard let count = Int64(digits),
                let unit = units[nextUnit...].firstIndex(where: { $0.name == name })
            else { return nil }
            nextUnit = unit + 1
            let (product, tooLong) = count.multipliedReportingOverflow(
                by: units[unit].nanoseconds)
            let (sum, overflow) = total.addingReportingOverflow(product)
            if tooLong || overflow { return nil }
            total = sum
        }
        return TimeSpan(nanoseconds: total)
    }

    /// The shortest text that ``span(_:)`` reads back, for spans of whole milliseconds. Weeks are
    /// not used: nobody recognises 400 days as `57w1d`.
    package static func text(_ span: TimeSpan) -> String {
        var rest = span.nanoseconds
        var text = ""
        for unit in units.dropFirst() where rest >= unit.nanoseconds {
            text += "\(rest / unit.nanoseconds)\(unit.name)"
            rest %= unit.nanoseconds
        }
        return text.isEmpty ? "0s" : text
    }
}
