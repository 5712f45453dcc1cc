import Intake
import Platform
import Primitives
import Store
import Synchronization

/// The reading thread of a replay: recordings in, blocks out, in order.
final class RecordingFeed: Sendable {
    private let files: [String]
    /// Where to begin: an earlier process got this far.
    private let start: InputPosition
    /// Equal for equal recordings, see ``RecordingReader/Identity``; empty for standard input,
    /// which cannot be continued.
    let identity: String
    private let inputs: [FoldedInput]
    private let pool: BlockPool
    private let blocks: BoundedQueue<LineBlock>
    private let result = Mutex<RecordingFailure?>(nil)
    private let overlong = Atomic<UInt64>(0)
    /// Bytes of all files on the disk, and how many of them were read.
    private let totalBytes: UInt64
    private let readBytes = Atomic<UInt64>(0)

    /// Opens every file once, so that a missing one is known before anything is done.
    /// `continuing` is asked for the place to begin at, given the identity of the recordings.
    init(
        files: [String], pool: BlockPool, blocks: BoundedQueue<LineBlock>,
        continuing: (String) -> InputPosition?
    ) throws(RecordingFailure) {
        var total: UInt64 = 0
        var parts: [String] = []
        var names: [FoldedInput] = []
        for file in files {
            guard file != "-" else {
                names.append(FoldedInput(name: "-", size: nil, hash: "", offset: 0))
                continue
            }
            let reader = try RecordingReader(path: file)
            total += reader.fileSize ?? 0
            let identity = reader.identity
            names.append(
                FoldedInput(
                    name: identity.name, size: identity.size.map { Int64(clamping: $0) },
                    hash: ByteHash.hex(identity.startHash ?? 0), offset: 0))
            parts.append("\(identity.size ?? 0),\(identity.startHash ?? 0)")
        }
        identity =
            files.contains("-") ? "" : ByteHash.hex(ByteHash.hash(parts: parts))
        start = continuing(identity) ?? InputPosition(file: 0, offset: 0)
        self.files = files
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

    /// Reads everything, then closes the block queue.
    func run() {
        var before: UInt64 = 0
        for (index, file) in files.enumerated() where index >= start.file {
            do {
                before += try read(file, index: index, before: before)
            } catch {
                result.withLock { $0 = error }
                break
            }
        }
        blocks.close()
    }

    private func read(
        _ file: String, index: Int, before: UInt64
    ) throws(RecordingFailure) -> UInt64 {
        var reader = try RecordingReader(
            path: file, fileIndex: index, startingAt: index == start.file ? start.offset : 0,
            boundary: RecordEnds.last)
        // Recordings bring their own time: the event clock ignores this one, and the wall clock
        // takes lines without a stamp at the moment they are read.
        while var block = pool.take() {
            guard try reader.fill(&block, arrival: WallClock.now()) else {
                pool.give(block)
                break
            }
            readBytes.store(before + reader.consumedBytes, ordering: .relaxed)
            if blocks.push(block) != nil { break }
        }
        overlong.add(reader.overlongLines, ordering: .relaxed)
        return reader.fileSize ?? 0
    }
}
