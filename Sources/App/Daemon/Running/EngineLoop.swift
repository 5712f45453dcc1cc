import Engine
import Intake
import Platform
import Primitives
import Tickets
import Windows

/// The engine's thread: pops blocks, feeds the engine, pushes steps.
///
/// It waits for blocks at most until the next tick is due, takes what has arrived, works, then lets
/// time advance once. It may wait for the store (the queue of steps is bounded); nothing waits for
/// it but the listeners, whose pool runs empty.
struct EngineLoop: Sendable {
    /// Steps that may wait for the store.
    static let stepQueueCapacity = 64
    /// Counters without a step are handed on at most this often, in nanoseconds.
    static let countersInterval: UInt64 = 10_000_000_000

    let configuration: EngineConfiguration
    let pool: BlockPool
    let blocks: BoundedQueue<LineBlock>
    let work: BoundedQueue<StoreWork>
    /// Makes the engine, with what an earlier process learned; called on the engine's thread.
    let start: @Sendable (EngineConfiguration) -> TelemetryEngine
    let checkpoints: CheckpointSchedule
    /// A live event clock seals steps by wall time too, so that nothing waits for the next line. A
    /// replay must not: where its steps end depends on the recording alone. Likewise for counters
    /// that no step carries.
    let sealsByWallTime: Bool
    /// Operators' decisions, offered by the store thread; a replay has none.
    var commands: BoundedQueue<OperatorCommand>?
    /// What a replay was given beside its recordings, and whether it goes on with an earlier one.
    var history: (events: [MaintenanceEvent], continues: Bool)?
    /// What an earlier process left in the journal; a replay has none.
    var journal: JournalRecovery?
    /// None for a replay, which nobody watches over.
    var heartbeats = HeartbeatSchedule(interval: nil)

    /// Runs until the block queue is closed and empty; then takes the last step and closes the
    /// queue to the store.
    func run() {
        var engine = start(configuration)
        if let history { engine.schedule(history.events, continues: history.continues) }
        let work = self.work
        var position = checkpoints.start
        // Lines before the block in hand; nil while there is none that the journal has.
        var before: UInt64?
        // A closed queue means that the store has given up; what is left has nowhere to go.
        let emit: (EngineStep) -> Void = { step in
            _ = work.push(.step(step, position: place(of: step, position, linesBefore: before)))
        }
        introduceKnown(engine)
        if let journal {
            position = journal.run(&engine, clock: configuration.clock) { step, place in
                _ = work.push(.step(step, position: place))
            } progress: {
                _ = work.push(.heartbeat)
            }
        }
        if checkpoints.takesInitial { offerCheckpoint(engine, checkpoints.input(position)) }
        let tick = UInt64(max(configuration.clock.tick.nanoseconds, 1_000_000))
        var nextTick = MonotonicClock.now() + tick
        var nextCheckpoint = MonotonicClock.now() + checkpoints.interval
        var heartbeats = self.heartbeats
        var counted = engine.counters
        var nextCounting = MonotonicClock.now() + Self.countersInterval
        loop: while true {
            switch blocks.pop(until: min(nextTick, heartbeats.latest)) {
            case .element(let block):
                noteRefusals(of: block, into: &engine)
                if block.position != nil { before = engine.linesTaken }
                ingest(block, into: &engine, emit: emit)
                before = nil
                // What was not journalled says nothing about the place in the journal.
                position = block.position ?? (journal == nil ? nil : position)
                pool.give(block)
            case .timedOut: break
            case .closed: break loop
            }
            let now = MonotonicClock.now()
            if now >= nextTick {
                nextTick = now + tick
                takeCommands(into: &engine)
                letTimePass(&engine, emit: emit)
            }
            if sealsByWallTime, now >= nextCounting {
                nextCounting = now + Self.countersInterval
                if engine.counters != counted {
                    _ = work.push(.step(engine.progress, position: nil))
                }
                counted = engine.counters
            }
            if heartbeats.isDue(at: now) { _ = work.push(.heartbeat) }
            if checkpoints.request?.take() == true { nextCheckpoint = now }
            if now >= nextCheckpoint, engine.canCheckpoint {
                nextCheckpoint = now + checkpoints.interval
                offerCheckpoint(engine, checkpoints.input(position))
            }
        }
        engine.finish(emit: emit)
        if history != nil { engine.takeRest(emit: emit) }
        if sealsByWallTime { _ = work.push(.step(engine.progress, position: nil)) }
        offerCheckpoint(engine, checkpoints.inputAtEnd(position))
        work.close()
    }

