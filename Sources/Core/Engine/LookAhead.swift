import LineProtocol
import Windows

/// Brings near what the next lines will need, all at once, before they are taken one by one.
///
/// With thousands of devices that send in no order, everything kept of a device has left the cache
/// since its last line, and each line would wait five times: for its place in the table, its
/// series, its device, its readings. Asked for sixteen lines together the waits overlap. It is
/// done only while the order of the lines is not foreseen and there are many series: otherwise the
/// memory is near already.
///
/// What is read here is only read: a wrong guess costs time and changes nothing.
struct LookAhead {
    static let lines = 16

    private var hint = LineHint()
    /// Made of everything that was read, and kept, so that it is read.
    private(set) var trace = 0

    /// Looks at up to ``lines`` lines from `start` on; returns where they end.
    mutating func look(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, terms: Int, _ series: SeriesTable,
        _ windows: borrowing WindowStore
    ) -> Int {
        var found = InlineArray<16, Int>(repeating: -1)
        var count = 0
        var position = start
        while count < Self.lines, position < end {
            let line = hint.line(bytes, from: position, to: end)
            let hash = SeriesTable.hash(bytes, position, line.keyEnd, terms: terms)
            found[count] = series.guess(hash)
            count &+= 1
            position = line.next
        }
        var read = 0
        for index in 0..<count where found[index] >= 0 {
            read &+= series.firstKeyByte(of: found[index])
        }
        for index in 0..<count where found[index] >= 0 {
            let known = series.series[found[index]]
            guard known.layout >= 0 else { continue }
            read &+= windows.approach(
                known.device, SignalID(rawValue: known.firstSignal))
        }
        trace &+= read
        return position
    }
}
