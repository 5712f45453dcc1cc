/// The field names that senders repeat, each sequence of them learned once: what a record of a
/// known series is expected to say between its numbers.
///
/// A layout is a short cut and never a source: it answers only when the bytes in front of it are
/// the ones it was made from, the equals signs included, so a search would find the same ends.
/// Machines of one kind share a layout, so it stays close at hand however many machines take turns.
struct FieldLayouts: ~Copyable {
    /// Layouts kept; records of further ones take the ordinary way.
    static let layoutsMost = 256
    /// Names kept, over all layouts.
    static let keysMost = 4_096
    /// Longer names take the ordinary way.
    static let keyBytesMost = 64

    /// A name and its equals sign, and the last value's shape.
    ///
    /// The first and the last eight bytes are compared; they overlap in names of less than sixteen,
    /// and are the same, cut by a mask, in those of less than eight.
    struct Key: BitwiseCopyable {
        var first: UInt64 = 0
        var last: UInt64 = 0
        /// Which bits of both words count.
        var mask: UInt64 = 0
        /// Where the last word lies.
        var lastOffset: Int32 = 0
        /// Bytes in all, the equals sign included.
        var length: Int32 = 0
        /// Place of the words between the first and the last, and their number.
        var middle: Int32 = 0
        var middleCount: Int32 = 0
        var shape = NumberShape()

        /// Whether the first and the last word lie at `offset`: the whole name unless it has a
        /// middle.
        @inline(__always) func endsMatch(_ window: ByteWindow, at offset: Int) -> Bool {
            let first = window.word(offset) ^ first
            let last = window.word(offset &+ Int(lastOffset)) ^ last
            return (first | last) & mask == 0
        }
    }

    /// Room for all, made once; only what is used is ever touched.
    let keys: Slots<Key>
    /// Place of each layout's first key.
    let starts: Slots<Int32>
    private(set) var count = 0
    private var keyCount = 0
    private var words: [UInt64] = []

    init() {
        keys = Slots(repeating: Key(), count: Self.keysMost)
        starts = Slots(repeating: 0, count: Self.layoutsMost + 1)
    }

    /// Whether the words between the first and the last of a long name lie at `offset`.
    @inline(never) func middleMatches(
        _ middle: Int32, count: Int32, _ window: ByteWindow, at offset: Int
    ) -> Bool {
        for index in 0..<Int(count)
        where window.word(offset &+ 8 &* (index &+ 1)) != words[Int(middle) &+ index] {
            return false
        }
        return true
    }

    /// The layout of a record whose names, equals signs included, lie at these places; -1 when it
    /// cannot be kept.
    mutating func layout(_ window: ByteWindow, names: [Range<Int>]) -> Int {
        for layout in 0..<count where isLayout(layout, window, names) { return layout }
        guard count < Self.layoutsMost, keyCount + names.count <= Self.keysMost,
            names.allSatisfy({ $0.count <= Self.keyBytesMost })
        else { return -1 }
        for name in names { append(window, name) }
        count += 1
        starts[count] = Int32(keyCount)
        return count - 1
    }

    private func isLayout(_ layout: Int, _ window: ByteWindow, _ names: [Range<Int>]) -> Bool {
        let first = Int(starts[layout])
        guard Int(starts[layout + 1]) - first == names.count else { return false }
        return names.indices.allSatisfy { place in
            let key = keys[first + place]
            let start = names[place].lowerBound
            return Int(key.length) == names[place].count && key.endsMatch(window, at: start)
                && middleMatches(key.middle, count: key.middleCount, window, at: start)
        }
    }

    private mutating func append(_ window: ByteWindow, _ name: Range<Int>) {
        let lastOffset = max(0, name.count - 8)
        let mask: UInt64 = name.count < 8 ? (1 << UInt64(8 * name.count)) - 1 : .max
        let middleCount = max(0, (lastOffset - 1) / 8)
        keys[keyCount] = Key(
            first: window.word(name.lowerBound) & mask,
            last: window.word(name.lowerBound + lastOffset) & mask, mask: mask,
            lastOffset: Int32(lastOffset), length: Int32(name.count),
            middle: Int32(words.count), middleCount: Int32(middleCount))
        for index in 0..<middleCount {
            words.append(window.word(name.lowerBound + 8 * (index + 1)))
        }
        keyCount += 1
    }
}
