/// The bytes of one record and what follows it, readable eight at a time.
///
/// Protection argument for the unsafe loads: windows are made by `withWindow` alone, from a span
/// whose memory outlives the closure, with the range checked against the span's count; nobody
/// stores one. `byte`, `word` and `twoWords` compare the offset with `count` before every load;
/// offsets are never negative because they start at 0 and only grow.
///
/// What lies past the end reads as newlines, so no caller needs a test of its own and a record
/// that ends with the input ends like any other.
@safe struct ByteWindow {
    let base: UnsafeRawPointer
    let count: Int
    /// The last offset at which eight bytes can be loaded; negative in windows below eight bytes.
    let lastWord: Int

    /// The caller guarantees `count` readable bytes at `base` for as long as the window is used.
    @unsafe fileprivate init(base: UnsafeRawPointer, count: Int) {
        unsafe self.base = base
        self.count = count
        self.lastWord = count &- 8
    }

    /// The byte at an offset; newline past the end.
    @inline(__always) func byte(_ offset: Int) -> UInt8 {
        offset < count ? unsafe base.load(fromByteOffset: offset, as: UInt8.self) : ASCII.newline
    }

    /// Eight bytes from an offset, the first in the lowest bits; newlines past the end.
    @inline(__always) func word(_ offset: Int) -> UInt64 {
        if offset <= lastWord {
            let loaded = unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            return UInt64(littleEndian: loaded)
        }
        return lastBytes(offset)
    }

    /// Sixteen bytes from an offset, nil when the window has fewer.
    @inline(__always) func twoWords(_ offset: Int) -> (UInt64, UInt64)? {
        guard offset <= lastWord &- 8 else { return nil }
        let first = unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let second = unsafe base.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self)
        return (UInt64(littleEndian: first), UInt64(littleEndian: second))
    }

    @inline(never) private func lastBytes(_ offset: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<8 {
            word |= UInt64(byte(offset &+ index)) &<< UInt64(index &* 8)
        }
        return word
    }

    /// Whether a field value may end here: comma, space, newline, or carriage return and newline.
    @inline(__always) func isValueEnd(_ offset: Int) -> Bool {
        let next = byte(offset)
        if next == ASCII.comma || next == ASCII.space || next == ASCII.newline { return true }
        return next == ASCII.carriageReturn && byte(offset &+ 1) == ASCII.newline
    }

    /// The first offset at or after `offset` that is neither space nor tab.
    @inline(__always) func skippingBlanks(_ offset: Int) -> Int {
        var offset = offset
        while true {
            let next = byte(offset)
            guard next == ASCII.space || next == ASCII.tab else { return offset }
            offset &+= 1
        }
    }

    /// Whether the byte the pattern repeats is anywhere in the window. Every byte of a stream goes
    /// through here, so four words are tested at once; the short form of the test is exact when
    /// only "any or none" is asked, because its first false lane lies above a true one.
    func contains(_ pattern: UInt64) -> Bool {
        var offset = 0
        while let (first, second) = twoWords(offset), let (third, fourth) = twoWords(offset &+ 16) {
            let hits =
                Lanes.mayEqual(first, pattern) | Lanes.mayEqual(second, pattern)
                | Lanes.mayEqual(third, pattern) | Lanes.mayEqual(fourth, pattern)
            if hits & Lanes.tops != 0 { return true }
            offset &+= 32
        }
        while offset < count {
            if Lanes.equal(word(offset), pattern) != 0 { return true }
            offset &+= 8
        }
        return false
    }

    /// The offset of the next newline, or `count`.
    func newline(from offset: Int) -> Int {
        var offset = offset
        while true {
            let hits = Lanes.equal(word(offset), Lanes.newlines)
            if hits != 0 { return min(offset &+ Lanes.firstIndex(hits), count) }
            offset &+= 8
        }
    }
}

extension Span<UInt8> {
    /// Calls `body` with a window of `count` bytes from `start` on.
    @inline(__always) func withWindow<Result>(
        from start: Int, count: Int, _ body: (ByteWindow) -> Result
    ) -> Result {
        precondition(
            start >= 0 && count > 0 && count <= self.count - start, "BUG: range outside span")
        return unsafe withUnsafeBytes { raw in
            guard let base = raw.baseAddress else {
                preconditionFailure("BUG: a span with bytes has an address")
            }
            return body(unsafe ByteWindow(base: base + start, count: count))
        }
    }
}

