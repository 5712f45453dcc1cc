// What comes in: rows of the outbox, which the store writes in the transaction of the step that
// caused them. What goes out: files for other programs, lines for people. What always holds: a row
// is marked delivered only after its message is safe at the destination; rows of one sink are
// delivered in order; one sink's failure never delays the other. What is deliberately absent: a
// clock, sleeping and tasks. The caller says what time it is and calls again after every committed
// step and at `Outcome.nextAttempt`.

package import Logging
package import Primitives
package import Store

/// Delivers what is due, once, without waiting.
package struct DeliveryRound: ~Copyable, Sendable {
    package struct Outcome: Hashable, Sendable {
        /// Messages that reached their sink and are marked.
        package var delivered = 0
        /// Sinks that failed in this round.
        package var failures = 0
        /// When the earliest resting sink is due, in monotonic nanoseconds; `nil` when none rests.
        package var nextAttempt: UInt64?
        /// The limit of messages per round was reached: call again at once.
        package var hasMore = false
    }

    private let drain: OutboxDrain
    private var spool: SpoolDelivery
    private var spoolHealth = SinkHealth()
    private var alerts: AlertLogDelivery
    private var alertsHealth = SinkHealth()

    package init(
        _ database: StateDatabase, policy: RetryPolicy = RetryPolicy(), logger: Logger
    ) {
        drain = OutboxDrain(outbox: Outbox(database), policy: policy, logger: logger)
        spool = SpoolDelivery(directory: database.directory)
        alerts = AlertLogDelivery(path: database.directory.alertLogPath)
    }

    /// `now` is written into delivered rows; `monotonic` (nanoseconds, any origin) measures the
    /// pauses. With `isLast` sinks that rest are tried once more: the program is about to end.
    package mutating func run(
        now: Timestamp, monotonic: UInt64, isLast: Bool = false
    ) -> Outcome {
        var outcome = Outcome()
        let moment = OutboxDrain.Moment(now: now, monotonic: monotonic, isLast: isLast)
        drain.run(&spool, &spoolHealth, moment, &outcome)
        drain.run(&alerts, &alertsHealth, moment, &outcome)
        return outcome
    }

    /// The alert log was moved away: the next alert goes to a new file.
    package mutating func reopenAlertLog() {
        alerts.reopen()
    }
}
