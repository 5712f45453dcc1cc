/// Cuts a piece of a longer text where its last complete record ends: for whoever reads files and
/// streams piece by piece and knows nothing of the grammar.
package enum RecordSplit {
    /// The offset after the last record among the first `count` bytes that is complete whatever
    /// comes next; 0 when none is. The bytes begin with a record. A newline inside a string that is
    /// still open ends nothing, for the string may be closed by what has not come yet.
    ///
    /// A piece that cannot grow (`mayGrow` is false: no more bytes fit) is cut at its first newline
    /// in that case: a record that long is refused anyway, and those behind it get on.
    @Sendable package static func end(
        _ bytes: Span<UInt8>, _ count: Int, _ mayGrow: Bool
    ) -> Int {
        var newline = count
        while newline > 0 && bytes[newline &- 1] != ASCII.newline { newline &-= 1 }
        guard newline > 0, hasQuote(bytes, newline) else { return newline }
        var position = 0
        while position < newline {
            let end = bytes.withWindow(from: position, count: count &- position, recordEnd)
            guard end > 0 else { break }
            position &+= end
        }
        if position > 0 || mayGrow { return position }
        return bytes.withWindow(from: 0, count: count) { $0.newline(from: 0) &+ 1 }
    }

    /// Where the window's first record ends; 0 when that cannot be told yet.
    private static func recordEnd(_ window: ByteWindow) -> Int {
        let start = window.skippingBlanks(0)
        if window.byte(start) == ASCII.hash {
            let newline = window.newline(from: start)
            return newline < window.count ? newline &+ 1 : 0
        }
        let (end, isDecided) = RecordBoundary.walk(window)
        return isDecided ? end : 0
    }

    private static func hasQuote(_ bytes: Span<UInt8>, _ count: Int) -> Bool {
        bytes.withWindow(from: 0, count: count) { $0.contains(Lanes.doubleQuotes) }
    }
}
