internal import Glibc

/// A fixed piece of memory with one owner, moved between threads and never shared.
///
/// Protection argument for `@unchecked Sendable` and the unsafe code: the slab is noncopyable, so
/// one value at a time holds `base`; reads borrow it and writes need it exclusively, which the
/// compiler enforces. Every method checks its range against `capacity` before touching memory,
/// spans end with the closure they are lent to, and `calloc` makes every byte initialised.
@safe package struct ByteSlab: ~Copyable, @unchecked Sendable {
    package let capacity: Int
    private let base: UnsafeMutablePointer<UInt8>

    /// Pages become resident when first written.
    package init(capacity: Int) {
        precondition(capacity > 0, "BUG: empty slab")
        guard let memory = unsafe calloc(1, capacity) else {
            fatalError("out of memory: no \(capacity) bytes for a buffer")
        }
        self.capacity = capacity
        unsafe base = memory.bindMemory(to: UInt8.self, capacity: capacity)
    }

    deinit { unsafe free(base) }

    /// Lends `range` for reading.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ range: Range<Int>, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        check(range)
        let bytes = unsafe UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
        return try unsafe body(bytes.span)
    }

    /// Lends `range` for writing.
    package mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
        _ range: Range<Int>,
        _ body: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        check(range)
        return try unsafe body(
            UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// Writes `bytes` at `position`.
    package mutating func copy(_ bytes: Span<UInt8>, at position: Int) {
        check(position..<position + bytes.count)
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe memcpy(base + position, start, source.count)
        }
    }

    /// Moves `range` to `position` inside the slab; the two may overlap.
    package mutating func move(_ range: Range<Int>, to position: Int) {
        check(range)
        check(position..<position + range.count)
        unsafe memmove(base + position, base + range.lowerBound, range.count)
    }

    /// Offset of the first `byte` in `range`, or nil.
    package func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        check(range)
        let start = unsafe base + range.lowerBound
        guard let found = unsafe memchr(start, Int32(byte), range.count) else { return nil }
        return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// Offset of the last `byte` in `range`, or nil.
    package func lastIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        check(range)
        var position = range.upperBound
        while position > range.lowerBound {
            position -= 1
            if unsafe base[position] == byte { return position }
        }
        return nil
    }

    private func check(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity, "BUG: outside slab")
    }
}
