import LineProtocol

/// Counts what a parser finds in a part of some bytes.
struct LineParserBox: ~Copyable {
    var parser = LineParser()

    mutating func count(_ bytes: [UInt8], end: Int) -> Int {
        var position = 0
        var count = 0
        while true {
            switch parser.next(bytes.span, position: &position, end: end) {
            case .record, .rejected: count += 1
            case .blank: break
            case .end: return count
            }
            precondition(position <= end)
        }
    }
}
