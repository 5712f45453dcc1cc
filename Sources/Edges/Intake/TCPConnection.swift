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
    private var tail: LineTail
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
        tail = LineTail(lineBytesMax: limits.lineBytesMax, boundary: boundary)
        lastActivity = now
    }

    /// Bytes a block must have left for a turn: the line's beginning and a read worth the call.
    var bytesNeeded: Int { tail.count + limits.readBytesMin }

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
            var count = tail.put(into: &slab, at: start)
            let end = min(free.upperBound, start + count + limits.readBytesMax)
            switch socket.read(into: &slab, start + count..<end) {
            case .bytes(let length):
                lastActivity = now
                findings.bytes += length
                count += length
                let cut = tail.cut(&slab, start..<start + count)
                if let sample = cut.overlong {
                    refuse(.lineTooLong, sample, arrival, &findings)
                }
                noteOpenString(isNew: cut.complete > 0, now: now)
                return admit(slab, start..<start + cut.complete, arrival, now, &findings)
            case .nothing:
                tail.hold(slab, start..<start + count)
                return 0
            case .end:
                // The peer says that this was all: its last line needs no newline.
                outcome = .closed
                return admit(slab, start..<start + count, arrival, now, &findings)
            case .broken:
                outcome = .closed
                tail.hold(slab, start..<start + count)
                refusePartialLine(arrival, &findings)
                return 0
            }
        }
        return outcome
    }

    /// Gives the beginning of a line up. Half a number is a wrong number.
    func refusePartialLine(_ arrival: Timestamp, _ findings: inout Findings) {
        guard let sample = tail.giveUp() else { return }
        refuse(.connectionLost, sample, arrival, &findings)
    }

    /// A string that stays open for long is a mistake: the lines that seem to be inside it are
    /// handed on, and whoever reads them says what is wrong. False when there are none.
    func releaseOpenString(
        _ block: inout LineBlock, arrival: Timestamp, now: UInt64, _ findings: inout Findings
    ) -> Bool {
        let length = tail.openStringBytes
        guard length > 0 else { return false }
        extend(&block, arrival) { slab, free in
            let start = free.lowerBound
            let count = tail.put(into: &slab, at: start)
            tail.hold(slab, start + length..<start + count)
            return admit(slab, start..<start + length, arrival, now, &findings)
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
        if tail.openStringBytes == 0 {
            openStringSince = nil
        } else if isNew || openStringSince == nil {
            openStringSince = now
        }
    }

    private func refuse(
        _ reason: IntakeRefusalReason, _ sample: [UInt8], _ arrival: Timestamp,
        _ findings: inout Findings
    ) {
        findings.refusals.append(
            IntakeRefusal(reason, source: source, arrival: arrival, sample: sample))
    }
}
