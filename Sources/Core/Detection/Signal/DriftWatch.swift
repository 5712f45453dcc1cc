import Primitives

/// The ``DriftDetector`` of one signal, fed from its windows: a block is the mean of a day (UTC) of
/// what the signal differs from what explains it.
struct DriftWatch: Equatable, Sendable {
    private(set) var detector = DriftDetector()
    private var day = Int64.min
    private var windows = 0
    private var sum = 0.0
    /// Windows of the fullest day; a day with far fewer says little of the day.
    private var most = 0

    /// Share of the fullest day's windows that makes a block.
    private static let shareLeast = 0.25

    /// Takes the residual of a window. `true` when a drift was found with it that was not known.
    mutating func take(_ residual: Double, at start: Timestamp) -> Bool {
        guard residual.isFinite else { return false }
        let length = TimeSpan.days(1).nanoseconds
        let today = start.nanoseconds / length - (start.nanoseconds % length < 0 ? 1 : 0)
        var isNews = false
        if today != day {
            isNews = endDay()
            day = today
        }
        windows += 1
        sum += residual
        return isNews
    }

    private mutating func endDay() -> Bool {
        guard windows > 0 else { return false }
        defer { (windows, sum) = (0, 0) }
        most = max(most, windows)
        guard Double(windows) >= Self.shareLeast * Double(most) else { return false }
        let wasFound = detector.found != .none
        _ = detector.take(sum / Double(windows))
        return !wasFound && detector.found != .none
    }
}

extension DriftWatch {
    func encode(into state: inout StateWriter) {
        detector.encode(into: &state)
        state.put(day)
        state.put(windows)
        state.put(sum)
        state.put(most)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        detector = try DriftDetector(from: &state)
        day = try state.int64()
        windows = try state.int()
        sum = try state.double()
        most = try state.int()
        guard windows >= 0, most >= 0, sum.isFinite else { throw .invalid("day of a drift") }
    }
}
