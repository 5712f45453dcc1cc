internal import Intake
internal import NIOCore
internal import Platform

/// Stands before the connections of one listener: refuses those that are too many or not on its
/// list, before anything is set up for them, and everyone once it is closed.
///
/// A connection is set up some turns of the loop after it was let in. A listener that closed in
/// between would leave it with nobody to serve it and nobody to end it, for which the library
/// traps; so the listener closes when this gate is closed and nobody is on the way in.
final class ConnectionGate: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    /// Let in and not yet set up.
    private var entering = 0
    private var isClosed = false
    private var whenEmpty: (() -> Void)?
    private let listener: WebListener
    private let table: ConnectionTable
    private let handOff: BlockHandOff

    init(listener: WebListener, table: ConnectionTable, handOff: BlockHandOff) {
        self.listener = listener
        self.table = table
        self.handOff = handOff
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = unwrapInboundIn(data)
        guard !isClosed else { return channel.close(promise: nil) }
        let source = PeerAddress.source(of: channel, listener.transport)
        var refusal = listener.turnAway(source)
        if refusal == nil, let reason = table.admit(channel, of: source) {
            refusal = IntakeRefusal(reason, source: source, arrival: WallClock.now())
        }
        guard let refusal else {
            entering += 1
            return context.fireChannelRead(data)
        }
        handOff.note(refusal)
        channel.close(promise: nil)
    }

    /// One that was let in is set up, or cannot be.
    func entered() {
        entering -= 1
        callIfEmpty()
    }

    /// Lets nobody else in; `done` is called when nobody is on the way in.
    func close(_ done: @escaping () -> Void) {
        isClosed = true
        whenEmpty = done
        callIfEmpty()
    }

    private func callIfEmpty() {
        guard entering == 0, let done = whenEmpty else { return }
        whenEmpty = nil
        done()
    }
}
