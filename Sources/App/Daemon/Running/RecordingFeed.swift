import Intake
import LineProtocol
import Platform
import Primitives
import Store
import Synchronization

/// The reading thread of a replay: recordings in, blocks out, in order.
final class RecordingFeed: Sendable {
    private let files: [String]
    /// Recorded time per wall time; `nil` is as fast as it goes.
    private let speed: Double?
    /// Equal for equal recordings, see ``RecordingReader/Identity``; empty when one of them is
    /// standard input or a pipe, which cannot be continued.
    let identity: String
    private let inputs: [FoldedInput]
    /// Readers of standard input and pipes, by place in `files`: what opening them has read cannot
    /// be read again.
    private let pipes: [Int: PipeReader]
    private let pool: BlockPool
    private let blocks: BoundedQueue<LineBlock>
    private let result = Mutex<RecordingFailure?>(nil)
    private let overlong = Atomic<UInt64>(0)
    /// Bytes of all files on the disk, and how many of them were read.
    private let totalBytes: UInt64
    private let readBytes = Atomic<UInt64>(0)

    /// Opens every file, so that a missing one is known before anything is done. `other` tells
    /// apart replays of the same files with something else beside them.
    init(
        files: [String], pool: BlockPool, blocks: BoundedQueue<LineBlock>, speed: Double? = nil,
        beside other: String? = nil
    ) throws(RecordingFailure) {
        var total: UInt64 = 0
        var parts = other.map { [$0] } ?? []
        var names: [FoldedInput] = []
        var pipes: [Int: PipeReader] = [:]
        for (index, file) in files.enumerated() {
            let reader = try RecordingReader(
                path: file, fileIndex: index, boundary: RecordSplit.end)
            let identity = reader.identity
            guard file != "-", let size = reader.fileSize else {
                names.append(FoldedInput(name: file, size: nil, hash: "", offset: 0))
                pipes[index] = PipeReader(reader)
                continue
            }
            total += size
            names.append(
                FoldedInput(
                    name: identity.name, size: Int64(clamping: size),
                    hash: ByteHash.hex(identity.startHash ?? 0), offset: 0))
            parts.append("\(size),\(identity.startHash ?? 0)")
        }
        identity = pipes.isEmpty ? ByteHash.hex(ByteHash.hash(parts: parts)) : ""
        self.files = files
        self.speed = speed
        self.pipes = pipes
        inputs = names
        self.pool = pool
        self.blocks = blocks
        totalBytes = total
    }

    /// What ended the reading early, if anything. What came before it was handed on.
    var failure: RecordingFailure? { result.withLock { $0 } }
    var overlongLines: UInt64 { overlong.load(ordering: .relaxed) }

    /// In [0, 1]; `nil` when the length is not known (standard input).
    var progress: Double? {
        guard totalBytes > 0 else { return nil }
        return min(1, Double(readBytes.load(ordering: .relaxed)) / Double(totalBytes))
    }

    /// A place in the input as the store keeps it.
    func folded(_ position: InputPosition) -> FoldedInput {
        var input = inputs[position.file]
        input.offset = Int64(clamping: position.offset)
        return input
    }

    /// Reads everything from the place an earlier process got to, then closes the block queue.
    func run(from start: InputPosition) {
        var before: UInt64 = 0
        for (index, file) in files.enumerated() where index >= start.file {
            do {
                let offset = index == start.file ? start.offset : 0
                before += try read(file, index: index, from: offset, before: before)
            } catch {
                result.withLock { $0 = error }
                break
            }
        }
        blocks.close()
    }

    private func read(
        _ file: String, index: Int, from offset: UInt64, before: UInt64
    ) throws(RecordingFailure) -> UInt64 {
        var reader =
            if let pipe = pipes[index]?.take() {
                pipe
            } else {
                try RecordingReader(
                    path: file, fileIndex: index, startingAt: offset, boundary: RecordSplit.end)
            }
        var pace = speed.map { ReplayPace(speed: $0) }
        // Recordings bring their own time: the event clock ignores this one, and the wall clock
        // takes lines without a stamp at the moment they are read.
        while var block = pool.take() {
            guard try reader.fill(&block, arrival: WallClock.now()) else {
                pool.give(block)
                break
            }
            readBytes.store(before + reader.consumedBytes, ordering: .relaxed)
            if pace == nil {
                if blocks.push(block) != nil { break }
                continue
            }
            let isWanted = pace?.hand(block) { piece, bytes in push(piece, of: bytes, file: index) }
            pool.give(block)
            if isWanted == false { break }
        }
        overlong.add(reader.overlongLines, ordering: .relaxed)
        return reader.fileSize ?? 0
    }
}

extension RecordingFeed {
    /// Hands on a piece of a block; `false` when nobody takes it any more.
    private func push(_ piece: Range<Int>, of bytes: Span<UInt8>, file: Int) -> Bool {
        guard var block = pool.take() else { return false }
        _ = block.append(
            bytes.extracting(piece), source: .file(file), arrival: WallClock.now())
        return blocks.push(block) == nil
    }
}

/// Holds the reader of a pipe until it is its turn.
private final class PipeReader: Sendable {
    private let reader: Mutex<RecordingReader?>

    init(_ reader: consuming sending RecordingReader) { self.reader = Mutex(reader) }

    /// `nil` when it was taken before.
    func take() -> RecordingReader? { reader.withLock { $0.take() } }
}
