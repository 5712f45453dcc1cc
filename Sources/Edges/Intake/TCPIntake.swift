package import Logging
package import Platform
internal import Primitives

/// Receives line protocol over TCP and Unix sockets of streams, for any number of listeners and
/// connections, and hands it on in blocks.
///
/// One thread runs ``run(pool:queue:)``. It goes round the connections that have something to read,
/// one read each, and hands the block on at the end of every round, so that no line waits for the
/// next one, but for ``IntakeLimits/gatherTime`` where little comes often, and no sender keeps the
/// others waiting. When the pool is empty it stops reading and accepting: then the kernel's buffers
/// fill and the peers wait. So nothing is lost for want of speed.
package final class TCPIntake: LineListener {
    private let listeners: [TCPListener]
    private let limits: IntakeLimits
    private let boundary: RecordingReader.Boundary
    private let logger: Logger
    private let wake: WakeSignal
    private let stopRequest = ShutdownFlag()
    private let published = PublishedTCPCounts()

    /// `boundary` tells where the last complete record of a piece ends.
    package init(
        _ listeners: [TCPListener], limits: IntakeLimits = IntakeLimits(),
        boundary: @escaping RecordingReader.Boundary, logger: Logger
    ) throws(SystemFailure) {
        precondition(
            limits.lineBytesMax + limits.readBytesMin <= limits.slabBytes,
            "BUG: a slab must hold a line and a read")
        wake = try WakeSignal()
        self.listeners = listeners
        self.limits = limits
        self.boundary = boundary
        self.logger = logger
    }

    package var threadName: String { "intake-tcp" }

    package var places: [String] {
        listeners.map { "transport=\($0.kind.rawValue) address=\($0.localAddress)" }
    }

    /// Counters of the newest round; may be read from any thread.
    package var counts: TCPCounts { published.snapshot }

    package func run(pool: BlockPool, queue: BoundedQueue<LineBlock>) throws(SystemFailure) {
        var rounds = TCPRounds(
            listeners: listeners, limits: limits, boundary: boundary, logger: logger,
            poll: try ReadinessPoll(), filling: BlockFilling(pool: pool, queue: queue))
        try rounds.watch(wake)
        var isWanted = true
        while isWanted && !stopRequest.isRequested {
            isWanted = try rounds.next()
            published.publish(rounds.counts)
        }
        if isWanted { rounds.finish() }
        published.publish(rounds.counts)
        logger.debug(
            "Stream listeners stopped",
            metadata: [
                "connections": "\(rounds.counts.accepted)", "bytes": "\(rounds.counts.bytes)",
            ])
    }

    package func stop() {
        stopRequest.request()
        wake.raise()
    }
}
