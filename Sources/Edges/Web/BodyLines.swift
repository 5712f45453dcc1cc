internal import Intake
internal import LineProtocol
internal import Platform
internal import Primitives

/// The lines of one body: puts the good ones into blocks, piece by piece, and remembers the others.
///
/// The grammar is asked once here, for the answer, and once by the engine, for the numbers. A
/// record may be spread over pieces; its beginning is held until its end has come.
struct BodyLines: ~Copyable {
    /// Who sends, where, and what its stamps count.
    struct Sender {
        var source: LineSource
        var precision: StampPrecision
        var listener: WebListener
    }

    /// Records that were handed on.
    private(set) var taken = 0
    /// Records that were not.
    private(set) var refused = 0
    /// Lines that were good and more than the sender may send.
    private(set) var overRate = 0
    /// The first of those that were refused.
    private(set) var named: [RefusedLine] = []
    private let sender: Sender
    private let namedMax: Int
    private let lineBytesMax: Int
    private var tail: LineTail
    private var parser: LineParser
    /// Number of the line that comes next.
    private var nextLine = 1
    /// Of the piece in hand.
    private var refusals: [IntakeRefusal] = []
    private var arrival = Timestamp(nanoseconds: 0)

    init(sender: Sender, lineBytesMax: Int, namedMax: Int) {
        self.sender = sender
        self.namedMax = namedMax
        self.lineBytesMax = lineBytesMax
        tail = LineTail(lineBytesMax: lineBytesMax, boundary: RecordSplit.end)
        parser = LineParser(limits: LineLimits(maxLineBytes: lineBytesMax))
    }

    /// Room that a piece may use of an empty block.
    var pieceBytesMax: Int { 64 << 10 }

    /// Takes in one piece: `fill` writes it into the range of the slab it is given and returns its
    /// length. The block is an empty one; the result is what is to be counted with it.
    mutating func take(
        into block: inout LineBlock, arrival: Timestamp,
        _ fill: (inout ByteSlab, Range<Int>) -> Int
    ) -> [IntakeRefusal] {
        self.arrival = arrival
        block.extend(
            source: sender.source, arrival: arrival, precision: sender.precision,
            terms: sender.listener.policy.terms
        ) { slab, free in
            let start = free.lowerBound
            let held = tail.put(into: &slab, at: start)
            let room = min(pieceBytesMax, free.count - held)
            let length = fill(&slab, start + held..<start + held + room)
            let cut = tail.cut(&slab, start..<start + held + length)
            if cut.hasEndedSkipping { nextLine += 1 }
            let good = admit(slab, start, check(&slab, start..<start + cut.complete))
            if let sample = cut.overlong {
                refuse(.lineTooLong, column: lineBytesMax + 1, line: nextLine, sample)
            }
            return good
        }
        defer { refusals = [] }
        return refusals
    }

    /// The end of the body: its last line needs no newline. False when there is none that waits.
    var hasLastLine: Bool { tail.count > 0 }

    /// Takes in the last line.
    mutating func takeLast(into block: inout LineBlock, arrival: Timestamp) -> [IntakeRefusal] {
        self.arrival = arrival
        block.extend(
            source: sender.source, arrival: arrival, precision: sender.precision,
            terms: sender.listener.policy.terms
        ) { slab, free in
            let start = free.lowerBound
            let count = tail.put(into: &slab, at: start)
            return admit(slab, start, check(&slab, start..<start + count))
        }
        defer { refusals = [] }
        return refusals
    }

    /// The body broke off: what there is of a line is left out.
    mutating func breakOff(arrival: Timestamp) -> IntakeRefusal? {
        guard let sample = tail.giveUp() else { return nil }
        refused += 1
        return IntakeRefusal(
            .connectionLost, source: sender.source, arrival: arrival, sample: sample)
    }

    /// How much of the good lines is taken, where a sender may send so many in a second only.
    private mutating func admit(_ slab: borrowing ByteSlab, _ start: Int, _ length: Int) -> Int {
        let (source, arrival, listener) = (sender.source, arrival, sender.listener)
        let (admitted, refusal) = slab.withBytes(start..<start + length) { bytes in
            listener.admit(bytes, of: source, arrival: arrival)
        }
        if let refusal {
            overRate += refusal.count
            taken -= min(taken, refusal.count)
            refusals.append(refusal)
        }
        return admitted
    }

    /// Removes the records of `range` that the grammar refuses; returns how much is left from its
    /// start.
    private mutating func check(_ slab: inout ByteSlab, _ range: Range<Int>) -> Int {
        // Only a string can have a newline in it.
        let hasStrings = slab.firstIndex(of: UInt8(ascii: "\""), in: range) != nil
        var read = range.lowerBound
        var write = read
        while read < range.upperBound {
            let run = slab.withBytes(read..<range.upperBound) { bytes in
                self.run(bytes, hasStrings: hasStrings)
            }
            if write != read { slab.move(read..<read + run.good, to: write) }
            write += run.good
            read += run.end
        }
        return write - range.lowerBound
    }

    /// Reads good records up to a bad one; `end` is after that.
    private mutating func run(
        _ bytes: Span<UInt8>, hasStrings: Bool
    ) -> (good: Int, end: Int) {
        var position = 0
        var records = 0
        var lines = 0
        defer {
            taken += records
            nextLine += lines
        }
        while true {
            let start = position
            switch parser.next(bytes, position: &position, end: bytes.count) {
            case .record: records &+= 1
            case .blank: break
            case .end: return (start, start)
            case .rejected(let rejection):
                var sample: [UInt8] = []
                for index in start..<min(position, start + IntakeRefusal.sampleBytes) {
                    sample.append(bytes[index])
                }
                while let last = sample.last, last == 0x0A || last == 0x0D { sample.removeLast() }
                refuse(
                    rejection, column: parser.rejectionColumn, line: nextLine + lines, sample)
                lines += hasStrings ? Self.newlines(bytes, start..<position) : 1
                return (start, position)
            }
            lines &+= hasStrings ? Self.newlines(bytes, start..<position) : 1
        }
    }

    private mutating func refuse(
        _ rejection: LineRejection, column: Int, line: Int, _ sample: [UInt8]
    ) {
        refused += 1
        if named.count < namedMax {
            named.append(RefusedLine(line: line, column: column, rejection))
        }
        let refusal = IntakeRefusal(
            line: rejection.name, column: column, source: sender.source, arrival: arrival,
            sample: sample)
        for index in refusals.indices where refusals[index].merge(refusal) { return }
        refusals.append(refusal)
    }

    /// Lines that a record takes; the last one of a body may have no newline.
    private static func newlines(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var count = 0
        for index in range where bytes[index] == 0x0A { count += 1 }
        return max(count, 1)
    }
}
