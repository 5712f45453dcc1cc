internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
package import Intake
package import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
package import Platform
internal import Primitives
internal import Synchronization

/// Takes HTTP requests and TLS connections on every listener of this room, until it is stopped.
package final class WebServer: Sendable {
    private let listeners: [WebListener]
    private let limits: WebLimits
    private let intake: IntakeLimits
    private let version: String
    private let logger: Logger
    /// Made with the server: what it needs of descriptors is taken before any sender can take it.
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let running = RunningWebCounts()
    private let state = Mutex(State())

    private struct State {
        var isStopped = false
        /// How to stop, once it runs.
        var stop: (@Sendable () -> Void)?
    }

    package init(
        _ listeners: [WebListener], limits: WebLimits = WebLimits(),
        intake: IntakeLimits = IntakeLimits(), version: String, logger: Logger
    ) {
        self.listeners = listeners
        self.limits = limits
        self.intake = intake
        self.version = version
        self.logger = logger
    }

    /// `transport=http address=127.0.0.1:8095` for each place where it listens.
    package var places: [String] { listeners.map(\.place) }

    /// May be read from any thread.
    package var counts: WebCounts { running.snapshot }

    /// With `waitsForJournal` whoever takes blocks out of the queue settles their receipts.
    /// Runs until ``stop()``. When it returns everything that was taken in is in the queue.
    package func run(
        pool: BlockPool, queue: BoundedQueue<LineBlock>, waitsForJournal: Bool = false,
        snapshot: @escaping @Sendable () -> IntakeSnapshot
    ) async throws {
        let loop = group.next()
        let handOff = BlockHandOff(
            pool: pool, queue: queue, limits: limits, counts: running, loop: loop,
            waitsForJournal: waitsForJournal)
        let table = ConnectionTable(limits: limits, counts: running)
        let gate = RequestGate(limits: limits)
        do {
            try await withTaskExecutorPreference(LoopExecutor(loop)) {
                try await withThrowingDiscardingTaskGroup { tasks in
                    for listener in self.listeners {
                        let site = WebSite(
                            listener: listener, limits: self.limits,
                            lineBytesMax: self.intake.lineBytesMax, handOff: handOff,
                            counts: self.running, gate: gate, version: self.version,
                            snapshot: snapshot)
                        tasks.addTask { try await self.serve(site, table) }
                    }
                }
            }
        } catch {
            forgetStop()
            try? await group.shutdownGracefully()
            throw error
        }
        forgetStop()
        handOff.flush()
        try await group.shutdownGracefully()
    }

    /// Makes ``run(pool:queue:snapshot:)`` return; safe from any thread, may be called before it
    /// and twice.
    package func stop() {
        let stop = state.withLock { state in
            state.isStopped = true
            return state.stop
        }
        stop?()
    }

    private func serve(_ site: WebSite, _ table: ConnectionTable) async throws {
        switch (site.listener.kind, site.listener.tls) {
        case (.http, nil): try await serve(site, http(site), table)
        case (.http, let tls?):
            try await serve(
                site, TLSChannel(http(site), tlsConfiguration: tls.configuration), table)
        case (.stream, let tls?):
            let lines = StreamChannel(tls: tls) { done in
                StreamLines(
                    listener: site.listener, intake: self.intake, limits: self.limits,
                    handOff: site.handOff, counts: self.running, done: done)
            }
            try await serve(site, lines, table)
        case (.stream, nil): preconditionFailure("BUG: a plain stream is not of this room")
        }
    }

    private func serve(
        _ site: WebSite, _ child: some ServerChildChannel, _ table: ConnectionTable
    ) async throws {
        guard let socket = site.listener.releaseSocket() else { return }
        let logger = logger
        let listener = site.listener
        let readBytesMax = limits.readBytesMax
        let loop = group.next()
        let gate = NIOLoopBound(
            ConnectionGate(listener: listener, table: table, handOff: site.handOff),
            eventLoop: loop)
        let server = try await ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(gate.value)
                }
            }
            // A client may end its half after a request and wait for the answer.
            .childChannelOption(.allowRemoteHalfClosure, value: listener.kind == .http)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(
                    minimum: 1_024, initial: 4_096, maximum: readBytesMax)
            )
            .bind(socket) { channel in
                let value = child.setup(channel: channel, logger: logger)
                // In a turn of its own, when the connection has been handed to the server.
                value.whenComplete { _ in loop.execute { gate.value.entered() } }
                return value
            }
        let drainTime = TimeAmount.nanoseconds(Int64(limits.drainTime))
        onStop {
            // One call from outside: after it the loop may end at any time.
            loop.execute {
                _ = loop.assumeIsolated().scheduleTask(in: drainTime) { table.closeAll() }
                gate.value.close {
                    server.channel.close(promise: nil)
                    table.quiesce()
                }
            }
        }
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { tasks in
                for try await connection in connections {
                    tasks.addTask { await child.handle(value: connection, logger: logger) }
                }
            }
        }
    }

    /// The loop that would stop the listeners is about to end.
    private func forgetStop() { state.withLock { $0.stop = nil } }

    private func onStop(_ action: @escaping @Sendable () -> Void) {
        let isStopped = state.withLock { state in
            let earlier = state.stop
            state.stop = {
                earlier?()
                action()
            }
            return state.isStopped
        }
        if isStopped { action() }
    }

    private func http(_ site: WebSite) -> HTTP1Channel {
        let limits = limits
        let running = running
        return HTTP1Channel(
            responder: { request, writer, channel in
                let source = PeerAddress.source(of: channel, .http)
                if request.headers[.expect]?.lowercased() == "100-continue" {
                    try await writer.writeInformationalHead(HTTPResponse(status: .continue))
                }
                let response = await site.respond(to: request, from: source)
                try await writer.write(response: response.head, body: response.body)
            },
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [
                    RequestDeadlines(limits: limits, counts: running, handOff: site.handOff)
                ],
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: limits.headerBytesMax,
                    maxHeaderListSize: limits.headerBytesMax,
                    maxHeaderFieldCount: limits.headerFieldsMax)))
    }
}
