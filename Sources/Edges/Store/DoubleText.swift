// Protection argument for the unsafe calls: `vsnprintf` is given a local buffer with its true
// length, and writes no more than that; "%.17g" of a double needs at most 24 characters, so nothing
// is cut off. The argument list lives for the duration of the closure.

internal import Glibc

/// Doubles as the CSV files carry them: 17 significant decimal digits (C's `%.17g`), enough to read
/// back the same 64 bits everywhere. The program never calls `setlocale`, so the point is a point.
enum DoubleText {
    /// Empty for NaN and infinities: nothing was measured.
    static func append(_ value: Double, to bytes: inout [UInt8]) {
        guard value.isFinite else { return }
        if value == value.rounded(), abs(value) < 0x1p53, value != 0 {
            // Whole numbers are most of what is written, and ten times faster this way.
            bytes.append(contentsOf: String(Int64(value)).utf8)
            return
        }
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
            let count = unsafe withVaList([value]) { list in
                unsafe vsnprintf(buffer.baseAddress, buffer.count, "%.17g", list)
            }
            for index in 0..<min(Int(count), 31) {
                bytes.append(UInt8(bitPattern: unsafe buffer[index]))
            }
        }
    }
}
