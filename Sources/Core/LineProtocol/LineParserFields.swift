/// Fields and timestamp.
extension LineParser {
    /// The field section. Returns the offset of the byte after the last value.
    @inline(__always) static func parseFields(
        _ window: ByteWindow, from start: Int, into offsets: inout LineOffsets
    ) throws(Refusal) -> Int {
        var count = 0
        var keyStart = start
        while true {
            guard count < offsets.fields.count else {
                throw Refusal(.tooManyFields, at: keyStart &- 1)
            }
            var escaped = false
            let keyEnd: Int
            if offsets.fields[count].memory.matches(window, at: keyStart) {
                keyEnd = keyStart &+ offsets.fields[count].memory.length
            } else {
                keyEnd = try fieldKeyEnd(window, from: keyStart, isFirst: count == 0, &escaped)
                if !escaped {
                    offsets.fields[count].memory.replace(window, from: keyStart, to: keyEnd)
                }
            }
            let value: FieldValue
            if let short = Numbers.short(window, at: keyEnd &+ 1) {
                value = short
            } else {
                value = try ValueText.parse(window, at: keyEnd &+ 1)
            }
            offsets.fields[count].set(
                keyStart: keyStart, keyEnd: keyEnd, keyHasEscapes: escaped, value: value)
            count &+= 1
            guard value.isFollowedByComma else {
                offsets.fieldCount = count
                return value.end
            }
            keyStart = value.end &+ 1
        }
    }

    /// Returns the offset of the `=` after the field key at `start`.
    @inline(never) private static func fieldKeyEnd(
        _ window: ByteWindow, from start: Int, isFirst: Bool, _ backslashes: inout Bool
    ) throws(Refusal) -> Int {
        var scan = DelimiterScan(window, from: start)
        while true {
            let offset = scan.next()
            let byte = window.byte(offset)
            if byte == ASCII.equals {
                guard offset != start else { throw Refusal(.missingFieldKey, at: offset) }
                return offset
            }
            if byte == ASCII.comma || byte == ASCII.space || byte == ASCII.newline {
                throw keyRefusal(window, start, offset, isFirst: isFirst)
            }
            try scan.passContent(byte, at: offset, &backslashes)
        }
    }

    /// Why the field key at `start` that stops at `offset` without `=` is none.
    private static func keyRefusal(
        _ window: ByteWindow, _ start: Int, _ offset: Int, isFirst: Bool
    ) -> Refusal {
        let isLast = window.byte(offset) == ASCII.newline
        let isEmpty =
            offset == start
            || (isLast && offset == start &+ 1 && window.byte(start) == ASCII.carriageReturn)
        if !isEmpty { return Refusal(.missingFieldEquals, at: offset) }
        return Refusal(isFirst && isLast ? .missingFields : .missingFieldKey, at: start)
    }

    /// Blanks, timestamp, blanks, carriage return. Returns the offset of the newline.
    @inline(__always) static func parseTimestamp(
        _ window: ByteWindow, from start: Int, into offsets: inout LineOffsets
    ) throws(Refusal) -> Int {
        let first = window.skippingBlanks(start)
        if let newline = lineEnd(window, first) {
            offsets.hasTimestamp = false
            offsets.timestamp = 0
            return newline
        }
        let (value, end) = try Numbers.timestamp(window, at: first)
        offsets.hasTimestamp = true
        offsets.timestamp = value
        if window.byte(end) == ASCII.newline { return end }
        let next = window.skippingBlanks(end)
        if let newline = lineEnd(window, next) { return newline }
        throw next == end
            ? Refusal(.invalidTimestamp, at: first) : Refusal(.textAfterTimestamp, at: next)
    }

    /// The offset of the newline that ends the line at `offset`, nil when the line goes on.
    @inline(__always) private static func lineEnd(_ window: ByteWindow, _ offset: Int) -> Int? {
        let byte = window.byte(offset)
        if byte == ASCII.newline { return offset }
        guard byte == ASCII.carriageReturn, window.byte(offset &+ 1) == ASCII.newline else {
            return nil
        }
        return offset &+ 1
    }
}
