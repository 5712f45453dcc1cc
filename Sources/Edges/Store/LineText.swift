/// Writes one line of InfluxDB line protocol: tags first, then fields, then the time.
struct LineText {
    private var bytes: [UInt8] = []
    private var hasField = false

    init(_ measurement: String) {
        bytes += measurement.utf8
    }

    /// A tag without a value is none. A line break, which a tag cannot hold, becomes a space.
    mutating func tag(_ key: String, _ value: String) {
        guard !value.isEmpty else { return }
        bytes.append(0x2C)
        bytes += key.utf8
        bytes.append(0x3D)
        for byte in value.utf8 {
            switch byte {
            case 0x2C, 0x3D, 0x20:
                bytes.append(0x5C)
                bytes.append(byte)
            case 0x0A, 0x0D: bytes += [0x5C, 0x20]
            default: bytes.append(byte)
            }
        }
    }

    mutating func field(_ key: String, _ value: Int64) {
        begin(key)
        bytes += String(value).utf8
        bytes.append(0x69)
    }

    /// The protocol has no word for infinities and NaN.
    mutating func field(_ key: String, _ value: Double) {
        guard value.isFinite else { return }
        begin(key)
        bytes += value.description.utf8
    }

    mutating func field(_ key: String, _ value: String) {
        begin(key)
        bytes.append(0x22)
        for byte in value.utf8 {
            if byte == 0x22 || byte == 0x5C { bytes.append(0x5C) }
            bytes.append(byte)
        }
        bytes.append(0x22)
    }

    /// The whole line; nothing when it has no field.
    func ended(at time: Int64) -> [UInt8] {
        hasField ? bytes + Array(" \(time)\n".utf8) : []
    }

    private mutating func begin(_ key: String) {
        bytes.append(hasField ? 0x2C : 0x20)
        hasField = true
        bytes += key.utf8
        bytes.append(0x3D)
    }
}
