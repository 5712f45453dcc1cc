package import Primitives

/// When tickets open, change and end. One set for the whole gateway.
package struct TicketPolicySettings: Equatable, Sendable {
    /// Opens at this probability of failure within the component's horizon, unless the
    /// component's own costs give a higher break-even.
    package var openRisk: Double
    /// The condition must have held for this long before a ticket opens.
    package var persistence: TimeSpan
    /// An open ticket has recovered when its condition was absent for this long.
    package var recovery: TimeSpan
    /// A recovered ticket nobody touched is closed after this long.
    package var closeAfter: TimeSpan
    /// At most one `updated` per ticket in this time.
    package var updateInterval: TimeSpan

    package init(
        openRisk: Double = 0.3, persistence: TimeSpan = .hours(12), recovery: TimeSpan = .hours(24),
        closeAfter: TimeSpan = .days(7), updateInterval: TimeSpan = .hours(24)
    ) {
        self.openRisk = openRisk
        self.persistence = persistence
        self.recovery = recovery
        self.closeAfter = closeAfter
        self.updateInterval = updateInterval
    }
}
