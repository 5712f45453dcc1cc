internal import Intake
internal import LineProtocol
internal import NIOCore
internal import NIOTLS
internal import Platform
internal import Primitives

/// One connection that sends line protocol over TLS, with the rules of a plain TCP connection:
/// whole records are handed on, the beginning of one waits for its end, a line that is too long is
/// skipped, a string that nobody closes holds the lines behind it back for a while only.
///
/// Without a free block nothing more is read; the peer waits, as over TCP.
final class StreamLines: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let listener: WebListener
    private let intake: IntakeLimits
    private let limits: WebLimits
    private let handOff: BlockHandOff
    private let counts: RunningWebCounts
    private var tail: LineTail
    private var source = LineSource(transport: .tcp, high: 0, low: 0)
    /// What was read and found no block yet.
    private var waiting = ByteBuffer()
    private var retry: Scheduled<Void>?
    private var hasEnded = false
    /// The peer has said that this was all; otherwise the connection broke.
    private var hasEndedCleanly = false
    private var lastActivity = MonotonicClock.now()
    private var openStringSince: UInt64?
    private var look: Scheduled<Void>?
    private var hasHandshake = false
    /// Kept when the connection is over and all of it was handed on.
    private let done: EventLoopPromise<Void>

    init(
        listener: WebListener, intake: IntakeLimits, limits: WebLimits, handOff: BlockHandOff,
        counts: RunningWebCounts, done: EventLoopPromise<Void>
    ) {
        self.listener = listener
        self.intake = intake
        self.limits = limits
        self.handOff = handOff
        self.counts = counts
        self.done = done
        tail = LineTail(lineBytesMax: intake.lineBytesMax, boundary: RecordSplit.end)
    }

    func channelActive(context: ChannelHandlerContext) {
        source = PeerAddress.source(of: context.channel, .tcp)
        lastActivity = MonotonicClock.now()
        planLook(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var piece = unwrapInboundIn(data)
        lastActivity = MonotonicClock.now()
        counts.add(\.streamBytes, piece.readableBytes)
        waiting.writeBuffer(&piece)
        handOnWaiting(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            // What the kernel holds has been read by now or comes within the drain time.
            break
        case let event as TLSUserEvent:
            if case .handshakeCompleted = event { hasHandshake = true }
            if case .shutdownCompleted = event { hasEndedCleanly = true }
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !hasHandshake { counts.add(\.handshakesFailed) }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasEnded = true
        look?.cancel()
        handOnWaiting(context)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // A connection that never came to be has nothing to hand on.
        if !hasEnded { done.succeed() }
    }

    // MARK: Lines

    /// Hands on what was read, as far as there are blocks. Reading pauses while something waits.
    private func handOnWaiting(_ context: ChannelHandlerContext) {
        while waiting.readableBytes > 0 {
            guard let block = handOff.tryTake() else { return pause(context) }
            take(block)
        }
        waiting.clear()
        if hasEnded {
            finish(context)
        } else {
            resume(context)
        }
    }

    private func take(_ block: consuming LineBlock) {
        var block = block
        var found = LineTail.Cut()
        let arrival = WallClock.now()
        block.extend(
            source: source, arrival: arrival, precision: listener.policy.precision,
            terms: listener.policy.terms
        ) { slab, free in
            let start = free.lowerBound
            let held = tail.put(into: &slab, at: start)
            let length = min(intake.readBytesMax, free.count - held, waiting.readableBytes)
            slab.copy(waiting.readableBytesUInt8Span.extracting(first: length), at: start + held)
            waiting.moveReaderIndex(forwardBy: length)
            found = tail.cut(&slab, start..<start + held + length)
            return admit(slab, start, found.complete)
        }
        noteOpenString(isNew: found.complete > 0)
        if let sample = found.overlong {
            counts.add(\.linesRefused)
            let refusal = IntakeRefusal(
                .lineTooLong, source: source, arrival: arrival, sample: sample)
            handOff.put([refusal], on: &block)
        }
        handOff.give(block)
    }

    /// How much of whole lines is taken, where a sender may send so many in a second only.
    private func admit(_ slab: borrowing ByteSlab, _ start: Int, _ length: Int) -> Int {
        let (admitted, refusal) = slab.withBytes(start..<start + length) { bytes in
            listener.admit(bytes, of: source, arrival: WallClock.now())
        }
        if let refusal {
            counts.add(\.linesRefused, refusal.count)
            handOff.note(refusal)
        }
        return admitted
    }

    /// The connection is over. After a clean end the last line needs no newline; otherwise half a
    /// number would be a wrong number.
    private func finish(_ context: ChannelHandlerContext) {
        guard tail.count > 0 else { return done.succeed() }
        guard hasEndedCleanly else {
            guard let sample = tail.giveUp() else { return done.succeed() }
            counts.add(\.linesRefused)
            handOff.note(
                IntakeRefusal(
                    .connectionLost, source: source, arrival: WallClock.now(), sample: sample))
            return done.succeed()
        }
        guard var block = handOff.tryTake() else { return pause(context) }
        block.extend(
            source: source, arrival: WallClock.now(), precision: listener.policy.precision,
            terms: listener.policy.terms
        ) { slab, free in
            let start = free.lowerBound
            let count = tail.put(into: &slab, at: start)
            return admit(slab, start, count)
        }
        handOff.give(block)
        done.succeed()
    }

    private func pause(_ context: ChannelHandlerContext) {
        if hasEnded && handOff.isOver { return done.succeed() }
        if !hasEnded { context.channel.setOption(.autoRead, value: false).whenFailure { _ in } }
        guard retry == nil else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        retry = context.eventLoop.scheduleTask(in: .nanoseconds(Int64(limits.blockPause))) {
            let (handler, context) = bound.value
            handler.retry = nil
            handler.handOnWaiting(context)
        }
    }

    private func resume(_ context: ChannelHandlerContext) {
        context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
    }

    // MARK: The quiet

    private func noteOpenString(isNew: Bool) {
        if tail.openStringBytes == 0 {
            openStringSince = nil
        } else if isNew || openStringSince == nil {
            openStringSince = MonotonicClock.now()
        }
    }

    /// When the connection next has to be looked after: for silence, or for an open string.
    private func planLook(_ context: ChannelHandlerContext) {
        var time = intake.openStringTime
        if intake.connectionIdleTime > 0 { time = min(time, intake.connectionIdleTime) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        look = context.eventLoop.scheduleTask(in: .nanoseconds(Int64(time))) {
            let (handler, context) = bound.value
            handler.lookAfter(context)
        }
    }

    private func lookAfter(_ context: ChannelHandlerContext) {
        let now = MonotonicClock.now()
        if intake.connectionIdleTime > 0, now >= lastActivity + intake.connectionIdleTime {
            counts.add(\.idleClosed)
            return context.close(promise: nil)
        }
        if let since = openStringSince, now >= since + intake.openStringTime { releaseOpenString() }
        planLook(context)
    }

    /// A string that stays open for long is a mistake: the lines that seem to be inside it are
    /// handed on, and whoever reads them says what is wrong.
    private func releaseOpenString() {
        let length = tail.openStringBytes
        guard length > 0, var block = handOff.tryTake() else { return }
        block.extend(
            source: source, arrival: WallClock.now(), precision: listener.policy.precision,
            terms: listener.policy.terms
        ) { slab, free in
            let start = free.lowerBound
            let count = tail.put(into: &slab, at: start)
            tail.hold(slab, start + length..<start + count)
            return admit(slab, start, length)
        }
        handOff.give(block)
        openStringSince = nil
    }
}
