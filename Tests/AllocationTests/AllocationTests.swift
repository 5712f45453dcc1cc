import AllocationCount
import Engine
import Intake
import Logging
import Platform
import Primitives
import Testing

private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// The way of a line from the kernel to its window asks the heap for nothing, once every memory has
/// the size it needs. The threshold is zero: one allocation for a line would cost as much as
/// reading it does.
@Suite(
    .serialized, .timeLimit(.minutes(2)),
    .enabled(if: allocation_count_works(), "allocations are not counted under a sanitizer"))
struct AllocationTests {
    /// A count of zero means nothing unless an allocation is seen.
    @Test func anAllocationIsSeen() {
        var kept: [Int] = []
        let count = allocations { kept.append(1) }
        #expect(count == 1)
        let none = allocations { kept[0] += 1 }
        #expect(none == 0)
        #expect(kept == [2])
    }

    /// A block from the pool is filled, handed on, taken in and given back.
    @Test(arguments: [Wording.plain, .awkward, .withoutStamp])
    func blocksOfKnownSeriesAllocateNothing(wording: Wording) {
        var limits = IntakeLimits()
        limits.slabs = 2
        let pool = BlockPool(limits: limits)
        let queue = BoundedQueue<LineBlock>(capacity: pool.blocks)
        var engine = TelemetryEngine(EngineConfiguration(clock: ClockPolicy(source: .wall)))
        var emitted = 0
        for round in 0..<8 {
            let arrival = Timestamp(seconds: 1_800_000_000 + Int64(round))
            let text = text(wording, round: round, arrival)
            let lines = engine.counters.linesAccepted
            let count = allocations {
                hand(text, arrival, to: queue, from: pool)
                take(from: queue, into: &engine, andBackTo: pool) { _ in emitted += 1 }
            }
            // The first rounds make devices, signals and windows, and learn what lines look like.
            if round >= 4 { #expect(count == 0, "block \(round)") }
            #expect(engine.counters.linesAccepted == lines + 500)
        }
        #expect(engine.counters.linesRefused == 0)
        #expect(emitted == 0)
    }

    /// Datagrams into blocks. The listener makes its buffers first, so what it allocates must not
    /// depend on how many datagrams it takes.
    @Test func datagramsIntoBlocksAllocateNothing() throws {
        // What is made once for all, also for a block that is full, is made here.
        _ = try drain(datagrams: 1_280)
        let few = try drain(datagrams: 64)
        let many = try drain(datagrams: 1_280)
        #expect(few == many)
    }

    // MARK: What is fed

    enum Wording: Sendable { case plain, awkward, withoutStamp }

    /// 500 lines of 100 devices.
    private func text(_ wording: Wording, round: Int, _ arrival: Timestamp) -> [UInt8] {
        var text = ""
        for line in 0..<500 {
            let value = "\(20 + line % 7).\(100 + (line * 37 + round * 11) % 900)"
            let stamp = arrival.nanoseconds + Int64(line)
            switch wording {
            case .plain:
                text += "pump,device=P-\(line % 100) flow=\(value),current=1\(value) \(stamp)\n"
            case .awkward:
                text += "pump\\ house,device=p\\,\(line % 100) on=t,slip=\(value)e-3,n=\(line)i"
                text += " \(stamp)\n"
            case .withoutStamp: text += "pump,device=P-\(line % 100) flow=\(value)\n"
            }
        }
        return Array(text.utf8)
    }

    private func hand(
        _ text: [UInt8], _ arrival: Timestamp, to queue: BoundedQueue<LineBlock>,
        from pool: BlockPool
    ) {
        guard var block = pool.take() else { preconditionFailure("the pool is not closed") }
        let isAdded = block.append(
            text.span, source: .ipv4(.udp, 0x7F00_0001), arrival: arrival)
        let isRefused = queue.push(block) != nil
        precondition(isAdded && !isRefused, "a block takes the text, and the queue the block")
    }

    private func take(
        from queue: BoundedQueue<LineBlock>, into engine: inout TelemetryEngine,
        andBackTo pool: BlockPool, emit: (EngineStep) -> Void
    ) {
        guard case .element(let block) = queue.pop() else { return }
        block.withLines { bytes, segments in
            for index in segments.indices {
                let segment = segments[index]
                engine.ingest(
                    bytes, from: segment.range.lowerBound, to: segment.range.upperBound,
                    source: segment.source, arrivedAt: segment.arrival,
                    precision: segment.precision, emit: emit)
            }
        }
        pool.give(block)
    }

    /// Allocations of a listener that is stopped before it runs and takes what the kernel holds.
    private func drain(datagrams: Int) throws -> UInt64 {
        let limits = IntakeLimits()
        let listener = try UDPListener(host: "127.0.0.1", port: 0, limits: limits, logger: quiet)
        let sender = try DatagramSocket(connectingTo: "127.0.0.1", port: listener.localPort)
        let line = Array("pump,device=P-1,site=north flow=20.1,current=11.3 1800000000\n".utf8)
        for _ in 0..<datagrams { try sender.send(line.span, 0..<line.count) }
        let pool = BlockPool(limits: limits)
        let queue = BoundedQueue<LineBlock>(capacity: pool.blocks)
        listener.stop()
        let count = try allocations { () throws(SystemFailure) in
            try listener.run(pool: pool, queue: queue)
        }
        #expect(listener.counts.datagrams == UInt64(datagrams))
        #expect(queue.count == (datagrams + limits.segmentsPerBlock - 1) / limits.segmentsPerBlock)
        return count
    }
}
