internal import Intake
internal import NIOCore
internal import Platform

/// Unpacks a gzip body a piece at a time; several members one after another are one text.
struct GzipBody: ~Copyable {
    private var inflater = GzipInflater()
    private var input: ByteSlab
    private var position = 0
    private var end = 0
    private var isInMember = false
    private var hasMember = false
    private(set) var isCorrupt = false

    init(pieceBytes: Int) { input = ByteSlab(capacity: pieceBytes) }

    /// True between two members and after the last.
    var isComplete: Bool { hasMember && !isInMember }

    /// Takes as much packed input as there is room for. What was loaded before is used up.
    mutating func load(_ piece: inout ByteBuffer) {
        end = min(input.capacity, piece.readableBytes)
        position = 0
        input.copy(piece.readableBytesUInt8Span.extracting(first: end), at: 0)
        piece.moveReaderIndex(forwardBy: end)
    }

    /// Unpacks into the range until it is full or the input used up; returns how much came out.
    mutating func inflate(into slab: inout ByteSlab, _ room: Range<Int>) -> Int {
        var produced = 0
        while produced < room.count && !isCorrupt {
            if !isInMember {
                guard position < end else { break }
                if hasMember { inflater.beginMember() }
                isInMember = true
                hasMember = true
            }
            let step = inflater.inflate(
                &input, position..<end, into: &slab, room.lowerBound + produced..<room.upperBound)
            position += step.consumed
            produced += step.produced
            switch step.outcome {
            case .corrupt: isCorrupt = true
            case .memberEnded: isInMember = false
            case .goesOn:
                if step.consumed == 0 && step.produced == 0 { return produced }
            }
        }
        return produced
    }
}
