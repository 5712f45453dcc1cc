/// Measurement and tags.
extension LineParser {
    /// Finds the space that ends the key and nothing else. Nil when there is none before the
    /// newline. What a backslash protects is passed with it, as in `parseKey`, so both find the
    /// same space.
    @inline(__always) static func passOverKey(
        _ window: ByteWindow, from start: Int, into offsets: inout LineOffsets
    ) -> Int? {
        var wordStart = start
        var hits = Lanes.spacesAndBackslashes(window.word(start))
        var backslashes = false
        while true {
            while hits == 0 {
                wordStart &+= 8
                hits = Lanes.spacesAndBackslashes(window.word(wordStart))
            }
            let offset = wordStart &+ Lanes.firstIndex(hits)
            hits &= hits &- 1
            let byte = window.byte(offset)
            if byte == ASCII.space {
                offsets.measurementStartInRecord = start
                offsets.measurementEndInRecord = start
                offsets.keyEndInRecord = offset
                offsets.tagCount = 0
                offsets.hasEscapes = backslashes
                return offset
            }
            if byte == ASCII.newline { return nil }
            if byte == ASCII.backslash {
                backslashes = true
                if ASCII.isEscapable(window.byte(offset &+ 1)) {
                    wordStart = offset &+ 2
                    hits = Lanes.spacesAndBackslashes(window.word(wordStart))
                }
            }
        }
    }

    /// Measurement and tags. Returns the offset of the space that ends them.
    static func parseKey(
        _ window: ByteWindow, from start: Int, into offsets: inout LineOffsets
    ) throws(Refusal) -> Int {
        var scan = DelimiterScan(window, from: start)
        var backslashes = false
        var offset = try measurementEnd(window, from: start, &scan, &backslashes)
        offsets.measurementStartInRecord = start
        offsets.measurementEndInRecord = offset
        var count = 0
        while window.byte(offset) == ASCII.comma {
            guard count < offsets.tags.count else { throw Refusal(.tooManyTags, at: offset) }
            let keyStart = offset &+ 1
            let keyEnd = try tagKeyEnd(window, from: keyStart, &scan, &backslashes)
            offset = try tagValueEnd(window, from: keyEnd &+ 1, &scan, &backslashes)
            offsets.tags[count] = LineOffsets.TagSlot(
                keyStart: keyStart, keyEnd: keyEnd, valueEnd: offset)
            count &+= 1
        }
        offsets.tagCount = count
        offsets.keyEndInRecord = offset
        offsets.hasEscapes = backslashes
        return offset
    }

    /// Returns the offset of the comma or space after the measurement at `start`.
    @inline(__always) private static func measurementEnd(
        _ window: ByteWindow, from start: Int, _ scan: inout DelimiterScan,
        _ backslashes: inout Bool
    ) throws(Refusal) -> Int {
        while true {
            let offset = scan.next()
            let byte = window.byte(offset)
            if byte == ASCII.comma || byte == ASCII.space {
                guard offset != start else { throw Refusal(.missingMeasurement, at: offset) }
                return offset
            }
            if byte == ASCII.newline { throw Refusal(.missingFields, at: offset) }
            try scan.passContent(byte, at: offset, &backslashes)
        }
    }

    /// Returns the offset of the `=` after the tag key at `start`.
    @inline(__always) private static func tagKeyEnd(
        _ window: ByteWindow, from start: Int, _ scan: inout DelimiterScan,
        _ backslashes: inout Bool
    ) throws(Refusal) -> Int {
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
            try scan.passContent(byte, at: offset, &backslashes)
        }
    }

    /// Returns the offset of the comma or space after the tag value at `start`.
    @inline(__always) private static func tagValueEnd(
        _ window: ByteWindow, from start: Int, _ scan: inout DelimiterScan,
        _ backslashes: inout Bool
    ) throws(Refusal) -> Int {
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
            try scan.passContent(byte, at: offset, &backslashes)
        }
    }
}
