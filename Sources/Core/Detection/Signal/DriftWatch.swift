import Primitives

/// The ``DriftDetector`` of one signal, fed from its windows: a block is the mean of a day (UTC) of
/// what the signal differs from what explains it.
struct DriftWatch: Equatable, Sendable {
    private(set) var detector = DriftDetector()
    /// The day that is being summed up.
    private var day = Timestamp.distantPast
    private var windows = 0
    private var sum = 0.0
    /// Windows of the fullest day; a day with far fewer says little of the day.
    private var most = 0

    /// Share of the fullest day's windows that makes a block.
    private static let shareLeast = 0.25

    /// What was said last.
    private var told = DriftDetector.Direction.none

    /// Takes the residual of a window; what is to be said of the drift, when that has changed.
    mutating func take(_ residual: Double, at start: Timestamp) -> DriftChange? {
        guard residual.isFinite else { return nil }
        let today = start.floored(to: .days(1))
        if today != day {
            endDay()
            day = today
        }
        windows += 1
        sum += residual
        guard detector.found != told else { return nil }
        told = detector.found
        return DriftChange(direction: told, perDay: detector.slope)
    }

    private mutating func endDay() {
        guard windows > 0 else { return }
        most = max(most, windows)
        if Double(windows) >= Self.shareLeast * Double(most) {
            _ = detector.take(sum / Double(windows))
        }
        (windows, sum) = (0, 0)
    }

    /// The reference is learned anew; a drift that was told is taken back with the next window.
    mutating func restart() {
        let told = told
        self = DriftWatch()
        self.told = told
    }
}

extension DriftWatch {
    func encode(into state: inout StateWriter) {
        detector.encode(into: &state)
        state.put(day)
        state.put(windows)
        state.put(sum)
        state.put(most)
        state.put(told.rawValue)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        detector = try DriftDetector(from: &state)
        day = try state.timestamp()
        windows = try state.int()
        sum = try state.double()
        most = try state.int()
        told = try state.code(DriftDetector.Direction.self)
        guard windows >= 0, most >= 0, sum.isFinite else { throw .invalid("day of a drift") }
    }
}

/// A signal was found to drift, or begins anew.
package struct DriftChange: Equatable, Sendable {
    package var direction: DriftDetector.Direction
    /// In the signal's unit.
    package var perDay: Double

    package init(direction: DriftDetector.Direction, perDay: Double) {
        self.direction = direction
        self.perDay = perDay
    }
}
