/// InfluxDB line protocol to offsets and numbers: the grammar and nothing else.
///
/// What comes in: bytes with whole records, separated by newlines
/// (`measurement[,tag=value...] field=value[,field=value...] [timestamp]`). What goes out: for
/// each record the offsets of its parts and its decoded numbers (`LineOffsets`), or a reason
/// (`LineRejection`) and a column.
///
/// What always holds: `position` advances with every call until the end of input, whatever the
/// bytes; no input traps; a call allocates nothing (the one exception: numbers that 19 digits
/// and 128 bits cannot round, see `Decimal`); a refused record costs only itself (see
/// `RecordBoundary`); numbers are the nearest doubles to what was written and never NaN or
/// infinite; the result depends only on the bytes, never on earlier calls.
///
/// What is absent on purpose: copies, strings, UTF-8 checks, precision and clocks (a timestamp is
/// the number that was sent), a meaning for duplicates (they are reported in order; the last
/// wins by convention), registries of series.
///
/// Decisions where the documents of the protocol are silent or readers differ:
/// - Spaces and tabs before a record, several of them between sections and after the record, and
///   a carriage return before the newline are accepted. A section starts with a space, not a tab.
/// - Names may contain any byte but newline and NUL, the latter because zero-filled blocks after a
///   power cut must not become devices. Other control bytes are content. Strings may contain all.
/// - A newline ends a record everywhere but inside a string; a backslash does not protect it.
/// - An unescaped `=` is content in measurements, ends keys, and is refused in tag values.
/// - Quotes are content in names. Timestamps may be negative but carry no plus.
public struct LineParser: ~Copyable {
    /// What one call found.
    @frozen public enum Outcome: Hashable, Sendable {
        /// `offsets` describes it.
        case record
        /// A comment or an empty line.
        case blank
        /// `rejectionOffset` and `rejectionColumn` say where.
        case rejected(LineRejection)
        /// No bytes left.
        case end
    }

    /// The parts of the last record.
    public private(set) var offsets: LineOffsets
    /// The offending byte of the last refused record, counted from `offsets.recordStart`.
    public private(set) var rejectionOffset = 0

    /// The limits in force.
    public let limits: LineLimits

    private var measurementMemory = KeyMemory()
    private var tagMemories: [KeyMemory]
    private var fieldMemories: [KeyMemory]

    /// Allocates the scratch for the largest record the limits allow, once: 52 bytes a tag and
    /// 72 bytes a field.
    public init(limits: LineLimits = LineLimits()) {
        self.limits = limits
        offsets = LineOffsets(limits: limits)
        tagMemories = Array(repeating: KeyMemory(), count: limits.maxTags)
        fieldMemories = Array(repeating: KeyMemory(), count: limits.maxFields)
    }

    /// The offending byte of the last refused record: 1 is the first byte of its first line.
    public var rejectionColumn: Int { rejectionOffset + 1 }

    /// Parses the next record of `bytes[position..<end]` and moves `position` past it and its
    /// newline. The end of the range ends a record like a newline does.
    public mutating func next(
        _ bytes: Span<UInt8>, position: inout Int, end: Int
    ) -> Outcome {
        precondition(
            position >= 0 && position <= end && end <= bytes.count, "BUG: range outside span")
        guard position < end else { return .end }
        let start = position
        offsets.recordStart = start
        // Offsets in a record are 32 bits; a longer one is refused by its length anyway.
        let count = min(end &- start, Int(Int32.max))
        var consumed = 0
        let outcome = unsafe bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return Outcome.end }
            let window = unsafe ByteWindow(base: base + start, count: count)
            return parse(window, consumed: &consumed)
        }
        position = start &+ consumed
        return outcome
    }

    @inline(__always) private mutating func parse(
        _ window: ByteWindow, consumed: inout Int
    ) -> Outcome {
        let start = window.skippingBlanks(0)
        let first = window.byte(start)
        if first == ASCII.hash || first == ASCII.newline || first == ASCII.carriageReturn,
            let blank = Self.blankEnd(window, start)
        {
            consumed = blank
            return .blank
        }
        do throws(Refusal) {
            let newline = try parseRecord(window, from: start)
            guard newline <= limits.maxLineBytes else {
                throw Refusal(.lineTooLong, at: limits.maxLineBytes)
            }
            consumed = min(newline &+ 1, window.count)
            return .record
        } catch {
            rejectionOffset = error.offset
            consumed = RecordBoundary.end(window)
            return .rejected(error.rejection)
        }
    }

    /// Where the comment or empty line ends that has its first visible byte at `start`; nil when
    /// it is neither (a lone carriage return is a name).
    @inline(never) private static func blankEnd(_ window: ByteWindow, _ start: Int) -> Int? {
        let newline = window.newline(from: start)
        let isBlank =
            window.byte(start) == ASCII.hash || newline == start || newline == start &+ 1
        return isBlank ? min(newline &+ 1, window.count) : nil
    }

    /// Returns the offset of the record's newline.
    @inline(__always) private mutating func parseRecord(
        _ window: ByteWindow, from start: Int
    ) throws(Refusal) -> Int {
        let measurementEnd = try parseMeasurement(window, from: start)
        let keyEnd = try Self.parseTags(
            window, from: measurementEnd, into: &offsets, &tagMemories)
        let fieldsEnd = try Self.parseFields(
            window, from: window.skippingBlanks(keyEnd), into: &offsets, &fieldMemories)
        return try parseTimestamp(window, from: fieldsEnd)
    }
}

