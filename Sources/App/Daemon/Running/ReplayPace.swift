import Intake
import LineProtocol
import Platform
import Primitives

/// Lets a recording run at a multiple of the speed it was recorded at: a line is handed on when its
/// time has come. Lines without a stamp go with the line before them.
struct ReplayPace: ~Copyable {
    private let nanosecondsPerRecorded: Double
    private var parser = LineParser()
    private var firstStamp: Int64?
    private let begin = MonotonicClock.now()

    /// `speed` is recorded time per wall time; positive.
    init(speed: Double) {
        nanosecondsPerRecorded = 1 / speed
    }

    /// Cuts a block into pieces of lines that are due together and hands each on in time; `false`
    /// when nobody takes them any more. Pieces carry no place in the input.
    mutating func hand(
        _ block: borrowing LineBlock, to push: (_ piece: Range<Int>, Span<UInt8>) -> Bool
    ) -> Bool {
        block.withLines { bytes, _ in
            var pieceStart = 0
            var position = 0
            while position < bytes.count {
                let lineStart = position
                let outcome = parser.next(bytes, position: &position, end: bytes.count)
                guard case .record = outcome, parser.offsets.hasTimestamp else { continue }
                let due = due(parser.offsets.timestamp)
                guard due > MonotonicClock.now() else { continue }
                if lineStart > pieceStart {
                    guard push(pieceStart..<lineStart, bytes) else { return false }
                    pieceStart = lineStart
                }
                MonotonicClock.sleep(until: due)
            }
            return pieceStart == bytes.count || push(pieceStart..<bytes.count, bytes)
        }
    }

    private mutating func due(_ stamp: Int64) -> UInt64 {
        let first = firstStamp ?? stamp
        firstStamp = first
        let recorded = Timestamp(nanoseconds: stamp) - Timestamp(nanoseconds: first)
        let wait = Double(max(0, recorded.nanoseconds)) * nanosecondsPerRecorded
        return begin &+ UInt64(min(wait, 9e18))
    }
}
