import Primitives

/// Builds comma-separated rows (RFC 4180) that end in LF: times as integer nanoseconds in UTC,
/// doubles with 17 significant digits, nothing for what is absent.
struct CSVRow {
    private(set) var bytes: [UInt8] = []
    private var isAtStart = true

    /// Quoted when it holds a comma, a quote or a line break.
    mutating func field(_ text: String) {
        separate()
        let needsQuotes = text.utf8.contains {
            $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D
        }
        guard needsQuotes else {
            bytes.append(contentsOf: text.utf8)
            return
        }
        bytes.append(0x22)
        for byte in text.utf8 {
            if byte == 0x22 { bytes.append(0x22) }
            bytes.append(byte)
        }
        bytes.append(0x22)
    }

    mutating func field(_ number: Int) {
        separate()
        bytes.append(contentsOf: String(number).utf8)
    }

    mutating func field(_ time: Timestamp) {
        separate()
        bytes.append(contentsOf: String(time.nanoseconds).utf8)
    }

    mutating func field(_ number: Double?) {
        separate()
        if let number { DoubleText.append(number, to: &bytes) }
    }

    mutating func endRow() {
        bytes.append(0x0A)
        isAtStart = true
    }

    /// Hands the finished rows over and starts anew.
    mutating func take() -> [UInt8] {
        precondition(isAtStart, "BUG: a row was not ended")
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    private mutating func separate() {
        if !isAtStart { bytes.append(0x2C) }
        isAtStart = false
    }
}