extension LineParser {
    /// The measurement. Returns the offset of the comma or space that ends it.
    @inline(__always) private mutating func parseMeasurement(
        _ window: ByteWindow, from start: Int
    ) throws(Refusal) -> Int {
        var backslashes = false
        let end: Int
        if measurementMemory.matches(window, at: start) {
            end = start &+ measurementMemory.length
        } else {
            end = try Self.measurementEnd(window, from: start, &backslashes)
            if !backslashes { measurementMemory.remember(window, from: start, to: end) }
        }
        offsets.measurementStartInRecord = start
        offsets.measurementEndInRecord = end
        offsets.hasEscapes = backslashes
        return end
    }

    /// The tags, none or more, from the byte after the measurement. Returns the offset of the
    /// space that ends them.
    @inline(__always) private static func parseTags(
        _ window: ByteWindow, from start: Int, into offsets: inout LineOffsets,
        _ keys: inout [KeyMemory]
    ) throws(Refusal) -> Int {
        var backslashes = offsets.hasEscapes
        var offset = start
        var tags = offsets.tags.mutableSpan
        var memories = keys.mutableSpan
        var count = 0
        while window.byte(offset) == ASCII.comma {
            guard count < tags.count, count < memories.count else {
                throw Refusal(.tooManyTags, at: offset)
            }
            let keyStart = offset &+ 1
            let keyEnd: Int
            if memories[count].matches(window, at: keyStart) {
                keyEnd = keyStart &+ memories[count].length
            } else {
                var escaped = false
                keyEnd = try tagKeyEnd(window, from: keyStart, &escaped)
                if escaped { backslashes = true } else {
                    memories[count].remember(window, from: keyStart, to: keyEnd)
                }
            }
            offset = try tagValueEnd(window, from: keyEnd &+ 1, &backslashes)
            tags[count] = LineOffsets.TagSlot(
                keyStart: keyStart, keyEnd: keyEnd, valueEnd: offset)
            count &+= 1
        }
        offsets.tagCount = count
        offsets.keyEndInRecord = offset
        offsets.hasEscapes = backslashes
        return offset
    }

    /// Returns the offset of the comma or space after the measurement at `start`.
    @inline(never) private static func measurementEnd(
        _ window: ByteWindow, from start: Int, _ backslashes: inout Bool
    ) throws(Refusal) -> Int {
        var scan = DelimiterScan(window, from: start)
        while true {
            let offset = scan.next()
            let byte = window.byte(offset)
            if byte == ASCII.comma || byte == ASCII.space {
                guard offset != start else { throw Refusal(.missingMeasurement, at: offset) }
                return offset
            }
            if byte == ASCII.newline { throw Refusal(.missingFields, at: offset) }
            try passOver(byte, window, offset, &scan, &backslashes)
        }
    }

