package import Engine
import Intake
package import Logging
import Platform
import Primitives
import Store
import Synchronization
import Tickets

/// The production pipeline over recordings: three threads, the same queues, the same engine and
/// the same store as the daemon, with files in place of sockets.
package struct Replay {
    package struct Options: Sendable {
        package var files: [String]
        package var stateDirectory: String?
        package var scores: String?
        package var prognoses: String?
        package var tickets: String?
        /// A maintenance history whose events enter when event time reaches them.
        package var maintenance: String?
        /// Recorded time per wall time; `nil` is as fast as it goes.
        package var speed: Double?

        package init(files: [String]) { self.files = files }
    }

    /// What happened, for the last line on standard error.
    package struct Summary: Sendable {
        package var counters = EngineCounters()
        package var overlongLines: UInt64 = 0
        package var ticketsOpened = 0
        package var ticketChanges = 0
        /// The reading ended early; what came before is done and stored.
        package var failure: CommandFailure?
        /// The state already contained the whole input; nothing was done.
        package var isComplete = false
        /// The replay was given a maintenance history.
        package var hasHistory = false

        mutating func note(_ feed: RecordingFeed, failure: CommandFailure?) {
            overlongLines = feed.overlongLines
            self.failure = failure
        }

        package var text: String {
            if isComplete { return "this input is already complete in this state; nothing to do" }
            return "\(counters.linesAccepted) lines, \(counters.readings) readings, "
                + "\(counters.linesRefused + overlongLines) lines refused, "
                + "\(counters.windowsClosed) windows, \(ticketsOpened) tickets opened, "
                + "\(ticketChanges) ticket changes"
                + (hasHistory ? ", \(counters.maintenanceTaken) maintenance events" : "")
        }
    }

    /// `progress` is called a few times a second with a number in [0, 1], or `nil` while the
    /// length is not known.
    package static func run(
        _ options: Options, configuration: DaemonConfiguration, logger: Logger,
        progress: @escaping @Sendable (Double?) -> Void
    ) throws(CommandFailure) -> Summary {
        do {
            return try replay(options, configuration, logger, progress)
        } catch let failure as RecordingFailure {
            throw CommandFailure(failure)
        } catch {
            throw CommandFailure(because: error)
        }
    }

    private static func replay(
        _ options: Options, _ configuration: DaemonConfiguration, _ logger: Logger,
        _ progress: @escaping @Sendable (Double?) -> Void
    ) throws -> Summary {
        let engineConfiguration = configuration.runningEngine
        let history = try options.maintenance.map { try MaintenanceHistory.read($0) }
        let pool = BlockPool()
        let blocks = BoundedQueue<LineBlock>(capacity: pool.blocks)
        let work = BoundedQueue<StoreWork>(capacity: EngineLoop.stepQueueCapacity)
        let feed = try RecordingFeed(
            files: options.files, pool: pool, blocks: blocks, speed: options.speed,
            beside: history.map { "\($0.events)" })
        let opened = try options.stateDirectory.map {
            try OpenState(at: $0, configuration: configuration, logger: logger)
        }
        let place = opened.flatMap { Self.place(in: $0, of: feed) }
        if let place, place.position == nil {
            _ = opened?.delivery.run(isLast: true)
            return Summary(isComplete: true)
        }
        var files = try ResultFiles(
            scores: options.scores, prognoses: options.prognoses, tickets: options.tickets,
            configuration: engineConfiguration)
        var writer = opened?.writer
        let engine = EngineLoop(
            configuration: engineConfiguration, pool: pool, blocks: blocks, work: work,
            start: start(opened, continues: place != nil),
            checkpoints: schedule(
                feed.identity, from: place?.position, hasState: opened != nil,
                isPaced: options.speed != nil),
            sealsByWallTime: false, history: history.map { ($0.events, place != nil) })
        let engineThread = try PlatformThread(name: "engine") { engine.run() }
        let feedThread = try PlatformThread(name: "reader") {
            feed.run(from: place?.position ?? InputPosition(file: 0, offset: 0))
        }
        let store = StoreLoop(
            work: work, logger: logger, supervision: Supervision(nil, logger: logger))
        var summary = Summary(hasHistory: history != nil)
        var nextReport: UInt64 = 0
        store.run { step, position throws(StoreFailure) in
            _ = try writer?.write(step, input: position.map(feed.folded))
            try files.write(step)
        } committed: { step in
            summary.counters = step.counters
            summary.ticketChanges += step.changes.count
            summary.ticketsOpened += step.changes.count { $0.kind == .opened }
            let now = MonotonicClock.now()
            if now >= nextReport {
                nextReport = now + 200_000_000
                progress(feed.progress)
            }
        } other: { item in
            if case .introduction(let devices, let signals) = item {
                files.introduce(devices: devices, signals: signals)
            }
            guard let opened, var current = writer else { return }
            opened.take(item, writer: &current, logger: logger)
            writer = current
        }
        pool.close()
        blocks.close()
        feedThread.join()
        engineThread.join()
        progress(1)
        if let failure = store.failure { throw failure }
        try files.finish()
        Self.conclude(opened, &writer, logger)
        summary.note(feed, failure: failure(of: feed, history, options))
        return summary
    }

    /// The recording is over: nothing more comes that windows would wait for.
    private static func conclude(
        _ opened: OpenState?, _ writer: inout StepWriter?, _ logger: Logger
    ) {
        do throws(StoreFailure) {
            try writer?.finishRollups()
        } catch {
            // The marks stay; whoever goes on with this state does it.
            logger.warning("Cannot sum up the last windows", metadata: ["error": "\(error)"])
        }
        _ = opened?.delivery.run(isLast: true)
    }

    /// Where an earlier replay of the same input got to.
    private static func place(in state: OpenState, of feed: RecordingFeed) -> ReplayPlace? {
        let found = state.checkpoints.newest().header.flatMap { ReplayPlace($0.input) }
        return found?.identity == feed.identity && !feed.identity.isEmpty ? found : nil
    }

    /// What was not taken of the input, if anything.
    private static func failure(
        of feed: RecordingFeed, _ history: MaintenanceFile?, _ options: Options
    ) -> CommandFailure? {
        if let failure = feed.failure { return CommandFailure(failure) }
        guard let history, let path = options.maintenance, !history.refusals.isEmpty else {
            return nil
        }
        return MaintenanceHistory.refusal(of: history, path)
    }
}

