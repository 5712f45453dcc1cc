/// An instant: nanoseconds since 1970-01-01T00:00:00Z, leap seconds ignored (POSIX time).
///
/// Covers the years 1677 to 2262. Line protocol, the store and CSV files all carry this integer,
/// so nothing is ever rounded on the way through.
@frozen public struct Timestamp: Hashable, Comparable, Sendable {
    public var nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Whole seconds since 1970; for tests and worked examples.
    @inlinable public init(seconds: Int64) {
        self.nanoseconds = seconds * 1_000_000_000
    }

    public static let distantPast = Timestamp(nanoseconds: Int64.min)
    public static let distantFuture = Timestamp(nanoseconds: Int64.max)

    @inlinable public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Saturates instead of trapping: hostile input may carry any integer as its time.
    @inlinable public static func + (left: Timestamp, right: TimeSpan) -> Timestamp {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.nanoseconds)
        guard overflow else { return Timestamp(nanoseconds: sum) }
        return right.nanoseconds > 0 ? distantFuture : distantPast
    }

    /// Saturates, see ``+(_:_:)``.
    @inlinable public static func - (left: Timestamp, right: TimeSpan) -> Timestamp {
        let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(
            right.nanoseconds)
        guard overflow else { return Timestamp(nanoseconds: difference) }
        return right.nanoseconds > 0 ? distantPast : distantFuture
    }

    /// Saturates, see ``+(_:_:)``.
    @inlinable public static func - (left: Timestamp, right: Timestamp) -> TimeSpan {
        let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(
            right.nanoseconds)
        guard overflow else { return TimeSpan(nanoseconds: difference) }
        return TimeSpan(nanoseconds: left.nanoseconds > 0 ? Int64.max : Int64.min)
    }

    /// The start of the interval of length `span` (counted from 1970) that contains this instant.
    /// Saturates at the earliest representable instant.
    @inlinable public func floored(to span: TimeSpan) -> Timestamp {
        let remainder = nanoseconds % span.nanoseconds
        let offset = remainder < 0 ? remainder + span.nanoseconds : remainder
        return self - TimeSpan(nanoseconds: offset)
    }
}

/// A length of time in nanoseconds; may be negative.
@frozen public struct TimeSpan: Hashable, Comparable, Sendable {
    public var nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    @inlinable public static func milliseconds(_ count: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: count * 1_000_000)
    }

    @inlinable public static func seconds(_ count: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: count * 1_000_000_000)
    }

    @inlinable public static func minutes(_ count: Int64) -> TimeSpan { seconds(count * 60) }
    @inlinable public static func hours(_ count: Int64) -> TimeSpan { seconds(count * 3_600) }
    @inlinable public static func days(_ count: Int64) -> TimeSpan { seconds(count * 86_400) }

    public static let zero = TimeSpan(nanoseconds: 0)

    /// The span as a number of seconds, for arithmetic that leaves integer time.
    @inlinable public var seconds: Double { Double(nanoseconds) / 1e9 }
    @inlinable public var hours: Double { Double(nanoseconds) / 3.6e12 }

    /// Rounds to the nearest nanosecond and saturates; NaN becomes zero.
    public init(secondsRounded seconds: Double) {
        let value = seconds * 1e9
        if value.isNaN {
            self.nanoseconds = 0
        } else if value >= 9.2e18 {
            self.nanoseconds = Int64.max
        } else if value <= -9.2e18 {
            self.nanoseconds = Int64.min
        } else {
            self.nanoseconds = Int64(value.rounded())
        }
    }

    @inlinable public static func < (left: TimeSpan, right: TimeSpan) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Saturates.
    @inlinable public static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.nanoseconds)
        guard overflow else { return TimeSpan(nanoseconds: sum) }
        return TimeSpan(nanoseconds: right.nanoseconds > 0 ? Int64.max : Int64.min)
    }

    /// Saturates.
    @inlinable public static func * (left: TimeSpan, right: Int64) -> TimeSpan {
        let (product, overflow) = left.nanoseconds.multipliedReportingOverflow(by: right)
        guard overflow else { return TimeSpan(nanoseconds: product) }
        return TimeSpan(nanoseconds: (left.nanoseconds > 0) == (right > 0) ? Int64.max : Int64.min)
    }
}
