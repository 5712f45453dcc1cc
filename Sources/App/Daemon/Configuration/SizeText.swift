/// Amounts of memory as people write them: `512B`, `64KiB`, `8MiB`, `1GiB`. Powers of 1024 only:
/// `kB` means 1000 to some and 1024 to others.
package enum SizeText {
    private static let units: [(name: String, bytes: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    /// `nil` when the text is anything else.
    package static func bytes(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int(digits),
            let unit = units.first(where: { $0.name == text[digits.endIndex...] })
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : product
    }

    /// In the greatest unit that leaves a whole number.
    package static func text(_ bytes: Int) -> String {
        let unit = units.first { bytes >= $0.bytes && bytes % $0.bytes == 0 } ?? ("B", 1)
        return "\(bytes / unit.bytes)\(unit.name)"
    }
}
