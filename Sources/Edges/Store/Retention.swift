package import Primitives

/// How much of what was measured is kept. Tickets, their messages, decisions and maintenance events
/// are kept for ever; they are few.
package struct Retention: Equatable, Sendable {
    /// The database file is kept from growing beyond this, in bytes.
    package var sizeMost: Int
    /// Windows older than this are removed, by the time that the telemetry has reached; so are
    /// what they were summed up to in 15 minutes and in days.
    package var windows: TimeSpan
    package var quarters: TimeSpan
    package var days: TimeSpan

    package static let standard = Retention(sizeMost: 2 << 30, windows: .days(3_650))

    package init(
        sizeMost: Int, windows: TimeSpan, quarters: TimeSpan = .days(7_300),
        days: TimeSpan = .days(18_250)
    ) {
        self.sizeMost = sizeMost
        self.windows = windows
        self.quarters = quarters
        self.days = days
    }

    func age(of period: RollupPeriod) -> TimeSpan {
        switch period {
        case .quarter: quarters
        case .day: days
        }
    }

    /// Room that is left free, so that a step still fits when nothing has been removed for it yet.
    var margin: Int { sizeMost / 64 }
}
