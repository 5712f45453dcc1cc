internal import Intake
internal import NIOCore
internal import Platform

/// Stands before the connections of one listener: refuses those that are too many, before anything
/// is set up for them.
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
        guard table.admit(channel) else {
            let source = PeerAddress.source(of: channel, listener.transport)
            handOff.note(
                IntakeRefusal(.tooManyConnections, source: source, arrival: WallClock.now()))
            channel.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
    }
}
