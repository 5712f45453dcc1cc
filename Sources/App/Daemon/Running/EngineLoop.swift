import Engine
import Intake
import Platform
import Primitives

/// The engine's thread: pops blocks, feeds the engine, pushes steps.
///
/// It waits for blocks at most until the next tick is due, takes what has arrived, works, then lets
/// time advance once. It may wait for the store (the step queue is bounded); nothing waits for it
/// but the listeners, whose pool runs empty.
struct EngineLoop: Sendable {
    /// Steps that may wait for the store.
    static let stepQueueCapacity = 64

    let configuration: EngineConfiguration
    let pool: BlockPool
    let blocks: BoundedQueue<LineBlock>
    let steps: BoundedQueue<EngineStep>
    let lastSequence: Int

    /// Runs until the block queue is closed and empty; then takes the last step and closes the
    /// step queue.
    func run() {
        var engine = TelemetryEngine(configuration, lastSequence: lastSequence)
        let steps = self.steps
        // A closed step queue means that the store has given up; what is left has nowhere to go.
        let emit: (EngineStep) -> Void = { step in _ = steps.push(step) }
        let tick = UInt64(max(configuration.clock.tick.nanoseconds, 1_000_000))
        var nextTick = MonotonicClock.now() + tick
        loop: while true {
            switch blocks.pop(until: nextTick) {
            case .element(let block):
                block.withLines { bytes, segments in
                    for index in segments.indices {
                        let segment = segments[index]
                        engine.ingest(
                            bytes, from: segment.range.lowerBound, to: segment.range.upperBound,
                            source: segment.source, arrivedAt: segment.arrival, emit: emit)
                    }
                }
                pool.give(block)
            case .timedOut: break
            case .closed: break loop
            }
            let now = MonotonicClock.now()
            guard now >= nextTick else { continue }
            nextTick = now + tick
            if configuration.clock.source == .wall {
                engine.advance(
                    to: WallClock.now().floored(to: configuration.clock.tick), emit: emit)
            } else {
                engine.flush(emit: emit)
            }
        }
        engine.finish(emit: emit)
        steps.close()
    }
}
