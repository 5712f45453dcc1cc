/// Which backslashes are escapes, by part of the record. A backslash before anything else is
/// content, as in InfluxDB; so is every second one of `\\` in names.
package enum EscapedPart: Sendable, CaseIterable {
    /// `\,` and `\ `. An escaped equals sign keeps its backslash: `=` means nothing here.
    case measurement
    /// Tag keys, tag values, field keys: `\,`, `\=` and `\ `.
    case name
    /// Between the double quotes of a field value: `\"` and `\\`.
    case string

    fileprivate func removesBackslash(before byte: UInt8) -> Bool {
        switch self {
        case .measurement: byte == ASCII.comma || byte == ASCII.space
        case .name: ASCII.isEscapable(byte)
        case .string: byte == ASCII.doubleQuote || byte == ASCII.backslash
        }
    }
}

/// Raw bytes of a record to the bytes they stand for. For the slow paths: new series, stored
/// texts, people. Bytes that are no UTF-8 pass through unchanged.
package enum Escapes {
    /// Appends what `bytes[start..<end]` stands for.
    ///
    /// A tag value written `end\ ` and followed by the real space is `end ` with a space, as
    /// InfluxDB reads it, although a client that pads a trailing backslash (`end\`) writes the
    /// same bytes: the two cannot be told apart.
    package static func append(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, of part: EscapedPart,
        to output: inout [UInt8]
    ) {
        precondition(
            start >= 0 && start <= end && end <= bytes.count, "BUG: range outside span")
        output.reserveCapacity(output.count + end - start)
        var position = start
        while position < end {
            let isEscape =
                bytes[position] == ASCII.backslash && position + 1 < end
                && part.removesBackslash(before: bytes[position + 1])
            if isEscape { position += 1 }
            output.append(bytes[position])
            position += 1
        }
    }

    /// What `bytes[start..<end]` stands for.
    package static func unescaped(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, of part: EscapedPart
    ) -> [UInt8] {
        var output: [UInt8] = []
        append(bytes, from: start, to: end, of: part, to: &output)
        return output
    }
}
