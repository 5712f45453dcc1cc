internal import Glibc
package import Primitives

/// The time of day as the system believes it; may jump when somebody corrects it.
///
/// Only edges read it: arrival times are stamped here and are data from then on.
///
/// Protection argument for the unsafe code: the call fills one local variable.
package enum WallClock {
    package static func now() -> Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        let (seconds, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return .distantFuture }
        return Timestamp(nanoseconds: seconds) + TimeSpan(nanoseconds: Int64(time.tv_nsec))
    }
}
