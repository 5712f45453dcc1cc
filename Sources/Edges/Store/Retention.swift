package import Primitives

/// How much of what was measured is kept. Tickets, their messages, decisions and maintenance events
/// are kept for ever; they are few.
package struct Retention: Equatable, Sendable {
    /// The database file is kept from growing beyond this, in bytes.
    package var sizeMost: Int
    /// Windows older than this are removed, by the time that the telemetry has reached.
    package var windows: TimeSpan

    package static let standard = Retention(sizeMost: 2 << 30, windows: .days(3_650))

    package init(sizeMost: Int, windows: TimeSpan) {
        self.sizeMost = sizeMost
        self.windows = windows
    }

    /// Room that is left free, so that a step still fits when nothing has been removed for it yet.
    var margin: Int { sizeMost / 64 }
}
