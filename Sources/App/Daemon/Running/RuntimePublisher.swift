import Intake
import Logging
import Platform
import Primitives
import Store
import Synchronization

/// Writes the `runtime` row from the store thread: with a step, at most every ten seconds, and
/// once at the end.
final class RuntimePublisher: Sendable {
    private let startedAt = WallClock.now()
    private let next = Mutex<UInt64>(0)
    private let journal: JournalState
    private let logger: Logger

    init(journal: JournalState, logger: Logger) {
        self.journal = journal
        self.logger = logger
    }

    func publish(_ writer: StepWriter, _ intake: IntakeCounts, isLast: Bool = false) {
        let now = MonotonicClock.now()
        let isDue = next.withLock { next in
            guard isLast || now >= next else { return false }
            next = now + RuntimeReport.interval
            return true
        }
        guard isDue else { return }
        let json = RuntimeReport.json(
            startedAt: startedAt, intake: intake,
            journal: journal.isWritten ? journal.counts : nil)
        do {
            try writer.publish(process: json)
        } catch {
            // Only what `status` shows is older than it could be.
            logger.debug("Cannot write the runtime row", metadata: ["error": "\(error)"])
        }
    }
}
