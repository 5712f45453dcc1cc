internal import Platform

/// The text of a recording as a stream of bytes, whether the file is plain or gzip.
struct RecordingBytes: ~Copyable, Sendable {
    let path: String
    /// Bytes of the file itself, for a progress bar; nil for pipes.
    let fileSize: UInt64?
    /// Bytes of the file itself that were used so far.
    private(set) var consumed: UInt64 = 0

    private let file: InputFile
    private var raw = ByteSlab(capacity: 64 << 10)
    private var rawStart = 0
    private var rawEnd = 0
    /// Nil for plain text.
    private var inflater: GzipInflater?
    private var isBetweenMembers = false
    private var hasEnded = false

    /// Opens the file and looks at its first two bytes: 1f 8b means gzip (RFC 1952).
    static func open(_ path: String) throws(RecordingFailure) -> RecordingBytes {
        var bytes = RecordingBytes(file: try openFile(path))
        while bytes.rawEnd < 2 && !bytes.hasEnded {
            bytes.hasEnded = try bytes.refill() == 0
        }
        let isGzip =
            bytes.rawEnd >= 2
            && bytes.raw.withBytes(0..<2) { $0[0] == 0x1F && $0[1] == 0x8B }
        if isGzip { bytes.inflater = GzipInflater() }
        return bytes
    }

    private init(file: consuming InputFile) {
        path = file.path == "-" ? "standard input" : file.path
        fileSize = file.size
        self.file = file
    }

    private static func openFile(_ path: String) throws(RecordingFailure) -> InputFile {
        do throws(SystemFailure) {
            return try InputFile(path: path)
        } catch {
            throw .system(error)
        }
    }

    var isRegularFile: Bool { fileSize != nil }

    /// The first bytes of the file as it lies on the disk; empty for pipes.
    func head(_ count: Int) -> [UInt8] { file.head(count) }

    /// Skips that many bytes of text without reading them. False when it has to be done by
    /// reading: in gzip data and pipes.
    mutating func seek(to offset: UInt64) -> Bool {
        guard inflater == nil, let fileSize, offset <= fileSize, file.seek(to: offset) else {
            return false
        }
        rawStart = 0
        rawEnd = 0
        hasEnded = false
        consumed = offset
        return true
    }

    /// Reads some bytes of text into `range` of the slab; 0 at the end.
    mutating func read(
        into slab: inout ByteSlab, _ range: Range<Int>
    ) throws(RecordingFailure) -> Int {
        guard inflater == nil else { return try unpack(into: &slab, range) }
        if rawStart < rawEnd {
            let length = min(rawEnd - rawStart, range.count)
            raw.withBytes(rawStart..<rawStart + length) { slab.copy($0, at: range.lowerBound) }
            rawStart += length
            consumed += UInt64(length)
            return length
        }
        guard !hasEnded else { return 0 }
        let length = try readFile(into: &slab, range)
        hasEnded = length == 0
        consumed += UInt64(length)
        return length
    }

    private mutating func unpack(
        into slab: inout ByteSlab, _ range: Range<Int>
    ) throws(RecordingFailure) -> Int {
        while true {
            if rawStart == rawEnd {
                if try refill() == 0 {
                    guard isBetweenMembers else { throw .truncated(path) }
                    return 0
                }
            }
            if isBetweenMembers {
                // Tape-sized zero padding after the last member is allowed (gzip(1)).
                while rawStart < rawEnd && raw.withBytes(rawStart..<rawEnd, { $0[0] == 0 }) {
                    rawStart += 1
                    consumed += 1
                }
                if rawStart == rawEnd { continue }
                inflater?.beginMember()
                isBetweenMembers = false
            }
            guard let step = inflater?.inflate(&raw, rawStart..<rawEnd, into: &slab, range) else {
                return 0
            }
            rawStart += step.consumed
            consumed += UInt64(step.consumed)
            switch step.outcome {
            case .goesOn: break
            case .memberEnded: isBetweenMembers = true
            case .corrupt where step.produced == 0: throw .corrupt(path, offset: consumed)
            case .corrupt: break  // zlib repeats the verdict with the next call
            }
            if step.produced > 0 { return step.produced }
        }
    }

    /// Adds to the raw buffer, emptying it first when it is used up.
    private mutating func refill() throws(RecordingFailure) -> Int {
        if rawStart == rawEnd {
            rawStart = 0
            rawEnd = 0
        }
        let length: Int
        do throws(SystemFailure) {
            length = try file.read(into: &raw, rawEnd..<raw.capacity)
        } catch {
            throw .system(error)
        }
        rawEnd += length
        return length
    }

    private func readFile(
        into slab: inout ByteSlab, _ range: Range<Int>
    ) throws(RecordingFailure) -> Int {
        do throws(SystemFailure) {
            return try file.read(into: &slab, range)
        } catch {
            throw .system(error)
        }
    }
}