    /// How far the input is taken in with a step; `linesBefore` is how many lines came before the
    /// block in hand, `nil` while there is none that the journal has.
    private func place(
        of step: EngineStep, _ position: InputPosition?, linesBefore: UInt64?
    ) -> InputPosition? {
        guard journal != nil else { return position }
        return InputPosition(
            file: 0, offset: position?.offset ?? 0,
            lines: linesBefore.map { step.counters.lines &- $0 } ?? 0)
    }

    /// Devices and signals known from a checkpoint.
    private func introduceKnown(_ engine: borrowing TelemetryEngine) {
        guard !engine.registry.devices.isEmpty else { return }
        let (devices, signals) = (engine.registry.devices, engine.registry.signals)
        _ = work.push(.introduction(devices: devices, signals: signals))
    }

    private func offerCheckpoint(
        _ engine: borrowing TelemetryEngine, _ input: String
    ) {
        guard engine.canCheckpoint else { return }
        _ = work.push(.checkpoint(engine.checkpoint(input: input)))
    }

    private func noteRefusals(
        of block: borrowing LineBlock, into engine: inout TelemetryEngine
    ) {
        for refusal in block.refusals {
            engine.noteRefused(
                refusal.name, isLine: refusal.isAboutALine, count: refusal.count,
                source: refusal.source, column: refusal.column, sample: refusal.sample.span,
                at: refusal.arrival)
        }
    }

    private func ingest(
        _ block: borrowing LineBlock, into engine: inout TelemetryEngine,
        emit: (EngineStep) -> Void
    ) {
        block.withLines { bytes, segments in
            for index in segments.indices {
                let segment = segments[index]
                engine.ingest(
                    bytes, from: segment.range.lowerBound, to: segment.range.upperBound,
                    source: segment.source, arrivedAt: segment.arrival,
                    precision: segment.precision, terms: Int(segment.terms), emit: emit)
            }
        }
    }

    private func takeCommands(into engine: inout TelemetryEngine) {
        while let commands, case .element(let command) = commands.pop(until: 0) {
            engine.apply(command)
        }
    }

    private func letTimePass(
        _ engine: inout TelemetryEngine, emit: (EngineStep) -> Void
    ) {
        if configuration.clock.source == .wall {
            engine.advance(
                to: WallClock.now().floored(to: configuration.clock.tick), emit: emit)
        } else if sealsByWallTime {
            engine.flush(emit: emit)
        }
    }
}

/// When checkpoints are taken, and how they name the place in the input.
struct CheckpointSchedule: Sendable {
    /// Nanoseconds between checkpoints.
    var interval: UInt64
    /// A replay begins with one, so that it can be told later which input the steps came from.
    var takesInitial = false
    /// Where a replay begins or goes on. Until its first block is folded, checkpoints and steps
    /// name that place: going on, the beginning of the input would pair a state with lines it
    /// contains already.
    var start: InputPosition?
    /// Text for a place in a replayed input; live input has none.
    var input: @Sendable (InputPosition?) -> String = { _ in "" }
    var inputAtEnd: @Sendable (InputPosition?) -> String = { _ in "" }
    /// Asks for one out of turn.
    var request: CheckpointRequest?
}
