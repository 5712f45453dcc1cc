/// Field values that are not a short number: the whole value grammar and its refusals.
enum ValueText {
    /// The value at `offset`, whatever it is.
    @inline(never) static func parse(
        _ window: ByteWindow, at offset: Int
    ) throws(Refusal) -> FieldValue {
        let first = window.byte(offset)
        switch first {
        case ASCII.doubleQuote:
            return try string(window, at: offset)
        case ASCII.plus, ASCII.minus:
            if isNotFinite(window, from: offset &+ 1) { throw Refusal(.notFinite, at: offset) }
            return try Numbers.parse(window, at: offset)
        case ASCII.dot:
            return try Numbers.parse(window, at: offset)
        case _ where ASCII.isDigit(first):
            return try Numbers.parse(window, at: offset)
        case ASCII.singleQuote:
            throw Refusal(.singleQuotedText, at: offset)
        default:
            if window.isValueEnd(offset) { throw Refusal(.missingFieldValue, at: offset) }
            if let truth = boolean(window, at: offset) { return truth }
            if isNotFinite(window, from: offset) { throw Refusal(.notFinite, at: offset) }
            throw Refusal(.unquotedText, at: offset)
        }
    }

    /// Text between double quotes; newlines inside are content.
    private static func string(
        _ window: ByteWindow, at offset: Int
    ) throws(Refusal) -> FieldValue {
        guard let close = closingQuote(window, after: offset) else {
            throw Refusal(.unterminatedString, at: offset)
        }
        guard window.isValueEnd(close &+ 1) else { throw Refusal(.textAfterString, at: close &+ 1) }
        return FieldValue(
            kind: .string, bits: 0, number: .nan, end: close &+ 1,
            ending: window.byte(close &+ 1))
    }

    /// The offset of the quote that ends the string opened at `open`; nil when the input ends
    /// first. Inside a string a backslash protects a quote and another backslash and is itself
    /// content before anything else.
    static func closingQuote(_ window: ByteWindow, after open: Int) -> Int? {
        var offset = open &+ 1
        while offset < window.count {
            let word = window.word(offset)
            let hits =
                Lanes.equal(word, 0x2222_2222_2222_2222)
                | Lanes.equal(word, 0x5C5C_5C5C_5C5C_5C5C)
            guard hits != 0 else {
                offset &+= 8
                continue
            }
            offset &+= Lanes.firstIndex(hits)
            if window.byte(offset) == ASCII.doubleQuote { return offset }
            let next = window.byte(offset &+ 1)
            offset &+= next == ASCII.doubleQuote || next == ASCII.backslash ? 2 : 1
        }
        return nil
    }

    /// The five spellings of each truth value that InfluxDB takes, and no others: `t`, `T`, `true`,
    /// `True`, `TRUE` and the same of false. The constants are their bytes, the first on the left;
    /// the length tells them from the same bytes behind NULs.
    private static func boolean(_ window: ByteWindow, at offset: Int) -> FieldValue? {
        var length = 0
        var packed: UInt64 = 0
        while length < 6, !window.isValueEnd(offset &+ length) {
            packed = packed &<< 8 | UInt64(window.byte(offset &+ length))
            length &+= 1
        }
        let isTrue: Bool
        switch (length, packed) {
        case (1, 0x74), (1, 0x54), (4, 0x7472_7565), (4, 0x5472_7565), (4, 0x5452_5545):
            isTrue = true
        case (1, 0x66), (1, 0x46), (5, 0x66_616C_7365), (5, 0x46_616C_7365), (5, 0x46_414C_5345):
            isTrue = false
        default: return nil
        }
        return FieldValue(
            kind: .boolean, bits: isTrue ? 1 : 0, number: isTrue ? 1 : 0, end: offset &+ length,
            ending: window.byte(offset &+ length))
    }

    /// Whether the text up to the value's end is `nan`, `inf` or `infinity` in any case.
    private static func isNotFinite(_ window: ByteWindow, from offset: Int) -> Bool {
        var letters: UInt64 = 0
        var length = 0
        while length < 9, !window.isValueEnd(offset &+ length) {
            letters = letters &<< 8 | UInt64(window.byte(offset &+ length) | 0x20)
            length &+= 1
        }
        switch (length, letters) {
        case (3, 0x6E_616E), (3, 0x69_6E66), (8, 0x696E_6669_6E69_7479): return true
        default: return false
        }
    }
}
