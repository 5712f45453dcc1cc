import Intake
import LineProtocol

/// Where the last complete record of a piece of a recording ends. Intake knows newlines only; the
/// grammar knows which of them are inside a quoted string.
enum RecordEnds {
    /// For ``RecordingReader``: a number from 0 (none is complete) to `count`.
    @Sendable static func last(_ bytes: Span<UInt8>, _ count: Int) -> Int {
        let newline = RecordingReader.lastNewline(bytes, count)
        var hasQuote = false
        for index in 0..<count where bytes[index] == 0x22 {
            hasQuote = true
            break
        }
        guard hasQuote else { return newline }
        var parser = LineParser()
        var position = 0
        while position < newline {
            let outcome = parser.next(bytes, position: &position, end: count)
            // The string may end in what has not been read yet. A record that began the piece and
            // fills it does not get another chance.
            if case .rejected(.unterminatedString) = outcome, parser.offsets.recordStart > 0 {
                return parser.offsets.recordStart
            }
        }
        return min(position, count)
    }
}
