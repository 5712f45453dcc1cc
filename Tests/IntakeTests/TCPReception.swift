import Intake
import LineProtocol
import Logging
import Platform
import Primitives
import Testing

/// TCP listeners on ports the kernel chose, with their thread, their pool and their queue.
final class TCPReception: Sendable {
    /// What one block brought.
    struct Delivery {
        var segments: [(text: String, source: LineSource, precision: StampPrecision)] = []
        var refusals: [IntakeRefusal] = []

        var text: String { segments.map(\.text).joined() }
    }

    let listeners: [TCPListener]
    let intake: TCPIntake
    let pool: BlockPool
    let queue = BoundedQueue<LineBlock>(capacity: 64)
    private let thread: PlatformThread

    var port: UInt16 { listeners[0].localPort }
    var counts: TCPCounts { intake.counts }

    /// `beforeStart` runs when the sockets are bound and nobody accepts yet.
    convenience init(
        precisions: [StampPrecision] = [.auto], limits: IntakeLimits = IntakeLimits(),
        beforeStart: (UInt16, TCPIntake) throws -> Void = { _, _ in }
    ) throws {
        try self.init(
            listeners: precisions.map {
                try TCPListener(host: "127.0.0.1", port: 0, precision: $0)
            }, limits: limits, beforeStart: beforeStart)
    }

    init(
        listeners: [TCPListener], limits: IntakeLimits = IntakeLimits(),
        beforeStart: (UInt16, TCPIntake) throws -> Void = { _, _ in }
    ) throws {
        self.listeners = listeners
        let intake = try TCPIntake(
            listeners, limits: limits, boundary: RecordSplit.end,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try beforeStart(listeners[0].localPort, intake)
        let pool = BlockPool(limits: limits)
        let queue = queue
        self.intake = intake
        self.pool = pool
        thread = try PlatformThread(name: intake.threadName) {
            do throws(SystemFailure) {
                try intake.run(pool: pool, queue: queue)
            } catch {
                Issue.record("\(error)")
            }
            queue.close()
        }
    }

    /// The next block; nil at the end.
    func next() -> Delivery? {
        switch queue.pop(until: MonotonicClock.now() + 60_000_000_000) {
        case .element(let block):
            var delivery = Delivery()
            for (index, text) in texts(block).enumerated() {
                let segment = block.segment(index)
                delivery.segments.append((text, segment.source, segment.precision))
            }
            delivery.refusals = block.refusals
            pool.give(block)
            return delivery
        case .timedOut:
            Issue.record("nothing was received for a minute")
            return nil
        case .closed: return nil
        }
    }

    /// Receives until there is that much text, and what was refused on the way.
    func receive(bytes: Int) -> Delivery {
        var all = Delivery()
        while all.text.utf8.count < bytes, let more = next() {
            all.segments += more.segments
            all.refusals += more.refusals
        }
        return all
    }

    /// Stops the listeners and collects what they still hand on.
    func finish() -> Delivery {
        intake.stop()
        var all = Delivery()
        while let more = next() {
            all.segments += more.segments
            all.refusals += more.refusals
        }
        thread.join()
        #expect(pool.available == pool.blocks)
        #expect(counts.open == 0)
        return all
    }

    /// Looks at the counters again and again until the condition holds.
    func wait(
        for what: String, at location: SourceLocation = #_sourceLocation,
        until condition: (TCPCounts) -> Bool
    ) {
        let end = MonotonicClock.now() + 60_000_000_000
        while !condition(counts) {
            guard MonotonicClock.now() < end else {
                Issue.record("no \(what) within a minute: \(counts)", sourceLocation: location)
                return
            }
            MonotonicClock.sleep(until: MonotonicClock.now() + 200_000)
        }
    }
}
