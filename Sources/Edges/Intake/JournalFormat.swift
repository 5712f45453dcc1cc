internal import Platform
internal import Primitives

// The journal of accepted lines
// -----------------------------
// Constraints. Who is answered that lines are safe must be right, also after a power cut; a memory
// card must not be worn out by one synchronize per line; a full disk must not stop the program; and
// what a checkpoint and committed windows contain already need not be kept.
//
// Layout. `STATE/journal` holds segments, files that only grow. A segment is named after the number
// of its first record, 16 hexadecimal digits and `.journal`. It begins with a head of 32 bytes:
//
//     "FSTJRNL1"  8 bytes, the last one counts the format
//     first       number of the first record
//     terms       hash of what the listeners said about their lines, in the order of their table
//     checksum    ``ByteHash`` of the bytes before it
//
// and goes on with records, little-endian, each one piece of a block:
//
//     length      4 bytes: of the lines
//     transport   1 byte, precision 1 byte, terms 2 bytes
//     number      8 bytes: one more than that of the record before
//     arrival     8 bytes: nanoseconds since 1970
//     source      16 bytes
//     lines       whole lines, as they came
//     checksum    8 bytes: ``ByteHash`` of all before it in the record
//
// Write path. One write per block. A write that fails is cut off again and ends its segment; the
// next block begins another. A segment that has its size is ended too. Group commit: the file is
// synchronized once in an interval, and whoever waits is told then.
//
// Read path. Segments in order of their names, records in order; those up to the number in the
// checkpoint are skipped. Numbers may have gaps between segments, never within one.
//
// Recovery. The first record of a segment that is not whole ends it: a torn write. What follows it
// in the segment is nothing that anybody was told is safe, and is counted. Every process begins a
// segment of its own, so that nothing is ever written behind a torn record.
//
// Removal. A segment goes when both checkpoints contain its last record; so one of them may be
// unreadable.

/// How records and the heads of segments are laid out in bytes.
enum JournalFormat {
    static let magic = Array("FSTJRNL1".utf8)
    static let headBytes = 32
    /// Before and after the lines of a record.
    static let recordHeadBytes = 40
    static let checksumBytes = 8

    /// In the order in which they are numbered; only added to.
    private static let precisions: [StampPrecision] = [
        .auto, .hours, .minutes, .seconds, .milliseconds, .microseconds, .nanoseconds,
    ]

    static func head(first: UInt64, terms: UInt64) -> [UInt8] {
        var bytes = magic
        put(first, &bytes)
        put(terms, &bytes)
        put(ByteHash.hash(bytes.span, from: 0, to: bytes.count), &bytes)
        return bytes
    }

    /// First number and hash of the terms; nil for anything but a whole head.
    static func readHead(_ bytes: Span<UInt8>) -> (first: UInt64, terms: UInt64)? {
        guard bytes.count >= headBytes, magic.indices.allSatisfy({ bytes[$0] == magic[$0] }),
            uint64(bytes, 24) == ByteHash.hash(bytes, from: 0, to: 24)
        else { return nil }
        return (uint64(bytes, 8), uint64(bytes, 16))
    }

    static func recordHead(_ segment: LineSegment, number: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(recordHeadBytes)
        put(UInt64(segment.length), &bytes, bytes: 4)
        bytes.append(segment.source.transport.rawValue)
        bytes.append(UInt8(precisions.firstIndex(of: segment.precision) ?? 0))
        put(UInt64(segment.terms), &bytes, bytes: 2)
        put(number, &bytes)
        put(UInt64(bitPattern: segment.arrival.nanoseconds), &bytes)
        put(segment.source.high, &bytes)
        put(segment.source.low, &bytes)
        return bytes
    }

    static func checksum(_ record: Span<UInt8>, from start: Int, to end: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        put(ByteHash.hash(record, from: start, to: end), &bytes)
        return bytes
    }

    /// The record that begins at `start`: its number, where its lines are and where they came from.
    /// Nil when it is not whole.
    static func readRecord(
        _ bytes: Span<UInt8>, at start: Int
    ) -> (number: UInt64, segment: LineSegment)? {
        guard bytes.count - start >= recordHeadBytes + checksumBytes else { return nil }
        let length = Int(uint64(bytes, start, bytes: 4))
        let end = start + recordHeadBytes + length
        guard bytes.count - end >= checksumBytes,
            uint64(bytes, end) == ByteHash.hash(bytes, from: start, to: end),
            let transport = LineSource.Transport(rawValue: bytes[start + 4]),
            precisions.indices.contains(Int(bytes[start + 5]))
        else { return nil }
        let source = LineSource(
            transport: transport, high: uint64(bytes, start + 24), low: uint64(bytes, start + 32))
        let segment = LineSegment(
            offset: start + recordHeadBytes, length: length, source: source,
            arrival: Timestamp(nanoseconds: Int64(bitPattern: uint64(bytes, start + 16))),
            precision: precisions[Int(bytes[start + 5])],
            terms: UInt16(uint64(bytes, start + 6, bytes: 2)))
        return (uint64(bytes, start + 8), segment)
    }

    private static func put(_ value: UInt64, _ bytes: inout [UInt8], bytes count: Int = 8) {
        for place in 0..<count {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place)))
        }
    }

    private static func uint64(
        _ bytes: Span<UInt8>, _ start: Int, bytes count: Int = 8
    ) -> UInt64 {
        var value: UInt64 = 0
        for place in 0..<count { value |= UInt64(bytes[start + place]) << UInt64(8 * place) }
        return value
    }
}
