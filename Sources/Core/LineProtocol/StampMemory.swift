/// The leading digits of the last timestamp: in nanoseconds they change once in minutes.
///
/// Reads stamps of nineteen digits that a newline follows, which is what senders write; all others
/// are for `Numbers.timestamp`. Eight digits are compared, the other eleven are read in two steps
/// that overlap.
struct StampMemory {
    private var leading: UInt64 = 0
    /// What the leading digits are worth.
    private var worth: UInt64 = 0

    static let digits = 19

    /// The stamp at `offset`; `nil` when it is written in another way.
    @inline(__always) mutating func stamp(_ window: ByteWindow, at offset: Int) -> Int64? {
        let first = window.word(offset)
        let middle = Numbers.digitValues(window.word(offset &+ 8))
        let last = Numbers.digitValues(window.word(offset &+ 11))
        guard Numbers.nonDigits(middle) | Numbers.nonDigits(last) == 0,
            window.byte(offset &+ Self.digits) == ASCII.newline
        else { return nil }
        if first != leading, !remember(first) { return nil }
        let three = Numbers.joinEight(middle &<< 40)
        let value = worth &+ three &* 100_000_000 &+ Numbers.joinEight(last)
        return Int64(exactly: value)
    }

    /// False when these are no digits.
    @inline(never) private mutating func remember(_ word: UInt64) -> Bool {
        let values = Numbers.digitValues(word)
        guard Numbers.nonDigits(values) == 0 else { return false }
        leading = word
        // At most 99,999,999 x 10^11, which fits.
        worth = Numbers.joinEight(values) &* 100_000_000_000
        return true
    }
}
