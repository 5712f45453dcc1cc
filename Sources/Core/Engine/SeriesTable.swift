import Primitives
import Windows

/// Finds what is known about a series by the raw bytes of its key (measurement and tags exactly as
/// sent), so that the text of a known series is never looked at twice.
///
/// An open-addressing table of indices, power-of-two sized, at most half full; the keys lie one
/// after the other in an arena. A key is found by hash and confirmed by its bytes.
struct SeriesTable: Sendable {
    /// One numeric field of a series. `signal` is negative when the field has none (it was refused).
    struct Field: Sendable {
        var nameStart: Int32
        var nameCount: Int32
        var signal: Int32
    }

    struct Series: Sendable {
        var keyStart: Int
        var keyCount: Int
        var hash: UInt64
        var device: DeviceID
        /// In the order in which the sender's fields first came.
        var fields: [Field]
        /// `measurement` and tag suffix of the names of its signals.
        var signalPrefix: String
        var signalSuffix: String
    }

    private(set) var series: [Series] = []
    private var arena: [UInt8] = []
    private var buckets: [Int32] = [Int32](repeating: -1, count: 256)

    init() {}

    var count: Int { series.count }

    /// Index of the series whose key is `bytes[start..<end]`, or -1.
    func find(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, hash: UInt64) -> Int {
        let mask = buckets.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let index = Int(buckets[place])
            if index < 0 { return -1 }
            if series[index].hash == hash, series[index].keyCount == end - start,
                ByteHash.equal(
                    bytes, start, arena.span, series[index].keyStart, count: end - start)
            {
                return index
            }
            place = (place + 1) & mask
        }
    }

    /// Adds a series that ``find(_:_:_:hash:)`` did not find; returns its index.
    mutating func add(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, hash: UInt64, device: DeviceID,
        signalPrefix: String, signalSuffix: String
    ) -> Int {
        let index = series.count
        series.append(
            Series(
                keyStart: arena.count, keyCount: end - start, hash: hash, device: device,
                fields: [], signalPrefix: signalPrefix, signalSuffix: signalSuffix))
        appendToArena(bytes, start, end)
        if series.count * 2 > buckets.count { grow() }
        place(index)
        return index
    }

    /// Place of the field named `bytes[start..<end]` among the fields of a series, or -1. Senders
    /// repeat their fields in one order, so the place after the last one found is tried first.
    func field(
        of index: Int, _ bytes: Span<UInt8>, _ start: Int, _ end: Int, expected: Int
    ) -> Int {
        let count = series[index].fields.count
        if expected < count, matches(series[index].fields[expected], bytes, start, end) {
            return expected
        }
        for place in 0..<count where matches(series[index].fields[place], bytes, start, end) {
            return place
        }
        return -1
    }

    func signal(of index: Int, field: Int) -> Int32 { series[index].fields[field].signal }

    mutating func addField(
        to index: Int, _ bytes: Span<UInt8>, _ start: Int, _ end: Int, signal: Int32
    ) -> Int {
        series[index].fields.append(
            Field(
                nameStart: Int32(arena.count), nameCount: Int32(end - start), signal: signal))
        appendToArena(bytes, start, end)
        return series[index].fields.count - 1
    }

    private func matches(_ field: Field, _ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        field.nameCount == Int32(truncatingIfNeeded: end - start)
            && ByteHash.equal(
                bytes, start, arena.span, Int(field.nameStart), count: end - start)
    }

    private mutating func appendToArena(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) {
        for position in start..<end { arena.append(bytes[position]) }
    }

    private mutating func grow() {
        buckets = [Int32](repeating: -1, count: buckets.count * 2)
        for index in 0..<series.count - 1 { place(index) }
    }

    private mutating func place(_ index: Int) {
        let mask = buckets.count - 1
        var place = Int(truncatingIfNeeded: series[index].hash) & mask
        while buckets[place] >= 0 { place = (place + 1) & mask }
        buckets[place] = Int32(index)
    }
}
