/// Where a refused record ends, so that a bad record never costs its neighbours.
///
/// Normally at the first newline that is not inside a string. Quotes count only in the field
/// section (after the first unescaped space) and only directly after an unescaped `=`, so an inch
/// mark in a tag or a stray quote opens nothing.
///
/// Two findings say that an opening quote is the mistake itself: the input ends before the string
/// does; or the string contains a newline and goes on after its closing quote with something that
/// cannot follow a value (`a v="oops` and then `b v="fine"`: the next record's opening quote only
/// looks like the closing one). Then the record ends at the first newline after that opening
/// quote and the lines behind it are read as records of their own.
///
/// Two more say that this is no text at all: among the fields a NUL outside a string, and a value
/// that begins with `=`, as the binary ones of QuestDB's second protocol do. Then quotes mean
/// nothing and the record ends at the next newline. No good fields have either.
///
/// Cost: linear in the input even for hostile bytes, because a search for a closing quote stops
/// at the next quote, and a later search never starts before the point where this one stopped.
enum RecordBoundary {
    /// The offset after the newline that ends the record at the window's start; the window's end
    /// at most.
    @inline(never) static func end(_ window: ByteWindow) -> Int { walk(window).end }

    /// The same, and whether that stays so whatever bytes come after the window: no string is open
    /// at its end, and the newline is there.
    static func walk(_ window: ByteWindow) -> (end: Int, isDecided: Bool) {
        var offset = window.skippingBlanks(0)
        while true {
            let byte = window.byte(offset)
            if byte == ASCII.newline { return lineEnd(window, offset) }
            if byte == ASCII.space { break }
            offset = afterCharacter(window, offset)
        }
        while true {
            let byte = window.byte(offset)
            if byte == ASCII.newline || byte == 0 { return lineEnd(window, offset) }
            guard byte == ASCII.equals, window.byte(offset &+ 1) == ASCII.doubleQuote else {
                let isBinary = byte == ASCII.equals && window.byte(offset &+ 1) == ASCII.equals
                if isBinary { return lineEnd(window, offset) }
                offset = afterCharacter(window, offset)
                continue
            }
            let newline = window.newline(from: offset &+ 2)
            // Only a byte that is there can show that the quote closes nothing; what reads as the
            // end of a value because the window ends comes to the window's end below.
            let close = ValueText.closingQuote(window, after: offset &+ 1)
            guard let close, close < newline || window.isValueEnd(close &+ 1) else {
                return (min(newline &+ 1, window.count), close != nil)
            }
            offset = close &+ 1
        }
    }

    /// The next newline ends the record, whatever stands before it.
    private static func lineEnd(
        _ window: ByteWindow, _ offset: Int
    ) -> (end: Int, isDecided: Bool) {
        let newline = window.newline(from: offset)
        return (min(newline &+ 1, window.count), newline < window.count)
    }

    /// The offset of the next character; an escaped delimiter and its backslash are one.
    private static func afterCharacter(_ window: ByteWindow, _ offset: Int) -> Int {
        let escapes =
            window.byte(offset) == ASCII.backslash
            && ASCII.isEscapable(window.byte(offset &+ 1))
        return escapes ? offset &+ 2 : offset &+ 1
    }
}
