import Glibc

/// Processor time, because the machines that run this are shared: what other programs take does
/// not count, though what they push out of the caches does. Hence medians of several rounds.
///
/// Protection argument for the unsafe code: the call fills one local variable.
enum Stopwatch {
    /// Processor seconds of this thread, user and system.
    static func threadSeconds() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Processor seconds `body` takes on this thread.
    static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = threadSeconds()
        try body()
        return threadSeconds() - start
    }

    /// The middle value; of an even number the lower of the two.
    static func median(_ values: [Double]) -> Double {
        precondition(!values.isEmpty, "BUG: median of nothing")
        return values.sorted()[(values.count - 1) / 2]
    }
}

/// How much work a run does.
struct Scale {
    /// A few seconds for all benchmarks together: to see that they still work.
    let isSmall: Bool

    /// Rounds of which the median is reported.
    var rounds: Int { isSmall ? 2 : 9 }

    func pick(_ full: Int, small: Int) -> Int { isSmall ? small : full }
}
