/// The type a field value was written in.
@frozen public enum FieldKind: UInt8, CaseIterable, Hashable, Sendable {
    /// `1`, `1.5`, `-2e3`
    case float
    /// `12i`
    case integer
    /// `12u`
    case unsigned
    /// `t`, `true`, `F`, `FALSE` ...
    case boolean
    /// `"text"`
    case string
}

/// Where the parts of one record lie in the bytes it was parsed from, and its decoded numbers.
///
/// Offsets instead of pieces: nothing is copied and nothing can dangle. All offsets are absolute,
/// that is in the span handed to `LineParser.next`; ranges are `start..<end` of raw bytes, escapes
/// included (`Escapes` removes them). Indices run in the order the sender wrote; duplicates are
/// kept. Valid until the parser's next call; after a refusal the contents mean nothing.
///
/// Costs: every accessor is one bounds check and one or two loads, and is inlined into the caller.
public struct LineOffsets: ~Copyable {
    /// Offsets here are relative to the record; 4 bytes each keeps a tag in 12 bytes. The tag
    /// value starts one byte (the `=`) after `keyEnd`.
    @usableFromInline struct TagSlot: BitwiseCopyable {
        @usableFromInline var keyStart: UInt32 = 0
        @usableFromInline var keyEnd: UInt32 = 0
        @usableFromInline var valueEnd: UInt32 = 0

        init() {}

        @inline(__always) init(keyStart: Int, keyEnd: Int, valueEnd: Int) {
            self.keyStart = UInt32(truncatingIfNeeded: keyStart)
            self.keyEnd = UInt32(truncatingIfNeeded: keyEnd)
            self.valueEnd = UInt32(truncatingIfNeeded: valueEnd)
        }
    }

    /// The value starts one byte (the `=`) after `keyEnd`.
    @usableFromInline struct FieldSlot: BitwiseCopyable {
        @usableFromInline var keyStart: UInt32 = 0
        @usableFromInline var keyEnd: UInt32 = 0
        @usableFromInline var valueEnd: UInt32 = 0
        @usableFromInline var kind: FieldKind = .float
        @usableFromInline var keyHasEscapes = false
        @usableFromInline var bits: UInt64 = 0
        @usableFromInline var number: Double = 0
        @usableFromInline var memory = KeyMemory()

        init() {}

        /// All but the memory.
        @inline(__always) mutating func set(
            keyStart: Int, keyEnd: Int, keyHasEscapes: Bool, value: FieldValue
        ) {
            self.keyStart = UInt32(truncatingIfNeeded: keyStart)
            self.keyEnd = UInt32(truncatingIfNeeded: keyEnd)
            self.valueEnd = UInt32(truncatingIfNeeded: value.end)
            self.kind = value.kind
            self.keyHasEscapes = keyHasEscapes
            self.bits = value.bits
            self.number = value.number
        }
    }

    @usableFromInline let tags: Slots<TagSlot>
    @usableFromInline let fields: Slots<FieldSlot>
    @usableFromInline var measurementStartInRecord = 0
    @usableFromInline var measurementEndInRecord = 0
    @usableFromInline var keyEndInRecord = 0
    /// The record's newline.
    var recordEndInRecord = 0

    /// Offset of the record's first physical line (leading spaces included). Also valid after a
    /// refusal and for blank lines, so that a caller can count lines up to it.
    public internal(set) var recordStart = 0
    /// Number of tags, 0 to `LineLimits.maxTags`.
    public internal(set) var tagCount = 0
    /// Number of fields, 1 to `LineLimits.maxFields`.
    public internal(set) var fieldCount = 0
    /// Whether the measurement or a tag contains a backslash, so that raw and unescaped bytes may
    /// differ.
    public internal(set) var hasEscapes = false
    /// Whether the record carries a timestamp.
    public internal(set) var hasTimestamp = false
    /// The timestamp as written, in whatever unit the sender used; 0 when there is none.
    public internal(set) var timestamp: Int64 = 0

    init(limits: LineLimits) {
        tags = Slots(repeating: TagSlot(), count: limits.maxTags)
        fields = Slots(repeating: FieldSlot(), count: limits.maxFields)
    }
}

extension LineOffsets {
    @inlinable public var measurementStart: Int { recordStart &+ measurementStartInRecord }
    @inlinable public var measurementEnd: Int { recordStart &+ measurementEndInRecord }

    /// Start of measurement and tags, the bytes that name a series.
    @inlinable public var seriesKeyStart: Int { recordStart &+ measurementStartInRecord }
    @inlinable public var seriesKeyEnd: Int { recordStart &+ keyEndInRecord }

    @inlinable func tag(_ index: Int) -> TagSlot {
        precondition(index < tagCount, "BUG: tag index outside the record")
        return tags[index]
    }

    @inlinable public func tagKeyStart(_ index: Int) -> Int {
        recordStart &+ Int(tag(index).keyStart)
    }

    @inlinable public func tagKeyEnd(_ index: Int) -> Int {
        recordStart &+ Int(tag(index).keyEnd)
    }

    @inlinable public func tagValueStart(_ index: Int) -> Int {
        recordStart &+ Int(tag(index).keyEnd) &+ 1
    }

    @inlinable public func tagValueEnd(_ index: Int) -> Int {
        recordStart &+ Int(tag(index).valueEnd)
    }

    @inlinable func field(_ index: Int) -> FieldSlot {
        precondition(index < fieldCount, "BUG: field index outside the record")
        return fields[index]
    }

    @inlinable public func fieldKeyStart(_ index: Int) -> Int {
        recordStart &+ Int(field(index).keyStart)
    }

    @inlinable public func fieldKeyEnd(_ index: Int) -> Int {
        recordStart &+ Int(field(index).keyEnd)
    }

    /// Whether the key contains a backslash.
    @inlinable public func fieldKeyHasEscapes(_ index: Int) -> Bool { field(index).keyHasEscapes }

    @inlinable public func fieldKind(_ index: Int) -> FieldKind { field(index).kind }

    /// First byte of the value as written: the opening quote of a string, the sign of a number.
    @inlinable public func fieldValueStart(_ index: Int) -> Int {
        recordStart &+ Int(field(index).keyEnd) &+ 1
    }

    /// One past the last byte of the value: past the closing quote, past the `i` of an integer.
    @inlinable public func fieldValueEnd(_ index: Int) -> Int {
        recordStart &+ Int(field(index).valueEnd)
    }

    /// The value as a number: nearest double of integers, 0 or 1 for booleans, NaN for strings
    /// (numbers themselves are never NaN or infinite).
    @inlinable public func fieldDouble(_ index: Int) -> Double { field(index).number }

    /// The exact 64 bits: two's complement for integers, the value for unsigned and booleans, the
    /// IEEE 754 bits for floats, 0 for strings.
    @inlinable public func fieldBits(_ index: Int) -> UInt64 { field(index).bits }

    /// The exact value of an `integer` field.
    @inlinable public func fieldInteger(_ index: Int) -> Int64 {
        Int64(bitPattern: field(index).bits)
    }
}
