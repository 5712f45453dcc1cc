import LineProtocol
import Primitives
import Windows

/// Fields that are no measurements: texts, and numbers that are fault codes. They become the
/// device's last known texts, and a step tells of each that changed.
extension TelemetryEngine {
    /// Takes a field that has a text, when it is another one than before.
    mutating func takeText(_ field: Int, as text: TextID, _ bytes: Span<UInt8>, at time: Timestamp)
    {
        let kind = parser.offsets.fieldKind(field)
        let taken: TextChange?
        if kind == .string {
            // Inside the quotes.
            let start = parser.offsets.fieldValueStart(field) + 1
            let end = parser.offsets.fieldValueEnd(field) - 1
            taken = texts.take(
                text, hash: ByteHash.hash(bytes, from: start, to: end), at: time
            ) { Self.text(bytes, start, end) }
        } else {
            let bits = parser.offsets.fieldBits(field)
            let number = parser.offsets.fieldDouble(field)
            taken = texts.take(text, hash: bits ^ UInt64(kind.rawValue) << 56, at: time) {
                Self.text(kind, bits: bits, number: number)
            }
        }
        guard var change = taken else { return }
        hold(&change)
        if change.isEvent {
            pending.texts.append(change)
        } else {
            counters.textChangesUnkept += 1
        }
    }

    /// The text of a field, registered if it is new: an index of ``TextValues``, or a negative
    /// number when the device has as many as it may.
    mutating func registerText(named name: String, of device: DeviceID) -> Int32 {
        if let known = texts.text(named: name, of: device) { return known.rawValue }
        guard texts.count(of: device) < configuration.limits.textsPerDevice else {
            return SeriesTable.Field.refused
        }
        return texts.add(named: name, of: device, isFaultCode: isFaultCode(name, of: device))
            .rawValue
    }

    /// Whether the class of the device declares the field of this name a fault code.
    func isFaultCode(_ name: String, of device: DeviceID) -> Bool {
        configuration.classes[registry[device].machineClass.rawValue].isFaultCode(name)
    }

    /// What the bytes between two quotes stand for. As much of them as is kept, and a little more:
    /// an escape is two bytes.
    private static func text(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> String {
        let most = start + 2 * TextValues.bytesMost + 8
        let raw = Escapes.unescaped(bytes, from: start, to: min(end, most), of: .string)
        return String(decoding: raw, as: UTF8.self)
    }

    /// A number as a code: `1203` for `1203i`, `1203` and `1203.0`.
    private static func text(_ kind: FieldKind, bits: UInt64, number: Double) -> String {
        switch kind {
        case .integer: return String(Int64(bitPattern: bits))
        case .unsigned: return String(bits)
        case .boolean: return bits == 0 ? "false" : "true"
        case .float, .string:
            return Int64(exactly: number).map(String.init) ?? "\(number)"
        }
    }
}
