internal import Intake
internal import NIOCore
internal import Platform

/// Stands before the connections of one listener: refuses those that are too many or not on its
/// list, before anything is set up for them.
final class ConnectionGate: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

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
        let source = PeerAddress.source(of: channel, listener.transport)
        var refusal = listener.turnAway(source)
        if refusal == nil, let reason = table.admit(channel, of: source) {
            refusal = IntakeRefusal(reason, source: source, arrival: WallClock.now())
        }
        guard let refusal else { return context.fireChannelRead(data) }
        handOff.note(refusal)
        channel.close(promise: nil)
    }
}
