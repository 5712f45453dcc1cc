import Primitives

/// The key of a row of table `window`: the start of the window in milliseconds since 1970, and the
/// row of its signal, in one integer.
///
/// `start_ms << 19 | signal`. So rows lie on disk in order of time, then of signal, under the one
/// key SQLite appends to fastest (see the decision about windows on disk). Every start that fits
/// in nanoseconds fits in a key; what must hold is that windows start at whole milliseconds and
/// that a file has at most ``signalsMost`` signals.
enum WindowKey {
    static let signalBits: Int64 = 19
    /// Rows of table `signal` there can be: their ids are smaller than this.
    static let signalsMost: Int64 = 1 << signalBits
    private static let unit: Int64 = 1_000_000

    /// `signal` is the signal's row, 1...
    static func packed(start: Timestamp, signal: Int64) -> Int64 {
        precondition(
            start.nanoseconds % unit == 0, "BUG: a window does not start at a whole millisecond")
        return (start.nanoseconds / unit) << signalBits | signal
    }

    /// Keys of all windows that start at `time` or later are at least this.
    static func first(from time: Timestamp) -> Int64 {
        let floor = time.nanoseconds / unit
        let isCut = time.nanoseconds % unit > 0
        return (isCut ? floor + 1 : floor) << signalBits
    }

    /// The key in SQL; both are expressions, `start` one of nanoseconds.
    static func sql(start: String, signal: String) -> String {
        "((\(start)) / 1000000 << 19 | \(signal))"
    }

    /// The condition in SQL that a row of table `window` starts at `start`.
    static func sql(startsAt start: String) -> String {
        """
        window.key BETWEEN ((\(start)) / 1000000 << 19)
            AND ((\(start)) / 1000000 << 19) + 524287
        """
    }
}
