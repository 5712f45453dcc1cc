internal import Glibc

/// Nanoseconds since some fixed moment; never jumps. For deadlines and pacing.
///
/// Protection argument for the unsafe code: the calls read or fill one local variable.
package enum MonotonicClock {
    package static func now() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Blocks the calling thread until `deadline`; returns at once when that has passed.
    package static func sleep(until deadline: UInt64) {
        var time = timespec(
            tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        while unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
    }
}
