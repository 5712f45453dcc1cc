package import Logging
package import Platform
package import Primitives

/// Receives line protocol over UDP and hands it on in blocks.
///
/// One thread runs ``run(pool:queue:)``. It takes everything the socket holds with as few system
/// calls as possible, and hands a block on as soon as the block is full or the socket is empty, so
/// that no line waits for the next one. When the pool is empty it stops receiving: then the
/// kernel's buffer fills, the kernel drops, and the drops are counted.
package final class UDPListener: LineListener {
    /// Where it listens, with the port the kernel chose if it was asked to: `127.0.0.1:8094`.
    package let localAddress: String
    package let localPort: UInt16
    /// The receive buffer the kernel granted, in bytes.
    package let receiveBufferBytes: Int

    private let socket: DatagramSocket
    private let precision: StampPrecision
    private let limits: IntakeLimits
    private let logger: Logger
    private let wake: WakeSignal
    private let stopRequest = ShutdownFlag()
    private let published = PublishedUDPCounts()

    /// Binds the socket; from here on the kernel collects datagrams. `setting` is the name of the
    /// configuration key, for the sentence when the address cannot be had.
    package init(
        host: String, port: UInt16, precision: StampPrecision = .auto,
        limits: IntakeLimits = IntakeLimits(), setting: String = "intake.udp",
        logger: Logger
    ) throws(SystemFailure) {
        let socket = try DatagramSocket(
            listeningOn: host, port: port, receiveBufferBytes: limits.receiveBufferBytes,
            setting: setting)
        wake = try WakeSignal()
        localAddress = socket.localAddress
        localPort = socket.localPort
        receiveBufferBytes = socket.receiveBufferBytes
        self.socket = socket
        self.precision = precision
        self.limits = limits
        self.logger = logger
        if receiveBufferBytes < limits.receiveBufferBytes {
            logger.warning(
                "UDP receive buffer is smaller than asked for; raise net.core.rmem_max",
                metadata: [
                    "udp.address": "\(localAddress)", "buffer.bytes": "\(receiveBufferBytes)",
                    "buffer.wanted": "\(limits.receiveBufferBytes)",
                ])
        }
    }

    package var threadName: String { "intake-udp" }

    package var places: [String] { ["transport=udp address=\(localAddress)"] }

    /// Counters of the newest batch; may be read from any thread.
    package var counts: UDPCounts { published.snapshot }

    /// The thread's body: receives until ``stop()``, then hands on what the kernel still holds
    /// and returns. Whoever pops `queue` must go on doing so, and giving blocks back, until then.
    package func run(pool: BlockPool, queue: BoundedQueue<LineBlock>) throws(SystemFailure) {
        var reception = Reception(
            pool: pool, queue: queue, precision: precision,
            batch: DatagramBatch(
                datagrams: limits.datagramsPerBatch, bytesMax: limits.datagramBytesMax))
        defer { published.publish(reception.counts) }
        while true {
            try socket.waitForInput(or: wake)
            if stopRequest.isRequested { break }
            // Bounded, so that a flood cannot hide a stop request.
            guard try receiveAll(&reception, batchesMax: 16) else { return }
        }
        // Nothing new may come in between, or a busy sender could keep the drain going for ever.
        // On a system without socket filters the bound on batches ends it: the kernel accounts
        // at least 256 bytes for a datagram.
        let drops = socket.drops
        socket.refuseFurther()
        let heldMax = receiveBufferBytes * 2 / 256
        _ = try receiveAll(&reception, batchesMax: heldMax / limits.datagramsPerBatch + 2)
        if let drops { reception.note(drops: drops) }
        logger.debug(
            "UDP listener stopped",
            metadata: [
                "udp.address": "\(localAddress)", "datagrams": "\(reception.counts.datagrams)",
                "kernel.drops": "\(reception.counts.kernelDrops)",
            ])
    }

    /// Makes ``run(pool:queue:)`` return; safe from any thread, may be called before it and twice.
    package func stop() {
        stopRequest.request()
        wake.raise()
    }

    /// Receives until the socket is empty or the bound is reached, and hands on the last, partly
    /// filled block. False when the pool or the queue was closed meanwhile: nobody wants lines any
    /// more.
    private func receiveAll(
        _ reception: inout Reception, batchesMax: Int
    ) throws(SystemFailure) -> Bool {
        var received = limits.datagramsPerBatch
        var batches = 0
        while received == limits.datagramsPerBatch && batches < batchesMax {
            guard reception.hasBlock() else { return false }
            received = try reception.batch.receive(from: socket)
            batches += 1
            let dropsBefore = reception.counts.kernelDrops
            for index in 0..<received {
                guard reception.keep(index) else { return false }
            }
            if received > 0 { reception.note(drops: reception.batch.drops) }
            if dropsBefore == 0 && reception.counts.kernelDrops > 0 { warnAboutDrops() }
            published.publish(reception.counts)
        }
        return reception.handOn()
    }

    /// Once; from then on the counter tells.
    private func warnAboutDrops() {
        logger.warning(
            "kernel dropped datagrams: lines arrive faster than they are worked on",
            metadata: [
                "udp.address": "\(localAddress)", "buffer.bytes": "\(receiveBufferBytes)",
            ])
    }
}

