import Platform

/// How long a thread waits before it tries again what a disk or another program was in the way of:
/// 50 ms, then twice as long each time, up to 2 s.
struct RetryPause {
    private var next: UInt64 = 50_000_000

    static let most: UInt64 = 2_000_000_000

    mutating func wait() {
        MonotonicClock.sleep(until: MonotonicClock.now() + next)
        next = min(next * 2, Self.most)
    }
}
