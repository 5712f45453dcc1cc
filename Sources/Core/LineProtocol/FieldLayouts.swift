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

    /// A name and its equals sign in words of eight bytes, and the last value's shape.
    struct Key: BitwiseCopyable {
        /// The last word, and which of its bits count.
        var lastWord: UInt64 = 0
        var lastMask: UInt64 = 0
        /// Bytes before the last word, and in all, the equals sign included.
        var wholeBytes: Int32 = 0
        var length: Int32 = 0
        /// Place of its first word.
        var firstWord: Int32 = 0
        var shape = NumberShape()
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

    /// Whether the name lies at `offset`.
    @inline(__always) func matches(_ key: Key, _ window: ByteWindow, at offset: Int) -> Bool {
        let whole = Int(key.wholeBytes)
        if whole != 0, !wholeWordsMatch(key, window, at: offset) { return false }
        return (window.word(offset &+ whole) ^ key.lastWord) & key.lastMask == 0
    }

    private func wholeWordsMatch(_ key: Key, _ window: ByteWindow, at offset: Int) -> Bool {
        let first = Int(key.firstWord)
        for word in 0..<Int(key.wholeBytes) / 8
        where window.word(offset &+ 8 &* word) != words[first &+ word] { return false }
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
            Int(keys[first + place].length) == names[place].count
                && matches(keys[first + place], window, at: names[place].lowerBound)
        }
    }

    private mutating func append(_ window: ByteWindow, _ name: Range<Int>) {
        let whole = (name.count - 1) / 8 * 8
        let rest = name.count - whole
        let mask: UInt64 = rest == 8 ? .max : (1 << UInt64(8 * rest)) - 1
        keys[keyCount] = Key(
            lastWord: window.word(name.lowerBound + whole) & mask, lastMask: mask,
            wholeBytes: Int32(whole), length: Int32(name.count), firstWord: Int32(words.count))
        for place in stride(from: 0, to: whole, by: 8) {
            words.append(window.word(name.lowerBound + place))
        }
        keyCount += 1
    }
}
