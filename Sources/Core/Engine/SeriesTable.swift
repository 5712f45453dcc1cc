import Primitives
import Windows

/// Finds what is known about a series by the raw bytes of its key (measurement and tags exactly as
/// sent), so that the text of a known series is never looked at twice.
///
/// An open-addressing table of indices, power-of-two sized, at most half full; the keys lie one
/// after the other in an arena. A key is found by hash and confirmed by its bytes.
struct SeriesTable: Sendable {
    /// One numeric field of a series. `signal` is negative when the field has none: refused.
    struct Field: Sendable {
        var nameStart: Int32
        var nameCount: Int32
        var signal: Int32

        static let unused = Field(nameStart: 0, nameCount: -1, signal: -1)
    }

    private static let smallestBlock = 4

    /// What is read for every line comes first: with thousands of devices each cache line of it
    /// is read from memory.
    struct Series: Sendable {
        var hash: UInt64
        var keyStart: Int
        var keyCount: Int32
        var device: DeviceID
        /// Its fields lie together in `fields`, in the order in which they first came.
        var fieldStart: Int32
        var fieldCount: Int32
        /// `measurement` and tag suffix of the names of its signals.
        var signalPrefix: String
        var signalSuffix: String
    }

    private(set) var series: [Series] = []
    private var fields: [Field] = []
    private var arena: [UInt8] = []
    private var buckets: [Int32] = [Int32](repeating: -1, count: 256)
    private let arenaLimit: Int

    /// Room for the keys and field names of `limit` series of 1 KiB each: a sender of ever new,
    /// ever longer names must not fill the memory.
    init(limit: Int) {
        let (bytes, overflow) = limit.multipliedReportingOverflow(by: 1_024)
        arenaLimit = overflow ? Int(Int32.max) : min(bytes, Int(Int32.max))
    }

    var count: Int { series.count }

    /// `true` when a key or a field name of `count` bytes still fits.
    func hasRoom(for count: Int) -> Bool { count <= arenaLimit - arena.count }

    /// Index of the series whose key is `bytes[start..<end]`, or -1.
    func find(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, hash: UInt64) -> Int {
        let mask = buckets.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let index = Int(buckets[place])
            if index < 0 { return -1 }
            if series[index].hash == hash,
                series[index].keyCount == Int32(truncatingIfNeeded: end - start),
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
                hash: hash, keyStart: arena.count, keyCount: Int32(end - start), device: device,
                fieldStart: 0, fieldCount: 0, signalPrefix: signalPrefix,
                signalSuffix: signalSuffix))
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
        let base = Int(series[index].fieldStart)
        let count = Int(series[index].fieldCount)
        if expected < count, matches(fields[base + expected], bytes, start, end) {
            return expected
        }
        for place in 0..<count where matches(fields[base + place], bytes, start, end) {
            return place
        }
        return -1
    }

    func fieldCount(of index: Int) -> Int { Int(series[index].fieldCount) }

    func signal(of index: Int, field: Int) -> Int32 {
        fields[Int(series[index].fieldStart) + field].signal
    }

    mutating func addField(
        to index: Int, _ bytes: Span<UInt8>, _ start: Int, _ end: Int, signal: Int32
    ) -> Int {
        let place = Int(series[index].fieldCount)
        if place == 0 || (place >= Self.smallestBlock && place & (place - 1) == 0) {
            moveFields(of: index, count: place)
        }
        fields[Int(series[index].fieldStart) + place] = Field(
            nameStart: Int32(arena.count), nameCount: Int32(end - start), signal: signal)
        series[index].fieldCount += 1
        appendToArena(bytes, start, end)
        return place
    }

    /// Gives a series whose block of fields is full one of twice the size at the end. A block is
    /// full when its count is a power of two, so its size need not be kept; the places left behind
    /// are together fewer than the new ones.
    private mutating func moveFields(of index: Int, count: Int) {
        let start = fields.count
        let old = Int(series[index].fieldStart)
        let size = max(Self.smallestBlock, 2 * count)
        fields.append(contentsOf: repeatElement(Field.unused, count: size))
        for place in 0..<count { fields[start + place] = fields[old + place] }
        series[index].fieldStart = Int32(start)
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
