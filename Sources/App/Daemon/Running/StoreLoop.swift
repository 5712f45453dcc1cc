import Engine
import Intake
import Logging
import Platform
import Store
import Synchronization

/// The store's thread: pops steps and commits each in one transaction.
///
/// A commit that fails for a passing reason (disk full, locked, I/O error) is tried again until it
/// succeeds: meanwhile the step queue fills, the engine waits, and the pressure reaches the
/// sockets. Nothing counts as done that is not committed.
final class StoreLoop: Sendable {
    private let work: BoundedQueue<StoreWork>
    private let logger: Logger
    private let supervision: Supervision
    private let stopping = ShutdownFlag()
    private let outcome = Mutex<StoreFailure?>(nil)
    private let waitsFor = Mutex<StoreFailure?>(nil)

    /// How long a commit is tried while the program is stopping.
    static let patienceWhenStopping: UInt64 = 20_000_000_000
    /// How often new decisions of operators are looked for.
    static let pollInterval: UInt64 = 1_000_000_000

    init(work: BoundedQueue<StoreWork>, logger: Logger, supervision: Supervision) {
        self.work = work
        self.logger = logger
        self.supervision = supervision
    }

    /// What ended the loop early, if anything.
    var failure: StoreFailure? { outcome.withLock { $0 } }

    /// Why the store cannot write at present; `nil` while it can.
    var trouble: StoreFailure? { waitsFor.withLock { $0 } }

    /// From now on failing commits are given up after a while.
    func stopSoon() { stopping.request() }

    /// Runs until the queue is closed and empty, or a commit fails for good. `consume` writes one
    /// step; `committed` is told of every one that is on disk, `other` of introductions and
    /// checkpoints, in order. `poll` is called about once a second, between two pieces of work.
    /// `repair` is called when a commit says that the file is damaged; when it has returned the
    /// commit is tried again.
    func run(
        consume: (EngineStep, InputPosition?) throws(StoreFailure) -> Void,
        committed: (EngineStep) -> Void,
        other: (StoreWork) -> Void, poll: (() -> Void)? = nil,
        repair: ((StoreFailure) throws(StoreFailure) -> Void)? = nil
    ) {
        var nextPoll = poll == nil ? UInt64.max : MonotonicClock.now()
        while true {
            if let poll, MonotonicClock.now() >= nextPoll {
                poll()
                nextPoll = MonotonicClock.now() + Self.pollInterval
            }
            switch work.pop(until: nextPoll) {
            case .element(.step(let step, let position)):
                if let failure = commit(step, position, consume, repair) {
                    outcome.withLock { $0 = failure }
                    work.close()
                    return
                }
                committed(step)
            case .element(.heartbeat): supervision.pipelineMoved()
            case .element(let item): other(item)
            case .timedOut: continue
            case .closed: return
            }
        }
    }

    private func commit(
        _ step: EngineStep, _ position: InputPosition?,
        _ consume: (EngineStep, InputPosition?) throws(StoreFailure) -> Void,
        _ repair: ((StoreFailure) throws(StoreFailure) -> Void)?
    ) -> StoreFailure? {
        var pause = RetryPause()
        var reported: StoreFailure?
        var givingUpAt = UInt64.max
        while true {
            guard let failure = attempt(step, position, consume, repair) else {
                waitsFor.withLock { $0 = nil }
                if reported != nil { logger.notice("Store writes again") }
                return nil
            }
            // A repair that fails is tried again, whatever it fails with.
            guard failure.isRetryable || repair != nil && failure.isDamage else { return failure }
            if failure != reported {
                reported = failure
                waitsFor.withLock { $0 = failure }
                logger.error(
                    "Store cannot write; steps wait",
                    metadata: ["step": "\(step.sequence)", "error": "\(failure)"])
            }
            supervision.storeWaits("\(failure)")
            let now = MonotonicClock.now()
            if stopping.isRequested, givingUpAt == .max {
                givingUpAt = now + Self.patienceWhenStopping
            }
            if now >= givingUpAt { return failure }
            pause.wait()
        }
    }

    /// Commits the step, with repairs on the way; what is in the way otherwise.
    private func attempt(
        _ step: EngineStep, _ position: InputPosition?,
        _ consume: (EngineStep, InputPosition?) throws(StoreFailure) -> Void,
        _ repair: ((StoreFailure) throws(StoreFailure) -> Void)?
    ) -> StoreFailure? {
        // Looking anew, then a fresh file: what fails as damaged after that is tried again later.
        for _ in 0..<3 {
            do {
                try consume(step, position)
                return nil
            } catch {
                guard error.isDamage, let repair else { return error }
                do throws(StoreFailure) { try repair(error) } catch { return error }
            }
        }
        return StoreFailure(
            .data, "cannot write step \(step.sequence): the database is damaged again at once",
            isDamage: true)
    }
}
