import Engine
import Logging
import Primitives
import Store
import Tickets

/// Brings the engine back to where an earlier process stopped: the newest checkpoint, then the
/// windows committed after it, folded again.
///
/// The ticket changes that come out of the second fold must be the committed ones: every restart
/// is a determinism test. Where they differ both are logged and the committed row stays.
struct StateRestoration: Sendable {
    let files: CheckpointFiles
    let database: StateDatabase
    let logger: Logger

    /// For a daemon, or a replay of new input: everything committed is taken up. `progress` is
    /// called between pieces of work, each of a second or so. A disk that fails for a while is
    /// waited for until `isOver`: an engine that forgot what was committed would be worse.
    /// `begins` is told what the checkpoint that was taken up says about its input; nil when there
    /// was none to take up.
    func engine(
        _ configuration: EngineConfiguration, isOver: () -> Bool = { false },
        begins: (String?) -> Void = { _ in }, progress: () -> Void = {}
    ) -> TelemetryEngine {
        var start = fromCheckpoint(configuration)
        begins(start.input)
        do {
            var differences = 0
            var folded = 0
            let history = StepHistory(database)
            var sequence = start.sequence
            if try history.lastRemoved() > sequence {
                logger.warning(
                    "Windows after the checkpoint are no longer kept; learning has a gap")
            }
            while true {
                let steps = try patiently(isOver, progress) { () throws(StoreFailure) in
                    try history.steps(after: sequence)
                }
                guard let last = steps.last else { break }
                for step in steps {
                    differences += compare(start.engine.refold(step), with: history)
                    folded += step.frames.count
                }
                sequence = last.sequence
                progress()
            }
            let (texts, operations, clocks, last) = try patiently(isOver, progress) {
                () throws(StoreFailure) in
                (
                    try history.texts(), try history.operations(), try history.clocks(),
                    try history.last()
                )
            }
            start.engine.adopt(texts)
            start.engine.adopt(clocks)
            let recounted = start.engine.adopt(operations)
            if recounted > 0 {
                logger.warning(
                    "Running hours are taken from the database; windows do not give them any more",
                    metadata: ["devices": "\(recounted)"])
            }
            start.engine.resume(after: last.sequence, advancedTo: last.advancedTo)
            // Only what `status` shows.
            try? history.record(refoldDifferences: differences)
            if folded > 0 {
                logger.notice(
                    "Committed windows folded again",
                    metadata: ["windows": "\(folded)", "differences": "\(differences)"])
            }
        } catch {
            logger.error(
                "Cannot read the committed windows; what they taught must be learned again",
                metadata: ["error": "\(error)"])
        }
        return start.engine
    }

    /// Reads, and reads again while what is in the way may pass.
    private func patiently<Value>(
        _ isOver: () -> Bool, _ progress: () -> Void,
        _ body: () throws(StoreFailure) -> Value
    ) throws(StoreFailure) -> Value {
        var pause = RetryPause()
        var reported: StoreFailure?
        while true {
            do throws(StoreFailure) {
                return try body()
            } catch {
                guard error.isRetryable, !isOver() else { throw error }
                if error != reported {
                    reported = error
                    logger.error(
                        "Cannot read the committed windows; lines wait",
                        metadata: ["error": "\(error)"])
                }
                progress()
                pause.wait()
            }
        }
    }

    /// What the second fold of a restart would say now, and of how many steps: one sentence for
    /// each change that is not the committed one. Nothing is changed. `fromNothing` folds
    /// everything that was committed, not only what came after the newest checkpoint. `nil` when
    /// windows that it would take are no longer kept.
    func differences(
        _ configuration: EngineConfiguration, fromNothing: Bool
    ) throws(StoreFailure) -> (steps: Int, sentences: [String])? {
        var start =
            fromNothing
            ? Start(engine: TelemetryEngine(configuration), sequence: 0)
            : fromCheckpoint(configuration)
        let history = StepHistory(database)
        if try history.lastRemoved() > start.sequence { return nil }
        var sentences: [String] = []
        var folded = 0
        var missing = try Set(history.changes(after: start.sequence))
        var sequence = start.sequence
        while true {
            let steps = try history.steps(after: sequence)
            guard let last = steps.last else {
                sentences += missing.sorted().map {
                    "change \($0) is not given by the windows of its step any more"
                }
                return (folded, sentences)
            }
            for step in steps {
                let changes = start.engine.refold(step)
                missing.subtract(changes.map(\.id))
                for difference in differing(changes, with: history) {
                    sentences.append(
                        "change \(difference.change) of step \(step.sequence) is not what its "
                            + "windows give now: \(difference.computed)")
                }
            }
            folded += steps.count
            sequence = last.sequence
        }
    }

    /// An engine and the last step it contains.
    private struct Start: ~Copyable {
        var engine: TelemetryEngine
        var sequence: Int
        /// What the checkpoint says about its input; nil without one.
        var input: String?
    }

    /// For going on with a replay: exactly the checkpoint; what was committed after it is made
    /// again from the input, and the committed rows stay.
    func engineOfCheckpoint(_ configuration: EngineConfiguration) -> TelemetryEngine {
        let start = fromCheckpoint(configuration)
        return start.engine
    }

    private func fromCheckpoint(
        _ configuration: EngineConfiguration
    ) -> Start {
        let newest = files.newest()
        for path in newest.unreadable {
            logger.error("Checkpoint is unusable", metadata: ["checkpoint.path": "\(path)"])
        }
        guard let bytes = newest.bytes else {
            return Start(engine: TelemetryEngine(configuration), sequence: 0)
        }
        var engine = TelemetryEngine(configuration)
        do throws(StateFailure) {
            let restored = try engine.restore(bytes)
            for piece in restored.dropped {
                logger.warning(
                    "State no longer fits and is learned again",
                    metadata: ["state.piece": "\(piece)"])
            }
            return Start(
                engine: engine, sequence: restored.header.sequence, input: restored.header.input)
        } catch {
            logger.error(
                "Checkpoint cannot be read; all committed windows are folded again",
                metadata: ["error": "\(error)"])
            return Start(engine: TelemetryEngine(configuration), sequence: 0)
        }
    }

    /// How many of the changes are not the committed ones.
    private func compare(_ changes: [TicketChange], with history: StepHistory) -> Int {
        let differences = differing(changes, with: history)
        for difference in differences {
            logger.error(
                "A restart gives another ticket than was committed; the committed one stays",
                metadata: [
                    "ticket.change": "\(difference.change)",
                    "computed": "\(difference.computed)",
                    "committed": "\(difference.committed ?? "nothing")",
                ])
        }
        return differences.count
    }

    private struct Difference {
        var change: String
        var computed: String
        var committed: String?
    }

    private func differing(
        _ changes: [TicketChange], with history: StepHistory
    ) -> [Difference] {
        changes.compactMap { change in
            let computed = TicketDocument.json(change)
            let committed = try? history.document(ticket: change.ticket.id, change.revision)
            guard committed != computed else { return nil }
            return Difference(change: change.id, computed: computed, committed: committed)
        }
    }
}
