/// A field key of the last record, one for each position: in telemetry the next record nearly
/// always has the same keys, and comparing sixteen bytes is cheaper than searching them for
/// delimiters.
///
/// A memory is a short cut and never a source: it answers only when the bytes in front of it are
/// the ones it was made from, the delimiter included, so a search would find the same end.
@usableFromInline struct KeyMemory: BitwiseCopyable {
    // At first the key `v=`: a memory must be true even before it has seen anything.
    @usableFromInline var low: UInt64 = 0x3D76
    @usableFromInline var high: UInt64 = 0
    /// Which bits of the two words count.
    @usableFromInline var lowMask: UInt64 = 0xFFFF
    @usableFromInline var highMask: UInt64 = 0
    /// Bytes of the key without its delimiter.
    @usableFromInline var length = 1

    init() {}

    /// Whether the remembered key and its delimiter lie at `offset`. False in the last fifteen
    /// bytes, where a search is as good.
    @inline(__always) func matches(_ window: ByteWindow, at offset: Int) -> Bool {
        guard let words = window.twoWords(offset) else { return false }
        return ((words.0 ^ low) & lowMask) | ((words.1 ^ high) & highMask) == 0
    }

    /// Remembers the key in `start..<end` and the delimiter at `end`, unless that is too long.
    @inline(never) mutating func replace(_ window: ByteWindow, from start: Int, to end: Int) {
        let bits = (end &- start &+ 1) &* 8
        guard bits <= 128 else { return }
        lowMask = bits >= 64 ? .max : (1 &<< UInt64(bits)) &- 1
        highMask = bits <= 64 ? 0 : UInt64.max &>> UInt64(128 &- bits)
        low = window.word(start) & lowMask
        high = window.word(start &+ 8) & highMask
        length = end &- start
    }
}
