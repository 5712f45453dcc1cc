/// Where the lines of a block and their keys probably end: good enough to bring memory near before
/// the lines are parsed, and never believed.
public struct LineHint {
    /// Bytes of the last line, its newline included, and of its key.
    private var lineBytes = 0
    private var keyBytes = 0

    public init() {}

    /// The key of the line at `start`, and the start of the next line. Lines of one sender have
    /// mostly the length of the one before.
    @inline(__always) public mutating func line(
        _ bytes: Span<UInt8>, from start: Int, to end: Int
    ) -> (keyEnd: Int, next: Int) {
        let isSameLength =
            lineBytes > 0 && start &+ lineBytes <= end
            && bytes[start &+ lineBytes &- 1] == ASCII.newline
        let next = isSameLength ? start &+ lineBytes : search(bytes, start, end, ASCII.newline) &+ 1
        let isSameKey = start &+ keyBytes < end && bytes[start &+ keyBytes] == ASCII.space
        let keyEnd =
            keyBytes > 0 && isSameKey
            ? start &+ keyBytes : search(bytes, start, end, ASCII.space)
        lineBytes = next &- start
        keyBytes = keyEnd &- start
        return (keyEnd, min(next, end))
    }

    /// The first such byte from `start` on, or `end`.
    @inline(never) private func search(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ byte: UInt8
    ) -> Int {
        var place = start
        while place < end, bytes[place] != byte { place &+= 1 }
        return place
    }
}
