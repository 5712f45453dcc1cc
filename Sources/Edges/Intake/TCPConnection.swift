internal import Platform
internal import Primitives

/// One connection: its socket, and the beginning of a line whose end has not come yet.
///
/// A class because an array of connections needs copyable elements; only the thread that accepted
/// it touches it.
final class TCPConnection {
    /// What one turn of reading came to.
    enum Outcome {
        case open
        /// The peer has closed, or the connection broke; everything is accounted for.
        case closed
    }

    /// What a turn found besides lines.
    struct Findings {
        var bytes = 0
        var refusals: [IntakeRefusal] = []
    }

    let source: LineSource
    private let gate: SourceGate
    /// When bytes last came; ``MonotonicClock``.
    private(set) var lastActivity: UInt64
    private let socket: StreamSocket
    private let limits: IntakeLimits
    private let boundary: RecordingReader.Boundary
    /// There is one only while a line is incomplete, and only as large as that line needs.
    private var tail: ByteSlab?
    private var tailCount = 0
    private var isInsideOverlongLine = false
    /// Since when a newline in `tail` may be inside a string or not; ``MonotonicClock``.
    private(set) var openStringSince: UInt64?

    init(
        _ socket: consuming StreamSocket, gate: SourceGate, limits: IntakeLimits,
        boundary: @escaping RecordingReader.Boundary, now: UInt64
    ) {
        source = socket.source
        self.socket = socket
        self.gate = gate
        self.limits = limits
        self.boundary = boundary
        lastActivity = now
    }

    /// Bytes a block must have left for a turn: the line's beginning and a read worth the call.
    var bytesNeeded: Int { tailCount + limits.readBytesMin }

    func watch(with poll: borrowing ReadinessPoll, token: UInt64) throws(SystemFailure) {
        try poll.add(socket, token: token)
    }

    /// One read, so that nobody waits long for their turn. Whole lines go into the block, which has
    /// room for ``bytesNeeded``; the rest is kept.
    func takeTurn(
        _ block: inout LineBlock, arrival: Timestamp, now: UInt64, _ findings: inout Findings
    ) -> Outcome {
        var outcome = Outcome.open
        extend(&block, arrival) { slab, free in
            let start = free.lowerBound
            var count = takeTail(into: &slab, at: start)
            let end = min(free.upperBound, start + count + limits.readBytesMax)
            switch socket.read(into: &slab, start + count..<end) {
            case .bytes(let length):
                lastActivity = now
                findings.bytes += length
                count += length
                let complete = keepPartial(
                    in: &slab, start..<start + count, arrival, &findings)
                noteOpenString(isNew: complete > 0, now: now)
                return admit(slab, start..<start + complete, arrival, now, &findings)
            case .nothing:
                keepTail(of: slab, start..<start + count)
                return 0
            case .end:
                // The peer says that this was all: its last line needs no newline.
                outcome = .closed
                return admit(slab, start..<start + count, arrival, now, &findings)
            case .broken:
                outcome = .closed
                keepTail(of: slab, start..<start + count)
                refusePartialLine(arrival, &findings)
                return 0
            }
        }
        return outcome
    }

    /// Gives the beginning of a line up. Half a number is a wrong number.
    func refusePartialLine(_ arrival: Timestamp, _ findings: inout Findings) {
        guard let tail = tail.take(), tailCount > 0 else { return }
        refuse(.connectionLost, tail, 0..<tailCount, arrival, &findings)
        tailCount = 0
    }

    /// A string that stays open for long is a mistake: the lines that seem to be inside it are
    /// handed on, and whoever reads them says what is wrong. False when there are none.
    func releaseOpenString(
        _ block: inout LineBlock, arrival: Timestamp, now: UInt64, _ findings: inout Findings
    ) -> Bool {
        guard tailCount > 0, let last = tail?.lastIndex(of: 0x0A, in: 0..<tailCount) else {
            return false
        }
        extend(&block, arrival) { slab, free in
            let start = free.lowerBound
            let count = takeTail(into: &slab, at: start)
            keepTail(of: slab, start + last + 1..<start + count)
            return admit(slab, start..<start + last + 1, arrival, now, &findings)
        }
        openStringSince = nil
        return true
    }

