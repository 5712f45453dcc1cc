import Delivery
import Logging
import Platform
import Store
import Synchronization

/// The delivery round with the clock it lacks.
final class OutboxDelivery: Sendable {
    private let round: Mutex<DeliveryRound>

    init(_ database: StateDatabase, logger: Logger) {
        round = Mutex(DeliveryRound(database, logger: logger))
    }

    /// Delivers everything that is due. Returns how long until a failed delivery is due again,
    /// `nil` when nothing rests. With `isLast` what rests is tried once more.
    func run(isLast: Bool = false) -> Duration? {
        while true {
            let outcome = round.withLock {
                $0.run(
                    now: WallClock.now(), monotonic: MonotonicClock.now(), isLast: isLast)
            }
            if outcome.hasMore { continue }
            return outcome.nextAttempt.map { next in
                let now = MonotonicClock.now()
                return .nanoseconds(next > now ? Int64(next - now) : 0)
            }
        }
    }

    /// The alert log was moved away by whoever rotates logs: the next alert starts a new file.
    func reopenAlertLog() {
        round.withLock { $0.reopenAlertLog() }
    }
}
