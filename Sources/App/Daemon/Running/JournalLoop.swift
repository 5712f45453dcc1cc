import Intake
import Logging
import Platform

/// The journal's thread: takes blocks from the listeners, writes them down and hands them on to the
/// engine, which does not wait for the disk; whoever waits for it is told once in an interval.
///
/// What cannot be written down: of a request it is refused, because its sender keeps it; all else
/// goes on to the engine, because its sender was promised nothing.
struct JournalLoop: Sendable {
    /// Nanoseconds after a failure before the next try.
    static let pauseAfterFailure: UInt64 = 1_000_000_000

    let incoming: BoundedQueue<LineBlock>
    let outgoing: BoundedQueue<LineBlock>
    let pool: BlockPool
    let state: JournalState
    let limits: JournalLimits
    /// Number of the first record.
    let next: UInt64
    /// Tells apart what the listeners say about their lines.
    let terms: UInt64
    /// Asks for a checkpoint, so that segments may go.
    let request: CheckpointRequest
    let logger: Logger

    private struct Round: ~Copyable {
        var journal: Journal
        var waiting: [JournalReceipt] = []
        var synchronizesAt = UInt64.max
        var restsUntil: UInt64 = 0
    }

    var service: ThreadService { ThreadService(name: "journal", stop: {}) { run() } }

    /// Runs until the listeners' queue is closed and empty; then closes the engine's.
    func run() {
        var round = Round(
            journal: Journal(state.files, limits: limits, next: next, terms: terms))
        loop: while true {
            switch incoming.pop(until: round.synchronizesAt) {
            case .element(let block): take(block, &round)
            case .timedOut: break
            case .closed: break loop
            }
            if MonotonicClock.now() >= round.synchronizesAt { synchronize(&round) }
        }
        synchronize(&round)
        outgoing.close()
    }

    private func take(_ block: consuming LineBlock, _ round: inout Round) {
        var block = block
        if block.segmentCount > 0 {
            if let failure = write(&block, &round) {
                note(failure, isRequest: block.receipt != nil)
                if let receipt = block.receipt {
                    pool.give(block)
                    return receipt.settle(isSafe: false)
                }
            } else if let receipt = block.receipt {
                round.waiting.append(receipt)
            }
        }
        // There is room for every block of the pool; it is closed when the program ends.
        if let refused = outgoing.push(block) { pool.give(refused) }
    }

    /// What is in the way of writing the block down, if anything.
    private func write(_ block: inout LineBlock, _ round: inout Round) -> String? {
        let now = MonotonicClock.now()
        let counts = state.counts
        if now < round.restsUntil { return counts.trouble ?? "" }
        guard counts.bytes + block.count < limits.bytes else {
            request.raise()
            return "the journal has its \(limits.bytes) bytes and waits for a checkpoint"
        }
        do throws(SystemFailure) {
            guard let written = try round.journal.append(block) else { return nil }
            block.position = InputPosition(file: 0, offset: written.last)
            if round.synchronizesAt == .max { round.synchronizesAt = now + limits.interval }
            let records = UInt64(block.segmentCount)
            var isDue = false
            state.update { state in
                state.records += records
                state.bytes += written.bytes
                state.bytesSinceRequest += written.bytes
                isDue = state.bytesSinceRequest >= limits.checkpointBytes
                if isDue { state.bytesSinceRequest = 0 }
            }
            if isDue { request.raise() }
            return nil
        } catch {
            round.restsUntil = now + Self.pauseAfterFailure
            return error.description
        }
    }

    private func synchronize(_ round: inout Round) {
        guard round.synchronizesAt != .max else { return }
        round.synchronizesAt = .max
        var isSafe = true
        do throws(SystemFailure) {
            try round.journal.synchronize()
        } catch {
            isSafe = false
            note(error.description, isRequest: false)
        }
        let waiting = round.waiting
        round.waiting.removeAll()
        for receipt in waiting { receipt.settle(isSafe: isSafe) }
        var isNews = false
        state.update { state in
            state.synchronizations += 1
            guard isSafe, state.trouble != nil else { return }
            state.trouble = nil
            isNews = true
        }
        if isNews { logger.notice("Journal is written again") }
    }

    private func note(_ failure: String, isRequest: Bool) {
        var isNews = false
        state.update { state in
            if isRequest { state.blocksRefused += 1 } else { state.blocksUnwritten += 1 }
            isNews = state.trouble != failure
            state.trouble = failure
        }
        guard isNews else { return }
        logger.error(
            "Journal cannot be written; requests are told to come back",
            metadata: ["error": "\(failure)"])
    }
}
