internal import Logging
internal import Platform
internal import Primitives
internal import Store

/// What is remembered of one sink between rounds.
struct SinkHealth: Sendable {
    var failuresInARow = 0
    /// Monotonic nanoseconds.
    var restsUntil: UInt64?
    var lastError: String?
    /// The row that reached its sink but could not be marked: only the mark is repeated.
    var unmarked: Int64?
}

/// Takes the undelivered rows of one sink to it, oldest first, until all are there, one fails, or
/// the limit of a round is reached.
struct OutboxDrain: Sendable {
    struct Moment {
        var now: Timestamp
        var monotonic: UInt64
        var isLast: Bool
    }

    /// Messages per round and sink, so that one round ends in bounded time.
    static let limit = 256

    let outbox: Outbox
    let policy: RetryPolicy
    let logger: Logger

    func run<Destination: Sink & ~Copyable>(
        _ destination: inout Destination, _ health: inout SinkHealth, _ moment: Moment,
        _ outcome: inout DeliveryRound.Outcome
    ) {
        if let due = health.restsUntil, due > moment.monotonic, !moment.isLast {
            outcome.nextAttempt = min(outcome.nextAttempt ?? due, due)
            return
        }
        do throws(StoreFailure) {
            let rows = try outbox.undelivered(for: Destination.sink, limit: OutboxDrain.limit)
            for row in rows {
                guard try deliver(row, to: &destination, &health, moment) else {
                    rest(&health, moment, &outcome)
                    return
                }
                outcome.delivered += 1
            }
            if rows.count == OutboxDrain.limit { outcome.hasMore = true }
            recover(Destination.sink, &health)
        } catch {
            note(error.description, Destination.sink, &health)
            rest(&health, moment, &outcome)
        }
    }

    /// `false` when the sink refused the message; that is noted in the row. Throws when the outbox
    /// itself fails.
    private func deliver<Destination: Sink & ~Copyable>(
        _ row: OutboxRow, to destination: inout Destination, _ health: inout SinkHealth,
        _ moment: Moment
    ) throws(StoreFailure) -> Bool {
        if health.unmarked != row.id {
            do throws(SystemFailure) {
                try destination.deliver(row)
            } catch {
                note(error.description, Destination.sink, &health)
                try outbox.recordFailure(of: row, error.description)
                return false
            }
        }
        health.unmarked = row.id
        try outbox.markDelivered(row, at: moment.now)
        health.unmarked = nil
        return true
    }

    /// A full disk fails for hours; it is logged once per reason.
    private func note(_ error: String, _ sink: OutboxSink, _ health: inout SinkHealth) {
        guard health.lastError != error else { return }
        health.lastError = error
        logger.error(
            "delivery failed; messages wait in the outbox",
            metadata: ["sink": "\(sink.rawValue)", "error": "\(error)"])
    }

    private func rest(
        _ health: inout SinkHealth, _ moment: Moment, _ outcome: inout DeliveryRound.Outcome
    ) {
        outcome.failures += 1
        health.failuresInARow += 1
        let pause = policy.pause(afterFailures: health.failuresInARow)
        let due = moment.monotonic &+ UInt64(max(0, pause.nanoseconds))
        health.restsUntil = due
        outcome.nextAttempt = min(outcome.nextAttempt ?? due, due)
    }

    private func recover(_ sink: OutboxSink, _ health: inout SinkHealth) {
        if health.failuresInARow > 0 {
            logger.notice(
                "delivery works again",
                metadata: [
                    "sink": "\(sink.rawValue)", "failures": "\(health.failuresInARow)",
                ])
        }
        health = SinkHealth()
    }
}