    private func extend(
        _ block: inout LineBlock, _ arrival: Timestamp,
        _ body: (inout ByteSlab, _ free: Range<Int>) -> Int
    ) {
        block.extend(
            source: source, arrival: arrival, precision: gate.policy.precision,
            terms: gate.policy.terms, body)
    }

    /// How many of the complete bytes are taken; the rest is refused for its sender's rate.
    private func admit(
        _ slab: borrowing ByteSlab, _ range: Range<Int>, _ arrival: Timestamp, _ now: UInt64,
        _ findings: inout Findings
    ) -> Int {
        if gate.isOpen { return range.count }
        let (length, refusal) = slab.withBytes(range) { bytes in
            gate.admit(bytes, of: source, arrival: arrival, now: now)
        }
        if let refusal { findings.refusals.append(refusal) }
        return length
    }

    private func noteOpenString(isNew: Bool, now: UInt64) {
        if tailCount == 0 || tail?.firstIndex(of: 0x0A, in: 0..<tailCount) == nil {
            openStringSince = nil
        } else if isNew || openStringSince == nil {
            openStringSince = now
        }
    }

    /// Keeps what follows the last complete line of `range`; returns the length before it.
    private func keepPartial(
        in slab: inout ByteSlab, _ range: Range<Int>, _ arrival: Timestamp,
        _ findings: inout Findings
    ) -> Int {
        let start = range.lowerBound
        var count = range.count
        if isInsideOverlongLine {
            guard let newline = slab.firstIndex(of: 0x0A, in: range) else { return 0 }
            isInsideOverlongLine = false
            slab.move(newline + 1..<range.upperBound, to: start)
            count -= newline + 1 - start
        }
        let complete = completeEnd(in: slab, start..<start + count)
        let rest = start + complete..<start + count
        if rest.count > limits.lineBytesMax {
            // It has no newline, or it would have been cut there.
            isInsideOverlongLine = true
            refuse(.lineTooLong, slab, rest, arrival, &findings)
        } else {
            keepTail(of: slab, rest)
        }
        return complete
    }

    private func completeEnd(in slab: borrowing ByteSlab, _ range: Range<Int>) -> Int {
        var complete = 0
        // Lines behind a record that is cut because it is too long are complete too.
        while complete < range.count {
            let start = range.lowerBound + complete
            let count = range.upperBound - start
            let end = slab.withBytes(start..<range.upperBound) { bytes in
                boundary(bytes, count, count <= limits.lineBytesMax)
            }
            precondition(end >= 0 && end <= count, "BUG: boundary outside piece")
            if end == 0 { break }
            complete += end
        }
        return complete
    }

    private func refuse(
        _ reason: IntakeRefusalReason, _ slab: borrowing ByteSlab, _ range: Range<Int>,
        _ arrival: Timestamp, _ findings: inout Findings
    ) {
        let sample = slab.withBytes(range) { IntakeRefusal.sample(of: $0) }
        findings.refusals.append(
            IntakeRefusal(reason, source: source, arrival: arrival, sample: sample))
    }

    private func keepTail(of slab: borrowing ByteSlab, _ range: Range<Int>) {
        tailCount = range.count
        guard !range.isEmpty else {
            tail = nil
            return
        }
        if (tail?.capacity ?? 0) < range.count {
            var capacity = 512
            while capacity < range.count { capacity *= 2 }
            tail = ByteSlab(capacity: capacity)
        }
        slab.withBytes(range) { tail?.copy($0, at: 0) }
    }

    private func takeTail(into slab: inout ByteSlab, at start: Int) -> Int {
        guard tailCount > 0 else { return 0 }
        defer { tailCount = 0 }
        tail?.withBytes(0..<tailCount) { slab.copy($0, at: start) }
        return tailCount
    }
}
