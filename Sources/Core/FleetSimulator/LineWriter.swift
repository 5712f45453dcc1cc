internal import Primitives

/// Writes line protocol with fixed decimals: numbers come in units of their last decimal.
enum LineWriter {
    /// `measurement,tag=value,...` without the space; no name here needs escapes.
    static func prefix(measurement: String, tags: [(key: String, value: String)]) -> [UInt8] {
        var bytes = Array(measurement.utf8)
        for tag in tags {
            bytes.append(contentsOf: ",\(tag.key)=\(tag.value)".utf8)
        }
        return bytes
    }

    /// A space, the time in nanoseconds and a line feed: the end of every line of an instant.
    static func formatStamp(_ time: Timestamp, into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(UInt8(ascii: " "))
        append(time.nanoseconds, decimals: 0, into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// `scaled` / 10^decimals, with all its decimals: (-5, 2) is -0.05, (30, 1) is 3.0.
    static func append(_ scaled: Int64, decimals: Int, into buffer: inout [UInt8]) {
        if scaled < 0 { buffer.append(UInt8(ascii: "-")) }
        let magnitude = scaled.magnitude
        // The digits above the lowest come first, so find the highest power of ten needed;
        // a number with n decimals has at least n + 1 digits.
        var power: UInt64 = 1
        var digits = 1
        while digits <= decimals || magnitude / power >= 10 {
            power *= 10
            digits += 1
        }
        var rest = magnitude
        while digits > 0 {
            if digits == decimals { buffer.append(UInt8(ascii: ".")) }
            let digit = rest / power
            buffer.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
            rest -= digit * power
            power /= 10
            digits -= 1
        }
    }
}
