internal import Hummingbird
internal import Intake
internal import NIOCore
internal import Platform
internal import Primitives

/// Takes one body in: piece by piece from the connection through the grammar into blocks.
struct WriteBody: ~Copyable {
    /// Why a body was not taken in to its end.
    enum Stop: Error, Equatable {
        /// Longer than it may be; the number is the limit.
        case tooLarge(Int)
        case corrupt(String)
        /// No block became free in time.
        case busy
        /// The lines could not be written down.
        case notSafe
        /// The connection ended, or what came was no HTTP.
        case disconnected
    }

    private let limits: WebLimits
    private let handOff: BlockHandOff
    private(set) var lines: BodyLines
    private var bodyBytes = 0
    private var inflatedBytes = 0
    private var gzip: GzipBody?
    /// Where lines are written down before they are answered.
    private let receipt: JournalReceipt?

    init(
        lines: consuming BodyLines, isGzip: Bool, limits: WebLimits, handOff: BlockHandOff
    ) {
        self.lines = lines
        self.limits = limits
        self.handOff = handOff
        receipt = handOff.waitsForJournal ? JournalReceipt() : nil
        gzip = isGzip ? GzipBody(pieceBytes: limits.readBytesMax) : nil
    }

    /// Bytes of the body so far, as sent.
    var count: Int { bodyBytes }

    /// Reads the body to its end. What was good before a stop is handed on all the same.
    mutating func take(_ body: RequestBody) async throws(Stop) {
        var iterator = body.makeAsyncIterator()
        while true {
            var piece: ByteBuffer
            do {
                guard let next = try await iterator.next() else { break }
                piece = next
            } catch {
                throw .disconnected
            }
            bodyBytes += piece.readableBytes
            guard bodyBytes <= limits.bodyBytesMax else { throw .tooLarge(limits.bodyBytesMax) }
            if gzip == nil {
                try await takePlain(&piece)
            } else {
                try await takeGzip(&piece)
            }
        }
        if bodyBytes > 0, gzip?.isComplete == false { throw .corrupt("the gzip data ends early") }
        if lines.hasLastLine {
            guard var block = await handOff.take() else { throw .busy }
            let refusals = lines.takeLast(into: &block, arrival: WallClock.now())
            handOff.put(refusals, on: &block)
            handOff.give(block, receipt)
        }
        if let receipt, await !receipt.isSafe() { throw .notSafe }
    }

    /// The connection ended: what there is of a line is refused.
    mutating func breakOff() {
        if let refusal = lines.breakOff(arrival: WallClock.now()) { handOff.note(refusal) }
    }

    private mutating func takePlain(_ piece: inout ByteBuffer) async throws(Stop) {
        while piece.readableBytes > 0 {
            guard var block = await handOff.take() else { throw .busy }
            let refusals = lines.take(into: &block, arrival: WallClock.now()) { slab, room in
                let length = min(room.count, piece.readableBytes)
                slab.copy(
                    piece.readableBytesUInt8Span.extracting(first: length), at: room.lowerBound)
                piece.moveReaderIndex(forwardBy: length)
                return length
            }
            handOff.put(refusals, on: &block)
            handOff.give(block, receipt)
        }
    }

    private mutating func takeGzip(_ piece: inout ByteBuffer) async throws(Stop) {
        while piece.readableBytes > 0 {
            gzip?.load(&piece)
            // What was loaded is used up when less comes out than there is room for.
            var isUsedUp = false
            while !isUsedUp {
                guard var block = await handOff.take() else { throw .busy }
                var isCorrupt = false
                var produced = 0
                let refusals = lines.take(into: &block, arrival: WallClock.now()) { slab, room in
                    produced = gzip?.inflate(into: &slab, room) ?? 0
                    isCorrupt = gzip?.isCorrupt ?? false
                    isUsedUp = produced < room.count
                    return produced
                }
                handOff.put(refusals, on: &block)
                handOff.give(block, receipt)
                inflatedBytes += produced
                guard !isCorrupt else { throw .corrupt("the gzip data is damaged") }
                guard inflatedBytes <= limits.inflatedBytesMax else {
                    throw .tooLarge(limits.inflatedBytesMax)
                }
            }
        }
    }
}