/// The bytes the grammar gives a meaning to.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let newline: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let doubleQuote: UInt8 = 0x22
    static let hash: UInt8 = 0x23
    static let singleQuote: UInt8 = 0x27
    static let plus: UInt8 = 0x2B
    static let comma: UInt8 = 0x2C
    static let minus: UInt8 = 0x2D
    static let dot: UInt8 = 0x2E
    static let zero: UInt8 = 0x30
    static let equals: UInt8 = 0x3D
    static let backslash: UInt8 = 0x5C
    static let lowerI: UInt8 = 0x69
    static let lowerU: UInt8 = 0x75

    /// What a backslash protects in tag keys, tag values and field keys.
    @inline(__always) static func isEscapable(_ byte: UInt8) -> Bool {
        byte == comma || byte == space || byte == equals
    }

    @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- zero < 10 }
}

/// Tests on eight bytes at once. A result has the top bit of each byte that passed set and all
/// other bits clear. The forms used are exact in every lane: bytes are cut to seven bits first, so
/// no carry crosses into the next byte (the shorter `(x - 1) & ~x` form does carry and would call
/// the `-` in `,-` a comma).
enum Lanes {
    static let tops: UInt64 = 0x8080_8080_8080_8080
    static let lows: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    static let newlines: UInt64 = 0x0A0A_0A0A_0A0A_0A0A
    static let doubleQuotes: UInt64 = 0x2222_2222_2222_2222

    @inline(__always) static func equal(_ word: UInt64, _ pattern: UInt64) -> UInt64 {
        ~((((word & lows) ^ pattern) &+ lows) | word) & tops
    }

    /// The short form: a top bit is set in the lowest byte that is equal, perhaps in bytes above
    /// it, and in none when none is equal. Other bits mean nothing.
    @inline(__always) static func mayEqual(_ word: UInt64, _ pattern: UInt64) -> UInt64 {
        let difference = word ^ pattern
        return (difference &- 0x0101_0101_0101_0101) & ~difference
    }

    /// Comma, equals, backslash, and every byte up to space (space, newline, NUL, controls).
    @inline(__always) static func delimiters(_ word: UInt64) -> UInt64 {
        let low = word & lows
        let notComma = (low ^ 0x2C2C_2C2C_2C2C_2C2C) &+ lows
        let notEquals = (low ^ 0x3D3D_3D3D_3D3D_3D3D) &+ lows
        let notBackslash = (low ^ 0x5C5C_5C5C_5C5C_5C5C) &+ lows
        let aboveSpace = low &+ 0x5F5F_5F5F_5F5F_5F5F
        return ~((notComma & notEquals & notBackslash & aboveSpace) | word) & tops
    }

    /// Backslash, and every byte up to space.
    @inline(__always) static func spacesAndBackslashes(_ word: UInt64) -> UInt64 {
        let low = word & lows
        let notBackslash = (low ^ 0x5C5C_5C5C_5C5C_5C5C) &+ lows
        let aboveSpace = low &+ 0x5F5F_5F5F_5F5F_5F5F
        return ~((notBackslash & aboveSpace) | word) & tops
    }

    /// Index of the first byte that passed, 8 when none did.
    @inline(__always) static func firstIndex(_ hits: UInt64) -> Int {
        hits.trailingZeroBitCount &>> 3
    }
}

/// Visits the delimiters of a window in order. Each word is tested once however many it holds.
struct DelimiterScan {
    let window: ByteWindow
    private var wordStart: Int
    private var hits: UInt64

    @inline(__always) init(_ window: ByteWindow, from offset: Int) {
        self.window = window
        wordStart = offset
        hits = Lanes.delimiters(window.word(offset))
    }

    /// The offset of the next delimiter; the newline that stands for the end of the window at the
    /// latest.
    @inline(__always) mutating func next() -> Int {
        while hits == 0 {
            wordStart &+= 8
            hits = Lanes.delimiters(window.word(wordStart))
        }
        let offset = wordStart &+ Lanes.firstIndex(hits)
        hits &= hits &- 1
        return offset
    }

    /// Passes a delimiter that is content where it stands. What a backslash protects is itself a
    /// delimiter, hence the scan's next stop. In measurements this passes `\=` too, where the
    /// equals sign would have been content without it.
    @inline(__always) mutating func passContent(
        _ byte: UInt8, at offset: Int, _ backslashes: inout Bool
    ) throws(Refusal) {
        if byte == ASCII.backslash {
            backslashes = true
            if ASCII.isEscapable(window.byte(offset &+ 1)) { _ = next() }
        } else if byte == 0 {
            throw Refusal(.nulByte, at: offset)
        }
    }
}
