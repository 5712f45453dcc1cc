import Primitives
import Windows

/// Finds what is known about a series by the raw bytes of its key (measurement and tags exactly as
/// sent) and the terms of the listener it came by, so that the text of a known series is never
/// looked at twice.
///
/// An open-addressing table, power-of-two sized, at most half full; the keys lie one after the
/// other in an arena. A key is found by hash and confirmed by its bytes. What is read for every
/// line is packed: with thousands of devices each cache line of it comes from afar, so a place of
/// the table holds all that the comparison needs, and nothing on the way counts references.
///
/// Senders repeat themselves: after a series mostly comes the one that came after it last time. So
/// that one is compared first, without hash and table, for as long as this goes well.
struct SeriesTable: Sendable {
    /// One field of a series, with what its numbers and its texts belong to: a signal, a text, or
    /// ``unknown`` or ``refused``.
    struct Field: Sendable {
        /// None of the kind has come yet.
        static let unknown: Int32 = -2
        /// There are as many as there may be.
        static let refused: Int32 = -1

        var nameStart: Int32
        var nameCount: Int32
        var signal: Int32
        var text: Int32

        static let unused = Field(nameStart: 0, nameCount: -1, signal: unknown, text: unknown)
    }

    /// What is read for every line of a series.
    struct Series: Sendable {
        var device: DeviceID
        /// The parser's layout of its records, -1 when they take the ordinary way; then `signals`
        /// are its fields' signals, one after the other.
        var layout: Int32
        var firstSignal: Int32
        /// How often a layout was looked for in vain.
        var layoutTries: Int32 = 0
        /// Its fields lie together in `fields`, in the order in which they first came.
        var fieldStart: Int32
        var fieldCount: Int32
        /// Its key, in the arena.
        var keyStart: Int32
        var keyCount: Int32
        var terms: Int32
        /// The series that came after it last time.
        var next: Int32 = 0
    }

    /// `measurement` and tag suffix of the names of a series' signals.
    struct Naming: Sendable {
        var prefix: String
        var suffix: String
    }

    /// A place of the table; `index` is negative in an empty one.
    private struct Place: Sendable {
        var hash: UInt64
        var keyStart: Int32
        var keyCount: Int32
        var index: Int32
        var terms: Int32

        static let empty = Place(hash: 0, keyStart: 0, keyCount: -1, index: -1, terms: 0)
    }

    private static let smallestBlock = 4
    /// A series of ever other fields is not looked at for ever.
    private static let layoutTriesMost: Int32 = 8

    private(set) var series: [Series] = []
    private(set) var namings: [Naming] = []
    private var fields: [Field] = []
    private var arena: [UInt8] = []
    private var places: [Place] = [Place](repeating: .empty, count: 256)
    private let arenaLimit: Int
    /// The series of the last known line.
    private var last = 0
    /// How well the order of the lines is foreseen: up by one for each that was, down by
    /// ``doubt`` for each other.
    private var confidence = 0

    private static let confidenceMost = 16
    private static let confidenceToTry = 8
    private static let doubt = 4
    /// What is kept of this many series stays in the cache of one core.
    private static let seriesNear = 2_048

    /// Room for the keys and field names of `limit` series of 1 KiB each: a sender of ever new,
    /// ever longer names must not fill the memory.
    init(limit: Int) {
        let (bytes, overflow) = limit.multipliedReportingOverflow(by: 1_024)
        arenaLimit = overflow ? Int(Int32.max) : min(bytes, Int(Int32.max))
    }

    var count: Int { series.count }

    /// `true` when a key or a field name of `count` bytes still fits.
    func hasRoom(for count: Int) -> Bool { count <= arenaLimit - arena.count }

