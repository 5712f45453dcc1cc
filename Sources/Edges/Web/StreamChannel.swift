internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOSSL

/// How a connection of a TLS listener without HTTP is set up: TLS, and behind it the lines.
struct StreamChannel: ServerChildChannel {
    /// A connection that is set up.
    struct Connection: ServerChildChannelValue {
        let channel: any Channel
        /// Kept when all of it was handed on.
        let done: EventLoopFuture<Void>
    }

    let tls: TLSFiles
    let lines: @Sendable (_ done: EventLoopPromise<Void>) -> StreamLines

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        let done = channel.eventLoop.makePromise(of: Void.self)
        return channel.eventLoop.makeCompletedFuture {
            do {
                try channel.pipeline.syncOperations.addHandlers([
                    NIOSSLServerHandler(context: tls.context), lines(done),
                ])
            } catch {
                done.succeed()
                throw error
            }
            return Connection(channel: channel, done: done.futureResult)
        }
    }

    /// The pipeline does the work; this waits for its end, which is later than the connection's
    /// when lines wait for a block.
    func handle(value: Connection, logger: Logger) async {
        try? await value.done.get()
    }
}
