/// What the number at the end of a line counts: the precision a listener was told its senders use.
@frozen public enum StampPrecision: String, Hashable, Sendable, CaseIterable {
    /// Nanoseconds, as the protocol says; with the wall clock a stamp that cannot be nanoseconds is
    /// read as what it fits.
    case auto
    case hours = "h"
    case minutes = "m"
    case seconds = "s"
    case milliseconds = "ms"
    case microseconds = "us"
    case nanoseconds = "ns"

    /// Nanoseconds in one unit of the stamp.
    @inlinable public var nanosecondsPerUnit: Int64 {
        switch self {
        case .auto, .nanoseconds: return 1
        case .microseconds: return 1_000
        case .milliseconds: return 1_000_000
        case .seconds: return 1_000_000_000
        case .minutes: return 60_000_000_000
        case .hours: return 3_600_000_000_000
        }
    }

    /// The instant a stamp means; nil when it does not fit 64 bits of nanoseconds.
    @inlinable public func time(of stamp: Int64) -> Timestamp? {
        if nanosecondsPerUnit == 1 { return Timestamp(nanoseconds: stamp) }
        let (scaled, overflow) = stamp.multipliedReportingOverflow(by: nanosecondsPerUnit)
        return overflow ? nil : Timestamp(nanoseconds: scaled)
    }

    /// For people: "milliseconds".
    package var plural: String {
        switch self {
        case .auto: return "whatever fits"
        case .hours: return "hours"
        case .minutes: return "minutes"
        case .seconds: return "seconds"
        case .milliseconds: return "milliseconds"
        case .microseconds: return "microseconds"
        case .nanoseconds: return "nanoseconds"
        }
    }
}
