internal import Primitives

/// Whose words a client of `/write` or `/api/v2/write` speaks.
enum WriteDialect: Sendable {
    /// InfluxDB 1.x.
    case v1
    /// InfluxDB 2.x.
    case v2

    /// What the parameter `precision` means; without one it is what the listener says, and nil is a
    /// word that is none.
    func precision(_ word: String?, default precision: StampPrecision) -> StampPrecision? {
        guard let word, !word.isEmpty else { return precision }
        switch (self, word) {
        case (_, "ns"): return .nanoseconds
        case (_, "us"): return .microseconds
        case (_, "ms"): return .milliseconds
        case (_, "s"): return .seconds
        case (.v1, "n"): return .nanoseconds
        case (.v1, "u"), (.v1, "µ"): return .microseconds
        case (.v1, "m"): return .minutes
        case (.v1, "h"): return .hours
        default: return nil
        }
    }

    var precisions: String {
        switch self {
        case .v1: return "n, ns, u, us, ms, s, m or h"
        case .v2: return "ns, us, ms or s"
        }
    }
}
