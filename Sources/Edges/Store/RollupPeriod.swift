import Primitives

/// Stretches of time that windows are summed up over.
enum RollupPeriod: Int64, CaseIterable, Sendable {
    case quarter = 900
    /// Of UTC.
    case day = 86_400

    /// Seconds; ``rawValue`` is what the database has.
    var length: TimeSpan { .seconds(rawValue) }

    /// Its rows.
    var table: String {
        switch self {
        case .quarter: "window_15min"
        case .day: "window_day"
        }
    }

    /// Start of the stretch that a time lies in.
    func start(of time: Timestamp) -> Timestamp { time.floored(to: length) }
}