    /// Returns the offset of the `=` after the tag key at `start`.
    @inline(never) private static func tagKeyEnd(
        _ window: ByteWindow, from start: Int, _ backslashes: inout Bool
    ) throws(Refusal) -> Int {
        var scan = DelimiterScan(window, from: start)
        while true {
            let offset = scan.next()
            let byte = window.byte(offset)
            if byte == ASCII.equals {
                guard offset != start else { throw Refusal(.missingTagKey, at: offset) }
                return offset
            }
            if byte == ASCII.comma || byte == ASCII.space || byte == ASCII.newline {
                throw Refusal(offset == start ? .missingTagKey : .missingTagEquals, at: offset)
            }
            try passOver(byte, window, offset, &scan, &backslashes)
        }
    }

    /// Returns the offset of the comma or space after the tag value at `start`.
    @inline(__always) private static func tagValueEnd(
        _ window: ByteWindow, from start: Int, _ backslashes: inout Bool
    ) throws(Refusal) -> Int {
        var scan = DelimiterScan(window, from: start)
        while true {
            let offset = scan.next()
            let byte = window.byte(offset)
            if byte == ASCII.comma || byte == ASCII.space {
                guard offset != start else { throw Refusal(.missingTagValue, at: offset) }
                return offset
            }
            if byte == ASCII.newline {
                throw Refusal(offset == start ? .missingTagValue : .missingFields, at: offset)
            }
            if byte == ASCII.equals { throw Refusal(.equalsInTagValue, at: offset) }
            try passOver(byte, window, offset, &scan, &backslashes)
        }
    }

    /// Passes a delimiter that is content where it stands. What a backslash protects is itself a
    /// delimiter, hence the scan's next stop. In measurements this passes `\=` too, where the
    /// equals sign would have been content without it.
    @inline(__always) private static func passOver(
        _ byte: UInt8, _ window: ByteWindow, _ offset: Int, _ scan: inout DelimiterScan,
        _ backslashes: inout Bool
    ) throws(Refusal) {
        if byte == ASCII.backslash {
            backslashes = true
            if ASCII.isEscapable(window.byte(offset &+ 1)) { _ = scan.next() }
        } else if byte == 0 {
            throw Refusal(.nulByte, at: offset)
        }
    }

    /// The field section. Returns the offset of the byte after the last value.
    @inline(__always) private static func parseFields(
        _ window: ByteWindow, from start: Int, into offsets: inout LineOffsets,
        _ keys: inout [KeyMemory]
    ) throws(Refusal) -> Int {
        var fields = offsets.fields.mutableSpan
        var memories = keys.mutableSpan
        var count = 0
        var keyStart = start
        while true {
            guard count < fields.count, count < memories.count else {
                throw Refusal(.tooManyFields, at: keyStart &- 1)
            }
            var escaped = false
            let keyEnd: Int
            if memories[count].matches(window, at: keyStart) {
                keyEnd = keyStart &+ memories[count].length
            } else {
                keyEnd = try fieldKeyEnd(
                    window, from: keyStart, isFirst: count == 0, &escaped)
                if !escaped { memories[count].remember(window, from: keyStart, to: keyEnd) }
            }
            let value: FieldValue
            if let short = Numbers.short(window, at: keyEnd &+ 1) {
                value = short
            } else {
                value = try ValueText.parse(window, at: keyEnd &+ 1)
            }
            fields[count] = LineOffsets.FieldSlot(
                keyStart: keyStart, keyEnd: keyEnd, keyHasEscapes: escaped, value: value)
            count &+= 1
            guard window.byte(value.end) == ASCII.comma else {
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
            try passOver(byte, window, offset, &scan, &backslashes)
        }
    }

    /// Why the field key at `start` that stops at `offset` without `=` is none.
    @inline(never) private static func keyRefusal(
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
    @inline(__always) private mutating func parseTimestamp(
        _ window: ByteWindow, from start: Int
    ) throws(Refusal) -> Int {
        let first = window.skippingBlanks(start)
        offsets.hasTimestamp = false
        offsets.timestamp = 0
        if let newline = Self.lineEnd(window, first) { return newline }
        let (value, end) = try Numbers.timestamp(window, at: first)
        offsets.hasTimestamp = true
        offsets.timestamp = value
        if window.byte(end) == ASCII.newline { return end }
        let next = window.skippingBlanks(end)
        if let newline = Self.lineEnd(window, next) { return newline }
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
