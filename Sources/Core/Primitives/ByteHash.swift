/// A 64-bit hash of bytes, the same on every machine and in every process.
///
/// Two uses: deriving identifiers and seeds from names (ticket ids must not depend on anything but
/// content), and, as `quick`, finding a series by its raw key bytes (hot, one call per line).
/// Construction: eight bytes at a time, each word folded in by a 64 x 64 -> 128 bit multiplication
/// whose halves are xored (the mixing step of wyhash by Wang Yi, public domain; constants are ours:
/// fractional digits of pi). Not a defence against chosen collisions: tables that use it compare
/// the bytes as well and bound their probe length.
///
/// Protection argument for the unsafe loads: `load` reads only inside `start..<end`, which the
/// precondition bounds by the span's count before the first access.
@frozen public enum ByteHash {
    @usableFromInline static let k0: UInt64 = 0x243F_6A88_85A3_08D3
    @usableFromInline static let k1: UInt64 = 0x1319_8A2E_0370_7345

    @inlinable @inline(__always) static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// Hash of `bytes[start..<end]`.
    @inlinable public static func hash(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, seed: UInt64 = 0
    ) -> UInt64 {
        precondition(start >= 0 && start <= end && end <= bytes.count, "BUG: range outside span")
        return unsafe bytes.withUnsafeBytes { raw in
            var state = seed ^ k0
            var position = start
            while position + 8 <= end {
                let word = unsafe raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                state = mix(state ^ UInt64(littleEndian: word), k1)
                position += 8
            }
            var tail: UInt64 = 0
            var shift: UInt64 = 0
            while position < end {
                tail |= UInt64(unsafe raw[position]) << shift
                shift += 8
                position += 1
            }
            state = mix(state ^ tail, k0)
            return mix(state ^ UInt64(end - start), k1)
        }
    }

    /// A hash for tables in memory, half the work of ``hash(_:from:to:seed:)``: sixteen bytes a
    /// multiplication, the last sixteen read over again where they overlap. Kept nowhere.
    @inlinable @inline(__always) public static func quick(
        _ bytes: Span<UInt8>, from start: Int, to end: Int
    ) -> UInt64 {
        precondition(start >= 0 && start <= end && end <= bytes.count, "BUG: range outside span")
        let count = end - start
        guard count >= 16 else { return hash(bytes, from: start, to: end) }
        return unsafe bytes.withUnsafeBytes { raw in
            var state = UInt64(truncatingIfNeeded: count) ^ k0
            var position = start
            let last = end - 16
            while position < last {
                let low = unsafe raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                let high = unsafe raw.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self)
                state = mix(low ^ state, high ^ k1)
                position += 16
            }
            let low = unsafe raw.loadUnaligned(fromByteOffset: last, as: UInt64.self)
            let high = unsafe raw.loadUnaligned(fromByteOffset: last + 8, as: UInt64.self)
            return mix(low ^ state, high ^ k1)
        }
    }

    /// `true` when `left[leftStart..<leftStart + count]` and `right[rightStart...]` hold the same
    /// bytes. Both ranges must lie inside their spans.
    @inlinable @inline(__always) public static func equal(
        _ left: Span<UInt8>, _ leftStart: Int, _ right: Span<UInt8>, _ rightStart: Int, count: Int
    ) -> Bool {
        precondition(
            leftStart >= 0 && rightStart >= 0 && count >= 0 && leftStart + count <= left.count
                && rightStart + count <= right.count, "BUG: range outside span")
        return unsafe left.withUnsafeBytes { a in
            unsafe right.withUnsafeBytes { b in
                var offset = 0
                while offset + 8 <= count {
                    let x = unsafe a.loadUnaligned(
                        fromByteOffset: leftStart + offset, as: UInt64.self)
                    let y = unsafe b.loadUnaligned(
                        fromByteOffset: rightStart + offset, as: UInt64.self)
                    if x != y { return false }
                    offset += 8
                }
                if count >= 8 {
                    // The last eight once more, where they overlap.
                    let x = unsafe a.loadUnaligned(
                        fromByteOffset: leftStart + count - 8, as: UInt64.self)
                    let y = unsafe b.loadUnaligned(
                        fromByteOffset: rightStart + count - 8, as: UInt64.self)
                    return x == y
                }
                while offset < count {
                    if unsafe a[leftStart + offset] != b[rightStart + offset] { return false }
                    offset += 1
                }
                return true
            }
        }
    }

    /// Hash of the UTF-8 bytes of a text.
    package static func hash(_ text: String, seed: UInt64 = 0) -> UInt64 {
        let bytes = Array(text.utf8)
        return hash(bytes.span, from: 0, to: bytes.count, seed: seed)
    }

    /// Hash of several texts; the separator keeps ("ab","c") apart from ("a","bc").
    package static func hash(parts: [String], seed: UInt64 = 0) -> UInt64 {
        var bytes: [UInt8] = []
        for part in parts {
            bytes.append(contentsOf: part.utf8)
            bytes.append(0xFF)  // never occurs in UTF-8
        }
        return hash(bytes.span, from: 0, to: bytes.count, seed: seed)
    }

    /// 16 lower-case hexadecimal digits.
    package static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