/// What the receiving thread owns: the batch, the block being filled and the counters.
private struct Reception: ~Copyable {
    let pool: BlockPool
    let queue: BoundedQueue<LineBlock>
    let precision: StampPrecision
    var batch: DatagramBatch
    var counts = UDPCounts()
    private var block: LineBlock?
    private var arrival = Timestamp.distantPast
    private var dropsSeen: UInt32 = 0

    init(
        pool: BlockPool, queue: BoundedQueue<LineBlock>, precision: StampPrecision,
        batch: consuming DatagramBatch
    ) {
        self.precision = precision
        self.pool = pool
        self.queue = queue
        self.batch = batch
    }

    /// Makes sure that there is a block to fill, waiting for one; false when the pool is closed.
    mutating func hasBlock() -> Bool {
        if block == nil { block = pool.take() }
        return block != nil
    }

    /// Puts one datagram of the batch into the block, or into a new one when it does not fit.
    mutating func keep(_ index: Int) -> Bool {
        if index == 0 { arrival = WallClock.now() }
        while true {
            if add(index) { return true }
            guard handOn(), hasBlock() else { return false }
        }
    }

    private mutating func add(_ index: Int) -> Bool {
        let arrival = arrival
        let precision = precision
        guard var filling = block.take() else { return false }
        let (kept, isTruncated) = batch.withDatagram(index) { bytes, source, isTruncated in
            var length = bytes.count
            if isTruncated {
                while length > 0 && bytes[length - 1] != 0x0A { length -= 1 }
            }
            let isKept = filling.append(
                bytes.extracting(first: length), source: source, arrival: arrival,
                precision: precision)
            return (isKept ? length : -1, isTruncated)
        }
        block = consume filling
        guard kept >= 0 else { return false }
        counts.datagrams += 1
        counts.bytes += UInt64(kept)
        if isTruncated { counts.truncated += 1 }
        return true
    }

    /// Adds what the kernel's wrapping counter has grown by to the totals and to the block. A
    /// value from before the last one is no growth: at the end the counter is read twice.
    mutating func note(drops: UInt32) {
        let grown = Int32(bitPattern: drops &- dropsSeen)
        guard grown > 0 else { return }
        dropsSeen = drops
        counts.kernelDrops += UInt64(grown)
        block?.kernelDrops += UInt64(grown)
    }

    /// Gives the block away: to the queue if there is anything in it, else back to the pool, so
    /// that a listener without traffic holds no slab. False when the queue is closed.
    mutating func handOn() -> Bool {
        guard let block = block.take() else { return true }
        if block.isEmpty {
            pool.give(block)
            return true
        }
        guard let refused = queue.push(block) else { return true }
        pool.give(refused)
        return false
    }
}
