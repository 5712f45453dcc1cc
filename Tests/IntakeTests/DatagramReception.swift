import Intake
import Logging
import Platform
import Primitives
import Testing

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A datagram listener, by default on a port the kernel chose, with its thread, its pool and its
/// queue.
final class DatagramReception: Sendable {
    /// What one block brought.
    struct Delivery {
        var segments: [(text: String, segment: LineSegment)] = []
        var refusals: [IntakeRefusal] = []
    }

    let listener: UDPListener
    let pool: BlockPool
    let queue = BoundedQueue<LineBlock>(capacity: 64)
    private let thread: PlatformThread

    /// `beforeStart` runs when the socket is bound and nobody receives yet.
    convenience init(
        host: String = "127.0.0.1", limits: IntakeLimits = IntakeLimits(),
        beforeStart: (UDPListener) throws -> Void = { _ in }
    ) throws {
        try self.init(
            UDPListener(host: host, port: 0, limits: limits, logger: quiet), limits: limits,
            beforeStart: beforeStart)
    }

    init(
        _ listener: UDPListener, limits: IntakeLimits = IntakeLimits(),
        beforeStart: (UDPListener) throws -> Void = { _ in }
    ) throws {
        try beforeStart(listener)
        let pool = BlockPool(limits: limits)
        let queue = queue
        self.listener = listener
        self.pool = pool
        thread = try PlatformThread(name: listener.threadName) {
            do throws(SystemFailure) {
                try listener.run(pool: pool, queue: queue)
            } catch {
                Issue.record("\(error)")
            }
            queue.close()
        }
    }

    /// The next block with what was refused; nil at the end.
    func nextBlock() -> Delivery? {
        switch queue.pop(until: MonotonicClock.now() + 60_000_000_000) {
        case .element(let block):
            var delivery = Delivery(refusals: block.refusals)
            for (index, text) in texts(block).enumerated() {
                delivery.segments.append((text, block.segment(index)))
            }
            pool.give(block)
            return delivery
        case .timedOut:
            Issue.record("nothing was received for a minute")
            return nil
        case .closed: return nil
        }
    }

    /// Stops the listener and collects what it still hands on, refusals included.
    func finishBlocks() -> Delivery {
        listener.stop()
        var all = Delivery()
        while let more = nextBlock() {
            all.segments += more.segments
            all.refusals += more.refusals
        }
        thread.join()
        return all
    }

    /// The next datagrams as (text, sender), at most a block of them; nil at the end.
    func next() -> [(text: String, source: LineSource, drops: UInt64)]? {
        switch queue.pop(until: MonotonicClock.now() + 60_000_000_000) {
        case .element(let block):
            let texts = texts(block)
            let drops = block.kernelDrops
            let received = texts.indices.map { (texts[$0], block.segment($0).source, drops) }
            pool.give(block)
            return received
        case .timedOut:
            Issue.record("nothing was received for a minute")
            return nil
        case .closed: return nil
        }
    }

    /// Receives until that many datagrams are there.
    func receive(_ count: Int) -> [String] {
        var received: [String] = []
        while received.count < count, let more = next() { received += more.map(\.text) }
        return received
    }

    /// Stops the listener and collects what it still hands on.
    func finish() -> [String] {
        listener.stop()
        var received: [String] = []
        while let more = next() { received += more.map(\.text) }
        thread.join()
        #expect(pool.available == pool.blocks)
        return received
    }
}