    /// The hash by which ``find(_:_:_:terms:hash:)`` looks for a key.
    @inline(__always) static func hash(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, terms: Int
    ) -> UInt64 {
        // Most listeners have none, and then it is the hash of the bytes.
        ByteHash.quick(bytes, from: start, to: end)
            ^ (UInt64(truncatingIfNeeded: terms) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// Index of the series whose key is `bytes[start..<end]` under the same terms, or -1.
    @inline(__always) func find(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, terms: Int, hash: UInt64
    ) -> Int {
        let mask = places.count &- 1
        var position = Int(truncatingIfNeeded: hash) & mask
        while true {
            let place = places[position]
            if place.index < 0 { return -1 }
            if place.hash == hash, Int(place.keyCount) == end &- start,
                Int(place.terms) == terms,
                ByteHash.equal(
                    bytes, start, arena.span, Int(place.keyStart), count: end &- start)
            {
                return Int(place.index)
            }
            position = (position &+ 1) & mask
        }
    }

    /// The series that is expected next when its key lies at `position`, or -1.
    @inline(__always) func expected(
        _ bytes: Span<UInt8>, at position: Int, end: Int, terms: Int
    ) -> Int {
        guard confidence >= Self.confidenceToTry else { return -1 }
        let index = Int(series[last].next)
        let candidate = series[index]
        let count = Int(candidate.keyCount)
        guard position &+ count < end, Int(candidate.terms) == terms,
            ByteHash.equal(bytes, position, arena.span, Int(candidate.keyStart), count: count)
        else { return -1 }
        return index
    }

    /// Whether memory is far: many series, whose lines come in no order that is foreseen.
    @inline(__always) var isScattered: Bool {
        confidence < Self.confidenceToTry && series.count >= Self.seriesNear
    }

    /// The series that this hash most likely stands for, or -1.
    @inline(__always) func guess(_ hash: UInt64) -> Int {
        let place = places[Int(truncatingIfNeeded: hash) & (places.count &- 1)]
        return place.hash == hash ? Int(place.index) : -1
    }

    /// Something of a series' key and of what is kept of it.
    @inline(__always) func firstKeyByte(of index: Int) -> Int {
        Int(arena[Int(series[index].keyStart)])
    }

    /// Bytes of a series' key.
    @inline(__always) func keyCount(of index: Int) -> Int { Int(series[index].keyCount) }

    /// Notes that a line of a known series came.
    @inline(__always) mutating func follow(_ index: Int) {
        if Int(series[last].next) == index {
            confidence = min(confidence &+ 1, Self.confidenceMost)
        } else {
            confidence = max(confidence &- Self.doubt, 0)
            series[last].next = Int32(truncatingIfNeeded: index)
        }
        last = index
    }

    /// Adds a series that ``find(_:_:_:terms:hash:)`` did not find; returns its index.
    mutating func add(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, terms: Int, hash: UInt64, device: DeviceID,
        signalPrefix: String, signalSuffix: String
    ) -> Int {
        let index = series.count
        series.append(
            Series(
                device: device, layout: -1, firstSignal: -1, fieldStart: 0, fieldCount: 0,
                keyStart: Int32(arena.count), keyCount: Int32(end - start), terms: Int32(terms)))
        namings.append(Naming(prefix: signalPrefix, suffix: signalSuffix))
        if series.count * 2 > places.count { grow() }
        place(
            Place(
                hash: hash, keyStart: Int32(arena.count), keyCount: Int32(end - start),
                index: Int32(index), terms: Int32(terms)))
        appendToArena(bytes, start, end)
        return index
    }

    /// Whether it is worth looking for a layout of the records of a series.
    func wantsLayout(_ index: Int) -> Bool {
        series[index].layout < 0 && series[index].layoutTries < Self.layoutTriesMost
    }

    /// Keeps the layout of the records of a series, when its fields' signals follow one another as
    /// the layout's `count` fields do; otherwise its records go on taking the ordinary way.
    mutating func setLayout(_ layout: Int, count: Int, of index: Int) {
        series[index].layoutTries += 1
        let start = Int(series[index].fieldStart)
        guard layout >= 0, count == Int(series[index].fieldCount) else { return }
        let first = fields[start].signal
        guard first >= 0 else { return }
        for place in 0..<count {
            let field = fields[start + place]
            guard field.signal == first + Int32(place), field.text < 0 else { return }
        }
        series[index].layout = Int32(layout)
        series[index].firstSignal = first
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

    func field(of index: Int, at place: Int) -> Field {
        fields[Int(series[index].fieldStart) + place]
    }

    mutating func setSignal(_ signal: Int32, of index: Int, field: Int) {
        fields[Int(series[index].fieldStart) + field].signal = signal
    }

    mutating func setText(_ text: Int32, of index: Int, field: Int) {
        fields[Int(series[index].fieldStart) + field].text = text
    }

    /// Forgets the fields of all series of a device, because they now mean something else.
    mutating func forgetFields(of device: DeviceID) {
        for index in series.indices where series[index].device == device {
            series[index].layout = -1
            series[index].layoutTries = 0
            series[index].fieldCount = 0
        }
    }

    /// Sends the lines of a device the ordinary way until their layouts are learned again.
    mutating func forgetLayouts(of device: DeviceID) {
        for index in series.indices where series[index].device == device {
            series[index].layout = -1
            series[index].layoutTries = 0
        }
    }

    mutating func addField(
        to index: Int, _ bytes: Span<UInt8>, _ start: Int, _ end: Int
    ) -> Int {
        let place = Int(series[index].fieldCount)
        if place == 0 || (place >= Self.smallestBlock && place & (place - 1) == 0) {
            moveFields(of: index, count: place)
        }
        fields[Int(series[index].fieldStart) + place] = Field(
            nameStart: Int32(arena.count), nameCount: Int32(end - start),
            signal: Field.unknown, text: Field.unknown)
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
        let old = places
        places = [Place](repeating: .empty, count: places.count * 2)
        for kept in old where kept.index >= 0 { place(kept) }
    }

    private mutating func place(_ new: Place) {
        let mask = places.count - 1
        var position = Int(truncatingIfNeeded: new.hash) & mask
        while places[position].index >= 0 { position = (position + 1) & mask }
        places[position] = new
    }
}
