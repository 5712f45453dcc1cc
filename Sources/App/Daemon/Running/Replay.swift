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

        package var text: String {
            "\(counters.linesAccepted) lines, \(counters.readings) readings, "
                + "\(counters.linesRefused + overlongLines) lines refused, "
                + "\(counters.windowsClosed) windows, \(ticketsOpened) tickets opened, "
                + "\(ticketChanges) ticket changes"
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
        } catch let failure as CommandFailure {
            throw failure
        } catch let failure as StoreFailure {
            throw CommandFailure(failure)
        } catch let failure as RecordingFailure {
            throw CommandFailure(failure)
        } catch let failure as SystemFailure {
            throw CommandFailure(failure.description, .inputOutput)
        } catch {
            throw CommandFailure("\(error)", .inputOutput)
        }
    }

    private static func replay(
        _ options: Options, _ configuration: DaemonConfiguration, _ logger: Logger,
        _ progress: @escaping @Sendable (Double?) -> Void
    ) throws -> Summary {
        let engineConfiguration = configuration.runningEngine
        let pool = BlockPool()
        let blocks = BoundedQueue<LineBlock>(capacity: pool.blocks)
        let steps = BoundedQueue<EngineStep>(capacity: EngineLoop.stepQueueCapacity)
        let feed = try RecordingFeed(files: options.files, pool: pool, blocks: blocks)
        var files = try ResultFiles(
            scores: options.scores, prognoses: options.prognoses, tickets: options.tickets,
            configuration: engineConfiguration)
        let opened = try options.stateDirectory.map {
            try OpenState(at: $0, configuration: configuration, logger: logger)
        }
        var writer = opened?.writer
        let engine = EngineLoop(
            configuration: engineConfiguration, pool: pool, blocks: blocks, steps: steps,
            lastSequence: opened?.lastSequence ?? 0)
        let engineThread = try PlatformThread(name: "engine") { engine.run() }
        let feedThread = try PlatformThread(name: "reader") { feed.run() }
        let store = StoreLoop(steps: steps, logger: logger)
        var summary = Summary()
        var nextReport: UInt64 = 0
        store.run { step throws(StoreFailure) in
            _ = try writer?.write(step)
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
        }
        pool.close()
        blocks.close()
        feedThread.join()
        engineThread.join()
        progress(1)
        if let failure = store.failure { throw failure }
        try files.finish()
        _ = opened?.delivery.run(isLast: true)
        summary.overlongLines = feed.overlongLines
        summary.failure = feed.failure.map { CommandFailure($0) }
        return summary
    }
}

extension CommandFailure {
    init(_ failure: StoreFailure) {
        self.init(
            failure.description, CommandFailure.Code(rawValue: failure.exitCode) ?? .inputOutput)
    }
}
