/// `ByteHash.quick` and `ByteHash.equal`, copied into this module: the other side of the comparison
/// in ``OneModuleBenchmark``.
///
/// Protection argument for the unsafe loads: as for the original. They read only inside ranges
/// that a precondition bounds by the span's count before the first access.
enum OneModuleHash {
    private static let k0: UInt64 = 0x243F_6A88_85A3_08D3
    private static let k1: UInt64 = 0x1319_8A2E_0370_7345

    @inline(__always) private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// Of at least sixteen bytes, as the keys of the comparison are.
    @inline(__always) static func quick(
        _ bytes: Span<UInt8>, from start: Int, to end: Int
    ) -> UInt64 {
        precondition(
            start >= 0 && start + 16 <= end && end <= bytes.count, "BUG: range outside span")
        return unsafe bytes.withUnsafeBytes { raw in
            var state = UInt64(truncatingIfNeeded: end - start) ^ k0
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

    @inline(__always) static func equal(
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
}
