internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOSSL

/// How a connection of a TLS listener without HTTP is set up: TLS, and behind it the lines.
struct StreamChannel: ServerChildChannel {
    /// A connection that is set up.
    struct Connection: ServerChildChannelValue {
        let channel: any Channel
    }

    let tls: TLSFiles
    let lines: @Sendable () -> StreamLines

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers([
                NIOSSLServerHandler(context: tls.context), lines(),
            ])
            return Connection(channel: channel)
        }
    }

    /// The pipeline does the work; this waits for its end.
    func handle(value: Connection, logger: Logger) async {
        try? await value.channel.closeFuture.get()
    }
}
