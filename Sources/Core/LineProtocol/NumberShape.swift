/// How the last value of a field was written: its digits, its point and what ended it. A sensor
/// writes the next one alike, and then the text is a number after a few masks: no search for the
/// point, none for the end.
///
/// Like a layout it is a short cut: it answers only for a text that has a digit, the point and the
/// ending exactly where it expects them, for which `Numbers.short` gives the same double.
struct NumberShape: BitwiseCopyable {
    /// Which bytes of the word must be these characters: the point and the ending.
    private var signMask: UInt64 = .max
    private var signs: UInt64 = 0
    /// The lanes (see `Lanes`) that must be digits.
    private var digits: UInt64 = 0
    /// The digit bytes before the point, and after it once they have moved up by one.
    private var whole: UInt64 = 0
    private var fraction: UInt64 = 0
    /// Brings the last digit to the top byte.
    private var shift: UInt64 = 0
    private var scale: Double = 1
    /// Bytes of the text, the ending not included.
    private(set) var length: Int32 = 0
    private(set) var isFollowedByComma = false

    /// One that fits nothing.
    init() {}

    /// The shape of a short value without sign (see `Numbers.short`) that lies in `word`; `nil` for
    /// an integer with its suffix and for anything longer.
    @inline(never) init?(_ word: UInt64) {
        let others = Numbers.nonDigits(Numbers.digitValues(word))
        let first = Lanes.firstIndex(others)
        guard first < 8 else { return nil }
        var end = first
        if UInt8(truncatingIfNeeded: word &>> UInt64(8 * first)) == ASCII.dot {
            end = Lanes.firstIndex(others & (others &- 1))
        }
        let count = end - (end == first ? 0 : 1)
        guard end < 8, count > 0 else { return nil }
        let ending = UInt8(truncatingIfNeeded: word &>> UInt64(8 * end))
        guard ending == ASCII.comma || ending == ASCII.space || ending == ASCII.newline else {
            return nil
        }
        signMask = Self.byte(first) | Self.byte(end)
        signs = word & signMask
        digits = Self.below(end) & ~Self.byte(first) & Lanes.tops
        whole = Self.below(first)
        fraction = Self.below(count) & ~whole
        shift = UInt64(64 - 8 * count)
        scale = PowersOfTen[UInt64(count - first)]
        length = Int32(end)
        isFollowedByComma = ending == ASCII.comma
    }

    /// The number that `word` begins with; `nil` when it is written in another way.
    @inline(__always) func number(_ word: UInt64) -> Double? {
        let values = Numbers.digitValues(word)
        guard word & signMask == signs, Numbers.nonDigits(values) & digits == 0 else { return nil }
        let joined = (values & whole) | ((values &>> 8) & fraction)
        return Numbers.exactDouble(Numbers.joinEight(joined &<< shift)) / scale
    }

    private static func byte(_ index: Int) -> UInt64 { 0xFF << UInt64(8 * index) }

    /// The bytes before `count`, which is below 8.
    private static func below(_ count: Int) -> UInt64 { (1 << UInt64(8 * count)) - 1 }
}
