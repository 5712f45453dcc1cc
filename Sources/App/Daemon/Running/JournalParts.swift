import Engine
import Intake
import Logging
import Platform
import Primitives
import Store

/// What there is of a journal in one run of the daemon: the thread that writes it, at that level,
/// and what an earlier process left, at any.
struct JournalParts: Sendable {
    let loop: JournalLoop?
    let recovery: JournalRecovery?

    init(
        _ state: OpenState, _ configuration: DaemonConfiguration, pool: BlockPool,
        blocks: BoundedQueue<LineBlock>, request: CheckpointRequest, logger: Logger
    ) throws(CommandFailure) {
        let terms = ByteHash.hash("\(configuration.intake.lineTerms)")
        let last: UInt64
        do throws(SystemFailure) {
            last = try state.journal.files.lastNumber()
        } catch {
            throw CommandFailure(error.description, .inputOutput)
        }
        let contained = state.checkpoints.journalNumbers.compactMap(\.self).max() ?? 0
        guard state.journal.isWritten || last > 0 else {
            (loop, recovery) = (nil, nil)
            return
        }
        recovery = JournalRecovery(
            state.journal, terms: terms, after: contained, through: last,
            committed: try Self.committed(state), logger: logger)
        guard state.journal.isWritten else {
            // It is of no use any more once two checkpoints contain it; this is the first.
            request.raise()
            loop = nil
            return
        }
        var limits = JournalLimits()
        limits.bytes = configuration.journal.size
        limits.interval = UInt64(max(0, configuration.journal.interval.nanoseconds))
        limits.blockBytesMax = pool.slabBytes
        loop = JournalLoop(
            incoming: BoundedQueue<LineBlock>(capacity: pool.blocks), outgoing: blocks, pool: pool,
            state: state.journal, limits: limits, next: max(last, contained) + 1, terms: terms,
            request: request, logger: logger)
    }

    private static func committed(_ state: OpenState) throws(CommandFailure) -> JournalPosition? {
        do throws(StoreFailure) {
            return try StepHistory(state.database).journal()
        } catch {
            throw CommandFailure(because: error)
        }
    }
}
