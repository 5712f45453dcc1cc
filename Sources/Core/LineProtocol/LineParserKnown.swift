/// The short way for the many: a record whose series is known says what the series said last time,
/// with other numbers.
///
/// In two calls, because between them the caller looks the series up by its raw key: `passKey`
/// finds the key, `readKnown` reads the rest as the series' layout expects it. Either may say no,
/// for any reason: then the record is read the ordinary way, from its beginning, and that decides
/// what it is. So both ways give the same answers; tests hold them equal.
extension LineParser {
    /// Whether the record at `position` may have a key of as many bytes as the last known one: then
    /// they are `offsets.seriesKeyStart` to `seriesKeyEnd`. Only the space behind it is looked at.
    /// That is enough when a series is known by these very bytes, because no key has a space in it
    /// that would end it, and none ends in a backslash.
    @inline(__always) public mutating func guessKey(
        _ bytes: Span<UInt8>, at position: Int, end: Int
    ) -> Bool {
        let keyEnd = position &+ keyGuess
        guard keyGuess > 0, keyEnd < end, bytes[keyEnd] == ASCII.space else { return false }
        offsets.recordStart = position
        offsets.measurementStartInRecord = 0
        offsets.keyEndInRecord = keyGuess
        return true
    }

    /// The record at `position` begins with a key of `keyCount` bytes that the caller knows: as
    /// ``guessKey(_:at:end:)``, with a count of the caller's.
    @inline(__always) public mutating func expectKey(
        _ bytes: Span<UInt8>, at position: Int, end: Int, keyCount: Int
    ) -> Bool {
        keyGuess = keyCount
        return guessKey(bytes, at: position, end: end)
    }

    /// Finds the series key of the record at `position`: `offsets.seriesKeyStart` and
    /// `seriesKeyEnd`. False when there is none that a known series could have.
    public mutating func passKey(_ bytes: Span<UInt8>, at position: Int, end: Int) -> Bool {
        precondition(
            position >= 0 && position < end && end <= bytes.count, "BUG: range outside span")
        offsets.recordStart = position
        let count = min(end &- position, Int(Int32.max))
        let keyEnd = bytes.withWindow(from: position, count: count) { window in
            // Blanks, comments and empty lines are nothing a series is known by.
            window.byte(0) > ASCII.hash ? Self.passOverKey(window, from: 0, into: &offsets) : nil
        }
        keyGuess = keyEnd ?? 0
        return keyEnd != nil
    }

    /// Reads what follows the key that `guessKey` or `passKey` has just found, expecting the fields
    /// of `layout`, puts their numbers into `numbers`, which has room for `LineLimits.maxFields`,
    /// and moves `position` past the record; `offsets` has the timestamp and the number of fields.
    /// False, and nothing is moved, when the record is not as expected: other fields, a text,
    /// anything that would be refused.
    public mutating func readKnown(
        _ bytes: Span<UInt8>, position: inout Int, end: Int, layout: Int,
        into numbers: inout [Double]
    ) -> Bool {
        let start = offsets.recordStart
        let count = min(end &- start, Int(Int32.max))
        let next = bytes.withWindow(from: start, count: count) { window in
            var room = numbers.mutableSpan
            return readKnown(window, layout: layout, into: &room)
        }
        guard next > 0 else { return false }
        position = start &+ next
        return true
    }

    /// The offset after the record, 0 when it is not as expected.
    @inline(__always) private mutating func readKnown(
        _ window: ByteWindow, layout: Int, into numbers: inout MutableSpan<Double>
    ) -> Int {
        var place = offsets.keyEndInRecord &+ 1
        let first = Int(layouts.starts[layout])
        let count = Int(layouts.starts[layout &+ 1]) &- first
        for index in 0..<count {
            let isLast = index &+ 1 == count
            let value = layouts.keys.lend(first &+ index) { key -> (number: Double, end: Int) in
                guard key.endsMatch(window, at: place) else { return (0, -1) }
                if key.middleCount != 0 {
                    // Of the key only two numbers: handing it over whole would copy it every time.
                    let middle = key.middle
                    guard
                        layouts.middleMatches(middle, count: key.middleCount, window, at: place)
                    else { return (0, -1) }
                }
                let start = place &+ Int(key.length)
                if let number = key.shape.number(window.word(start)) {
                    let fits = key.shape.isFollowedByComma != isLast
                    return (number, fits ? start &+ Int(key.shape.length) : -1)
                }
                return Self.otherNumber(window, at: start, isLast: isLast, &key.shape)
            }
            guard value.end >= 0 else { return 0 }
            numbers[index] = value.number
            place = value.end &+ 1
        }
        place &-= 1
        offsets.fieldCount = count
        let newline: Int
        if window.byte(place) == ASCII.space, let stamp = stamps.stamp(window, at: place &+ 1) {
            offsets.hasTimestamp = true
            offsets.timestamp = stamp
            newline = place &+ 1 &+ StampMemory.digits
        } else {
            guard let end = otherStamp(window, at: place) else { return 0 }
            newline = end
        }
        offsets.recordEndInRecord = newline
        guard newline <= limits.maxLineBytes else { return 0 }
        return min(newline &+ 1, window.count)
    }

    /// A value of another shape than the last one, and where it ends; -1 for a text and for what
    /// would be refused.
    @inline(never) private static func otherNumber(
        _ window: ByteWindow, at offset: Int, isLast: Bool, _ shape: inout NumberShape
    ) -> (number: Double, end: Int) {
        let value: FieldValue
        if let short = Numbers.short(window, at: offset) {
            if let new = NumberShape(window.word(offset)) { shape = new }
            value = short
        } else {
            do throws(Refusal) {
                value = try ValueText.parse(window, at: offset)
            } catch {
                return (0, -1)
            }
        }
        let fits = value.kind != .string && value.isFollowedByComma != isLast
        return (value.number, fits ? value.end : -1)
    }

    /// Blanks and a timestamp that is not nineteen digits, or none. Returns the offset of the
    /// newline; `nil` for what would be refused.
    @inline(never) private mutating func otherStamp(
        _ window: ByteWindow, at offset: Int
    ) -> Int? {
        do throws(Refusal) {
            return try Self.parseTimestamp(window, from: offset, into: &offsets)
        } catch {
            return nil
        }
    }

    /// The layout of the record that `next` or `nextDeferringTags` has just found in `bytes`, to be
    /// kept with its series; -1 when it has none: a name with escapes, or too many layouts.
    public mutating func learnLayout(_ bytes: Span<UInt8>) -> Int {
        var names: [Range<Int>] = []
        for index in 0..<offsets.fieldCount {
            guard !offsets.fieldKeyHasEscapes(index) else { return -1 }
            let start = offsets.fieldKeyStart(index) - offsets.recordStart
            names.append(start..<offsets.fieldKeyEnd(index) - offsets.recordStart + 1)
        }
        return bytes.withWindow(from: offsets.recordStart, count: offsets.recordEndInRecord) {
            layouts.layout($0, names: names)
        }
    }
}
