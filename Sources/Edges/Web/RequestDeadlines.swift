internal import Hummingbird
internal import Intake
internal import NIOCore
internal import NIOHTTPTypes
internal import Platform
internal import Primitives

/// Closes a connection whose request does not come in time: the head within the idle time, the
/// body's end within the request time, however lively it drips.
final class RequestDeadlines: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum Phase {
        case waitingForHead
        case reading
        /// The request is complete, or was answered early and its rest is thrown away.
        case answering
        case discarding
    }

    private let limits: WebLimits
    private let counts: RunningWebCounts
    private let handOff: BlockHandOff
    private var phase = Phase.waitingForHead
    private var isRequestComplete = true
    private var alarm: Scheduled<Void>?

    init(limits: WebLimits, counts: RunningWebCounts, handOff: BlockHandOff) {
        self.limits = limits
        self.counts = counts
        self.handOff = handOff
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(.waitingForHead, limits.idleTime, context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(.waitingForHead, limits.idleTime, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        alarm?.cancel()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { alarm?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            isRequestComplete = false
            begin(.reading, limits.requestTime, context)
        case .body: break
        case .end:
            isRequestComplete = true
            if phase == .discarding {
                begin(.waitingForHead, limits.idleTime, context)
            } else {
                alarm?.cancel()
                phase = .answering
            }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            if isRequestComplete {
                begin(.waitingForHead, limits.idleTime, context)
            } else {
                begin(.discarding, limits.drainTime, context)
            }
        }
        context.write(data, promise: promise)
    }

    private func begin(_ phase: Phase, _ time: UInt64, _ context: ChannelHandlerContext) {
        self.phase = phase
        alarm?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        alarm = context.eventLoop.scheduleTask(in: .nanoseconds(Int64(time))) {
            let (handler, context) = bound.value
            handler.expire(context)
        }
    }

    private func expire(_ context: ChannelHandlerContext) {
        switch phase {
        case .answering: return
        case .waitingForHead: counts.add(\.idleClosed)
        case .discarding: break
        case .reading:
            counts.add(\.timedOut)
            let source = PeerAddress.source(of: context.channel, .http)
            handOff.note(
                IntakeRefusal(.requestTimeout, source: source, arrival: WallClock.now()))
        }
        context.close(promise: nil)
    }
}
