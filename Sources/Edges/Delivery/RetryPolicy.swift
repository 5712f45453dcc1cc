package import Primitives

/// How long a sink rests after failures in a row: the pause doubles from one second up to five
/// minutes and stays there. Nothing is ever given up; a message waits in the outbox for as long as
/// its sink refuses it.
///
/// After 1, 2, 3, ... failures: 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, ... seconds. The sum
/// of the first nine is 8 minutes 31 seconds: a disk that is full overnight is tried about 100
/// times, and served within five minutes of the morning's clean-up.
///
/// There is no jitter: every sink is a local file with one writer, nobody to trip over.
package struct RetryPolicy: Hashable, Sendable {
    package var initial: TimeSpan
    package var ceiling: TimeSpan

    package init(initial: TimeSpan = .seconds(1), ceiling: TimeSpan = .minutes(5)) {
        self.initial = initial
        self.ceiling = ceiling
    }

    /// `failures` counts from 1.
    package func pause(afterFailures failures: Int) -> TimeSpan {
        precondition(failures >= 1, "BUG: no failure, no pause")
        // 2^33 nanoseconds are more than the ceiling of any sensible policy, and no overflow.
        let doubled = initial * (1 << Int64(min(failures - 1, 33)))
        return min(doubled, ceiling)
    }
}