extension Replay {
    /// Nanoseconds between the checkpoints of a replay.
    private static let checkpointInterval: UInt64 = 5_000_000_000

    private static func start(
        _ state: OpenState?, continues: Bool
    ) -> @Sendable (EngineConfiguration) -> TelemetryEngine {
        guard let restoration = state?.restoration else { return { TelemetryEngine($0) } }
        if continues { return { restoration.engineOfCheckpoint($0) } }
        return { restoration.engine($0) }
    }

    private static func schedule(
        _ identity: String, from start: InputPosition?, hasState: Bool, isPaced: Bool
    ) -> CheckpointSchedule {
        guard hasState else { return CheckpointSchedule(interval: UInt64.max / 4) }
        guard !identity.isEmpty else { return CheckpointSchedule(interval: checkpointInterval) }
        // The pieces of a paced replay do not say where they lie in the input.
        return CheckpointSchedule(
            interval: isPaced ? UInt64.max / 4 : checkpointInterval, takesInitial: true,
            start: start ?? InputPosition(file: 0, offset: 0),
            input: { position in
                ReplayPlace(
                    identity: identity,
                    position: position ?? InputPosition(file: 0, offset: 0)
                ).text
            }, inputAtEnd: { _ in ReplayPlace(identity: identity, position: nil).text })
    }
}
