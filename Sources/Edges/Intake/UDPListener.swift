package import Logging
package import Platform
package import Primitives

/// Receives line protocol over UDP, or over a Unix socket of datagrams, and hands it on in blocks.
///
/// One thread runs ``run(pool:queue:)``. It takes everything the socket holds with as few system
/// calls as possible, and hands a block on as soon as the block is full or the socket is empty, so
/// that no line waits for the next one, but for ``IntakeLimits/gatherTime`` where datagrams follow
/// each other closely. While the engine has many blocks to do, taking up what it knew or waiting
/// for the medium, blocks are filled before they are handed on: a few lines at a time would use up
/// the pool within a second. When the pool is empty it stops receiving: then the kernel's buffer
/// fills. Over UDP the kernel then drops, and the drops are counted; over a Unix socket the senders
/// wait.
package final class UDPListener: LineListener {
    /// Where it listens, with the port the kernel chose if it was asked to: `127.0.0.1:8094`.
    package let localAddress: String
    /// 0 for a Unix socket.
    package let localPort: UInt16
    package let kind: SocketKind
    /// The receive buffer the kernel granted, in bytes.
    package let receiveBufferBytes: Int

    private let socket: DatagramSocket
    private let policy: ListenerPolicy
    private let limits: IntakeLimits
    private let boundary: RecordingReader.Boundary
    private let logger: Logger
    private let wake: WakeSignal
    private let stopRequest = ShutdownFlag()
    private let published = PublishedUDPCounts()
    /// The kernel's counter when the listener began; a socket that was passed has a past.
    private let dropsBefore: UInt32

    /// Binds a UDP socket; from here on the kernel collects datagrams. `setting` is the name of the
    /// configuration key, for the sentence when the address cannot be had.
    package convenience init(
        host: String, port: UInt16, precision: StampPrecision = .auto,
        limits: IntakeLimits = IntakeLimits(), setting: String = "intake.udp",
        logger: Logger
    ) throws(SystemFailure) {
        try self.init(
            try DatagramSocket(
                listeningOn: host, port: port, receiveBufferBytes: limits.receiveBufferBytes,
                setting: setting),
            policy: ListenerPolicy(precision: precision), limits: limits, logger: logger)
    }

    /// `boundary` tells where the last complete record of a piece ends; it is asked only when a
    /// sender exceeds the policy's rate.
    package init(
        _ socket: consuming DatagramSocket, policy: ListenerPolicy,
        limits: IntakeLimits = IntakeLimits(),
        boundary: @escaping RecordingReader.Boundary = RecordingReader.lastNewline, logger: Logger
    ) throws(SystemFailure) {
        wake = try WakeSignal()
        kind = socket.kind
        localAddress = socket.localAddress
        localPort = socket.localPort
        receiveBufferBytes = socket.receiveBufferBytes
        dropsBefore = socket.drops ?? 0
        self.socket = socket
        self.policy = policy
        self.limits = limits
        self.boundary = boundary
        self.logger = logger
        // A sender over a Unix socket waits for room in a buffer of its own.
        if kind == .udp, receiveBufferBytes < limits.receiveBufferBytes {
            logger.warning(
                "UDP receive buffer is smaller than asked for; raise net.core.rmem_max",
                metadata: [
                    "udp.address": "\(localAddress)", "buffer.bytes": "\(receiveBufferBytes)",
                    "buffer.wanted": "\(limits.receiveBufferBytes)",
                ])
        }
    }

    package var threadName: String { "intake-" + kind.rawValue }

    package var places: [String] { ["transport=\(kind.rawValue) address=\(localAddress)"] }

    /// Counters of the newest batch, and the kernel's own of this moment, which knows of drops that
    /// no datagram has told yet. May be read from any thread.
    package var counts: UDPCounts {
        var counts = published.snapshot
        if let drops = socket.drops {
            let told = dropsBefore &+ UInt32(truncatingIfNeeded: counts.kernelDrops)
            counts.kernelDrops += UInt64(max(0, Int32(bitPattern: drops &- told)))
        }
        return counts
    }

    /// The thread's body: receives until ``stop()``, then hands on what the kernel still holds
    /// and returns. Whoever pops `queue` must go on doing so, and giving blocks back, until then.
    package func run(pool: BlockPool, queue: BoundedQueue<LineBlock>) throws(SystemFailure) {
        var reception = DatagramReception(
            filling: BlockFilling(pool: pool, queue: queue),
            gate: SourceGate(policy, limits: limits, boundary: boundary), dropsSeen: dropsBefore)
        var batch = DatagramBatch(
            datagrams: limits.datagramsPerBatch, bytesMax: limits.datagramBytesMax)
        defer { published.publish(reception.counts) }
        var nextLook: UInt64 = 0
        while true {
            try socket.waitForInput(
                or: wake, milliseconds: reception.isHolding ? Self.holdTime : nil)
            if stopRequest.isRequested { break }
            if MonotonicClock.now() < nextLook { MonotonicClock.sleep(until: nextLook) }
            nextLook = MonotonicClock.now() + gatherTime
            let before = reception.counts.datagrams
            // Bounded, so that a flood cannot hide a stop request.
            guard try receiveAll(&reception, &batch, batchesMax: Self.batchesPerLook) else {
                return
            }
            let taken = Int(clamping: reception.counts.datagrams - before)
            // It ended before the socket was empty.
            if taken >= Self.batchesPerLook * limits.datagramsPerBatch { nextLook = 0 }
        }
        // Nothing new may come in between, or a busy sender could keep the drain going for ever.
        // On a system without socket filters the bound on batches ends it: the kernel accounts
        // at least 256 bytes for a datagram.
        let drops = socket.drops
        socket.refuseFurther()
        let heldMax = receiveBufferBytes * 2 / 256
        _ = try receiveAll(&reception, &batch, batchesMax: heldMax / limits.datagramsPerBatch + 2)
        _ = reception.handOn()
        if let drops { reception.note(drops: drops) }
        logger.debug(
            "Datagram listener stopped",
            metadata: [
                "listener.address": "\(localAddress)", "datagrams": "\(reception.counts.datagrams)",
                "kernel.drops": "\(reception.counts.kernelDrops)",
            ])
    }

    /// Makes ``run(pool:queue:)`` return; safe from any thread, may be called before it and twice.
    package func stop() {
        stopRequest.request()
        wake.raise()
    }

    private static let batchesPerLook = 16
    /// Milliseconds until it is seen whether a block that is held is wanted now, unless more comes.
    private static let holdTime: Int32 = 10

    /// Nanoseconds between two looks at the socket. In this time its buffer must not fill: memory
    /// for datagrams is written at less than eight bytes a nanosecond. A Unix socket holds a
    /// handful of datagrams (`net.unix.max_dgram_qlen`, often 10), and its senders wait.
    package var gatherTime: UInt64 {
        guard kind == .udp else { return 0 }
        return min(limits.gatherTime, UInt64(clamping: receiveBufferBytes / 8))
    }

    /// Receives until the socket is empty or the bound is reached, and hands on the last, partly
    /// filled block unless it can wait. False when the pool or the queue was closed meanwhile:
    /// nobody wants lines any more.
    private func receiveAll(
        _ reception: inout DatagramReception, _ batch: inout DatagramBatch, batchesMax: Int
    ) throws(SystemFailure) -> Bool {
        var received = limits.datagramsPerBatch
        var batches = 0
        while received == limits.datagramsPerBatch && batches < batchesMax {
            guard reception.hasBlock() else { return false }
            received = try batch.receive(from: socket)
            batches += 1
            for index in 0..<received {
                guard reception.keep(index, of: batch) else { return false }
            }
            if received > 0, kind == .udp { reception.note(drops: batch.drops) }
            published.publish(reception.counts)
        }
        return reception.isAhead || reception.handOn()
    }
}
