package import Primitives

/// The fast half of a signal's watch: follows the deviation from the frozen baseline.
///
/// The baseline says what is normal and never moves; this says where the signal is now. Single
/// windows are worth little (a spike, a dropout at a start), so the deviation passes a median of
/// three and then an exponential average over two hours of running time whose step is limited: one
/// wild window moves it little, a lasting shift of any size is followed within hours.
package struct SignalTracker: Equatable, Sendable {
    /// Time constant of the average.
    static let timeConstant = TimeSpan.hours(2)
    /// A smoothed deviation above this, in baseline standard deviations, starts `since`; it ends
    /// at half of it.
    static let onset = 3.0

    package private(set) var smoothed: Double = 0
    /// Since when the smoothed deviation has been beyond ``onset``.
    package private(set) var since: Timestamp?
    private var previous: Double = 0
    private var beforePrevious: Double = 0
    private var updates: Int = 0

    package init() {}

    /// Takes the deviation of one window (in baseline standard deviations, positive = worse).
    mutating func update(_ deviation: Double, window: TimeSpan, end: Timestamp) {
        let recent = [deviation, previous, beforePrevious]
        let filtered = updates >= 2 ? recent.sorted()[1] : min(max(deviation, -3), 3)
        beforePrevious = previous
        previous = deviation
        updates += 1
        let share = window.seconds / (window.seconds + Self.timeConstant.seconds)
        let rate = max(share, 1 / Double(updates + 1))
        let reach = max(6, abs(smoothed))
        smoothed += rate * min(max(filtered - smoothed, -reach), reach)
        if smoothed >= Self.onset {
            if since == nil { since = end }
        } else if smoothed < Self.onset / 2 {
            since = nil
        }
    }
}

extension SignalTracker {
    func encode(into state: inout StateWriter) {
        state.put(smoothed)
        state.put(since) { $0.put($1) }
        state.put(previous)
        state.put(beforePrevious)
        state.put(updates)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        smoothed = try state.double()
        since = try state.optional { (state) throws(StateFailure) in try state.timestamp() }
        previous = try state.double()
        beforePrevious = try state.double()
        updates = try state.int()
        guard updates >= 0 else { throw .invalid("tracker") }
    }
}
