import Engine
import Intake
package import Logging
import Platform
import Primitives
import ServiceLifecycle
import Store
import Tickets
import UnixSignals
import Windows

/// The daemon: which threads and tasks exist, and in which order they start and stop.
///
/// | thread or task | owns | talks through |
/// |---|---|---|
/// | `intake-udp` or `-unixgram`, one per listener | its socket, the slab it fills | block queue |
/// | `intake-tcp`, one for all | its sockets, incomplete lines, the slab it fills | block queue |
/// | `journal`, at that level | the journal's files | pops blocks, pushes them on |
/// | `engine` | the telemetry engine | pops blocks, pushes steps |
/// | `store` | step transactions | pops steps, wakes delivery |
/// | delivery (task) | the sinks | SQLite |
/// | web (tasks on one event loop) | requests, connections over TLS | block queue |
///
/// They stop in the reverse order of this list from the bottom of the data flow up: the web server
/// first, then the listeners, then journal and engine when their block queues have run empty, then
/// the store when the step queue has, then delivery. So nothing that was received is left behind.
package enum DaemonRun {
    /// Runs until SIGTERM or SIGINT. `announce` gets the lines for standard error: one per
    /// listener, then `ready`, and a summary at the end.
    package static func run(
        _ configuration: DaemonConfiguration, stateDirectory: String, logger: Logger,
        announce: @escaping @Sendable (String) -> Void
    ) async throws(CommandFailure) {
        let passed = try passedSockets()
        let state = try OpenState(
            at: stateDirectory, configuration: configuration, replacesDamaged: true,
            logger: logger)
        let request = CheckpointRequest()
        let listeners = try Listeners(configuration.intake, passed: passed, logger: logger)
        let pool = BlockPool(limits: IntakeLimits(configuration.intake))
        let blocks = BoundedQueue<LineBlock>(capacity: pool.blocks)
        // Between listeners and engine stands the journal, if there is one.
        let journal = try JournalParts(
            state, configuration, pool: pool, blocks: blocks, request: request, logger: logger)
        let incoming = journal.loop?.incoming ?? blocks
        let work = BoundedQueue<StoreWork>(capacity: EngineLoop.stepQueueCapacity)
        let decisions = BoundedQueue<OperatorCommand>(capacity: OperatorFeed.capacity)
        let restoration = state.restoration
        let supervision = Supervision.ofThisProcess(logger: logger)
        let engine = EngineLoop(
            configuration: configuration.runningEngine, pool: pool, blocks: blocks, work: work,
            start: { configuration in
                restored(logger) {
                    restoration.engine(
                        configuration, isOver: { incoming.isClosed },
                        begins: { journal.recovery?.begin(at: $0) }
                    ) { _ = work.push(.heartbeat) }
                }
            },
            checkpoints: CheckpointSchedule(
                interval: UInt64(configuration.checkpointInterval.nanoseconds),
                input: JournalPlace.text, inputAtEnd: JournalPlace.text, request: request),
            sealsByWallTime: true, commands: decisions, journal: journal.recovery,
            heartbeats: supervision.heartbeats)
        let delivery = DeliveryLoop(state.delivery)
        let store = StoreLoop(work: work, logger: logger, supervision: supervision)
        let totals = RunTotals()
        let places = listeners.places
        let company = StoreCompany(
            listeners: listeners, totals: totals, decisions: decisions, request: request,
            delivery: delivery, logger: logger)
        // The group runs its services once it has the signals: whoever reads `ready` may stop it.
        let intake = IntakeService(listeners: listeners.all, pool: pool, blocks: incoming) {
            announceReady(places, announce, supervision)
        }
        let group = group(
            [
                delivery,
                ThreadService(name: "store", stop: { store.stopSoon() }) {
                    runStore(store, state, company)
                    pool.close()
                }, ThreadService(name: "engine", stop: {}) { engine.run() },
            ] + (journal.loop.map { [$0.service] } ?? []) + [
                intake,
                WebService(
                    listeners: listeners, totals: totals, pool: pool, blocks: incoming,
                    store: store, state: state), StopNotice(supervision: supervision),
            ], state, logger)
        delivery.wake()
        try await run(group, until: store)
        announce(totals.summary(listeners.counts))
    }

    /// The services in the order in which they start; they stop in the opposite one.
    private static func group(
        _ services: [any Service], _ state: OpenState, _ logger: Logger
    ) -> ServiceGroup {
        let first = ServiceGroupConfiguration.ServiceConfiguration(
            service: HangupService(delivery: state.delivery), successTerminationBehavior: .ignore)
        return ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [first] + services.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    }

    /// Says how long the engine took to learn what an earlier process knew: lines wait meanwhile.
    private static func restored(
        _ logger: Logger, _ restore: () -> TelemetryEngine
    ) -> TelemetryEngine {
        let start = MonotonicClock.now()
        let engine = restore()
        if !engine.registry.devices.isEmpty {
            let milliseconds = (MonotonicClock.now() - start) / 1_000_000
            logger.info(
                "What an earlier run learned is taken up",
                metadata: [
                    "devices": "\(engine.registry.devices.count)",
                    "signals": "\(engine.registry.signals.count)",
                    "milliseconds": "\(milliseconds)",
                ])
        }
        return engine
    }

    /// The body of the store's thread.
    private static func runStore(_ store: StoreLoop, _ state: OpenState, _ company: StoreCompany) {
        let logger = company.logger
        let listeners = company.listeners
        let refusals = RefusalLog(logger: logger)
        let precisions = PrecisionLog(logger: logger)
        let runtime = RuntimePublisher(journal: state.journal, logger: logger)
        var writer = state.writer
        var drops = DropAlerts(listeners, Outbox(state.database), logger)
        var feed = OperatorFeed(
            OperatorInbox(state.database), to: company.decisions, logger: logger)
        var repair = DatabaseRepair(state.database, request: company.request, logger: logger)
        store.run { step, place throws(StoreFailure) in
            let journal = place.map { JournalPosition(record: $0.offset, lines: $0.lines) }
            _ = try writer.write(step, journal: journal)
        } committed: { step in
            company.totals.add(step)
            if !step.isEmpty { repair.committed(step.sequence) }
            refusals.note(step.refused)
            precisions.note(step.guesses)
            runtime.publish(writer, listeners.counts)
            if step.hasMessages { company.delivery.wake() }
        } other: { item in
            state.take(item, writer: &writer, logger: logger)
        } poll: {
            if repair.attempt(&writer) {
                feed.beginAgain()
                company.delivery.wake()
            }
            feed.offer()
            if drops.look() { company.delivery.wake() }
        } repair: { failure throws(StoreFailure) in
            guard try repair.run(because: failure, writer: &writer) else { return }
            feed.beginAgain()
            company.delivery.wake()
        }
        _ = drops.look(isLast: true)
        runtime.publish(writer, listeners.counts, isLast: true)
    }

    /// Runs everything to its end; the store's failure is the reason for any other.
    private static func run(
        _ group: ServiceGroup, until store: StoreLoop
    ) async throws(CommandFailure) {
        do {
            try await group.run()
        } catch {
            throw store.failure.map { CommandFailure($0) }
                ?? CommandFailure("the daemon stopped: \(error)", .findings)
        }
        if let failure = store.failure { throw CommandFailure(failure) }
    }

    private static func passedSockets() throws(CommandFailure) -> [PassedSocket] {
        do throws(SystemFailure) {
            return try PassedSocket.take()
        } catch {
            throw CommandFailure(error.description, .unavailable)
        }
    }

    private static func announceReady(
        _ places: [String], _ announce: (String) -> Void, _ supervision: Supervision
    ) {
        for place in places { announce("listening \(place)") }
        announce("ready")
        supervision.ready(places)
    }
}

/// What the store's thread has to do with beside the steps.
private struct StoreCompany: Sendable {
    let listeners: Listeners
    let totals: RunTotals
    let decisions: BoundedQueue<OperatorCommand>
    let request: CheckpointRequest
    let delivery: DeliveryLoop
    let logger: Logger
}
