/// Why state could not be read back.
package enum StateFailure: Error, Equatable, Sendable {
    /// The bytes end before the value does.
    case truncated
    /// A value is outside what it can be; the text names it.
    case invalid(String)
}

/// Writes state as bytes: little-endian, fixed width, lengths before contents, no names. The
/// format is what the calls say in their order; each section of a checkpoint carries a version.
///
/// Protection argument for the unsafe views, here and in ``StateReader``: what is written is the
/// memory of one integer that lives as long as the view; what is read is bounded by `end`, which is
/// at most the number of bytes, before it is loaded.
package struct StateWriter: Sendable {
    package private(set) var bytes: [UInt8]

    /// Writes behind the bytes of `start`.
    package init(_ start: [UInt8] = []) { bytes = start }

    @inline(__always) private mutating func append<Word: FixedWidthInteger>(_ value: Word) {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    package mutating func put(_ value: UInt64) { append(value) }
    package mutating func put(_ value: Int64) { put(UInt64(bitPattern: value)) }
    package mutating func put(_ value: Int) { put(Int64(value)) }
    package mutating func put(_ value: Double) { put(value.bitPattern) }
    package mutating func put(_ value: Float) { append(value.bitPattern) }
    package mutating func put(_ value: UInt16) { append(value) }
    package mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }
    package mutating func put(_ value: UInt8) { bytes.append(value) }
    package mutating func put(_ value: Timestamp) { put(value.nanoseconds) }
    package mutating func put(_ value: TimeSpan) { put(value.nanoseconds) }

    package mutating func put(_ value: String) {
        put(value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }

    /// What `write` puts, behind its length: a ``StateReader/piece()``.
    package mutating func put(_ write: (inout StateWriter) -> Void) {
        let start = bytes.count
        put(0)
        write(&self)
        let length = UInt64(bytes.count - start - 8)
        for index in 0..<8 {
            bytes[start + index] = UInt8(truncatingIfNeeded: length >> UInt64(8 * index))
        }
    }

    package mutating func put(_ values: [Double]) {
        put(values.count)
        for value in values { put(value) }
    }

    package mutating func put<Value>(
        _ value: Value?, _ write: (inout StateWriter, Value) -> Void
    ) {
        put(value != nil)
        if let value { write(&self, value) }
    }

    package mutating func put<Value>(
        each values: [Value], _ write: (inout StateWriter, Value) -> Void
    ) {
        put(values.count)
        for value in values { write(&self, value) }
    }
}

/// Reads what ``StateWriter`` wrote. Every read is checked: a damaged file is an error, not a trap.
package struct StateReader: Sendable {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    package init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

    /// Reads a part of the bytes, without a copy of it.
    package init(_ bytes: [UInt8], _ range: Range<Int>) {
        precondition(range.upperBound <= bytes.count, "BUG: range outside the bytes")
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    package var isAtEnd: Bool { position == end }

    @inline(__always) private mutating func word<Word: FixedWidthInteger & BitwiseCopyable>(
        _: Word.Type
    ) throws(StateFailure) -> Word {
        guard end - position >= MemoryLayout<Word>.size else { throw .truncated }
        let word = unsafe bytes.span.bytes.unsafeLoadUnaligned(
            fromByteOffset: position, as: Word.self)
        position += MemoryLayout<Word>.size
        return Word(littleEndian: word)
    }

    package mutating func uint64() throws(StateFailure) -> UInt64 { try word(UInt64.self) }

    package mutating func int64() throws(StateFailure) -> Int64 {
        Int64(bitPattern: try uint64())
    }

    package mutating func int() throws(StateFailure) -> Int { Int(try int64()) }

    package mutating func double() throws(StateFailure) -> Double {
        Double(bitPattern: try uint64())
    }

    package mutating func float() throws(StateFailure) -> Float {
        Float(bitPattern: try word(UInt32.self))
    }

    package mutating func uint16() throws(StateFailure) -> UInt16 { try word(UInt16.self) }

    package mutating func uint8() throws(StateFailure) -> UInt8 {
        guard position < end else { throw .truncated }
        position += 1
        return bytes[position - 1]
    }

    package mutating func bool() throws(StateFailure) -> Bool {
        switch try uint8() {
        case 0: return false
        case 1: return true
        default: throw .invalid("flag")
        }
    }

    package mutating func timestamp() throws(StateFailure) -> Timestamp {
        Timestamp(nanoseconds: try int64())
    }

    package mutating func timeSpan() throws(StateFailure) -> TimeSpan {
        TimeSpan(nanoseconds: try int64())
    }

    /// A length of things that take at least one byte each; checked against what is left, so that
    /// a damaged length cannot ask for gigabytes.
    package mutating func count() throws(StateFailure) -> Int {
        let value = try int64()
        guard value >= 0, value <= Int64(end - position) else {
            throw .invalid("length \(value)")
        }
        return Int(value)
    }

    /// What was written by ``StateWriter/put(_:)``, to be read by itself.
    package mutating func piece() throws(StateFailure) -> StateReader {
        let length = try count()
        defer { position += length }
        return StateReader(bytes, position..<position + length)
    }

    package mutating func string() throws(StateFailure) -> String {
        let length = try count()
        defer { position += length }
        return String(decoding: bytes[position..<position + length], as: UTF8.self)
    }

    package mutating func doubles() throws(StateFailure) -> [Double] {
        let length = try count()
        var values: [Double] = []
        values.reserveCapacity(length)
        for _ in 0..<length { values.append(try double()) }
        return values
    }

    package mutating func optional<Value>(
        _ read: (inout StateReader) throws(StateFailure) -> Value
    ) throws(StateFailure) -> Value? {
        try bool() ? try read(&self) : nil
    }

    package mutating func optionalTimestamp() throws(StateFailure) -> Timestamp? {
        try bool() ? try timestamp() : nil
    }

    package mutating func optionalDouble() throws(StateFailure) -> Double? {
        try bool() ? try double() : nil
    }

    package mutating func optionalString() throws(StateFailure) -> String? {
        try bool() ? try string() : nil
    }

    package mutating func array<Value>(
        _ read: (inout StateReader) throws(StateFailure) -> Value
    ) throws(StateFailure) -> [Value] {
        let length = try count()
        var values: [Value] = []
        values.reserveCapacity(length)
        for _ in 0..<length { values.append(try read(&self)) }
        return values
    }

    /// A value of an enumeration by its raw value.
    package mutating func word<Word: RawRepresentable>(
        _ type: Word.Type
    ) throws(StateFailure) -> Word where Word.RawValue == String {
        let text = try string()
        guard let word = Word(rawValue: text) else { throw .invalid("\(type) \(text)") }
        return word
    }

    package mutating func code<Code: RawRepresentable>(
        _ type: Code.Type
    ) throws(StateFailure) -> Code where Code.RawValue == UInt8 {
        let raw = try uint8()
        guard let code = Code(rawValue: raw) else { throw .invalid("\(type) \(raw)") }
        return code
    }
}
