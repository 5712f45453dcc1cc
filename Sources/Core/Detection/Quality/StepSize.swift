import Primitives
import Windows

/// How far apart the values are that a signal can take, when these are few.
///
/// All differences between readings of a quantised signal are multiples of one step, so the step is
/// their greatest common divisor (Euclid's algorithm, with a tolerance for decimal fractions that
/// have no exact binary form). Four readings of every window are looked at: the smallest, the
/// greatest, the first and the last. A signal whose differences have no divisor worth the name is
/// continuous, and stays so.
struct StepSize: Equatable, Sendable {
    /// Windows that must agree before the step is believed.
    static let windowsLeast = 30
    /// Fewest steps between the smallest and the greatest value ever: a switch has one, and its
    /// two values mean something.
    static let stepsLeast = 2.0
    /// Most steps that a window's readings take on average.
    static let spanMost = 4.0
    /// Differences of more steps say nothing about the step's size.
    static let ratioMost = 1_000.0
    /// A divisor this much smaller than the last one is none.
    static let shrinkMost = 64.0
    static let tolerance = 0.01
    /// Readings that scatter more than this share of a step within a window carry the truth between
    /// the steps in their mean (dither).
    static let scatterMost = 0.5
    static let missesMost = 3

    private var step = 0.0
    private var low = Double.infinity
    private var high = -Double.infinity
    private var last: Double?
    /// Steps between a window's smallest and greatest reading, followed slowly.
    private var span = 0.0
    /// Deviation of the readings within a window, likewise.
    private var scatter = 0.0
    private var agreeing = 0
    private var misses = 0

    mutating func note(_ summary: WindowSummary) {
        guard misses <= Self.missesMost, summary.minimum.isFinite, summary.maximum.isFinite else {
            return
        }
        let readings = [
            summary.maximum, summary.first, summary.last, last ?? summary.minimum,
        ]
        last = summary.last
        low = min(low, summary.minimum)
        high = max(high, summary.maximum)
        for reading in readings { take(abs(reading - summary.minimum)) }
        // A window that says the same as the last one agrees with any step.
        guard step > 0, readings.contains(where: { $0 != summary.minimum }) else { return }
        agreeing += 1
        let share = 1 / Double(min(agreeing, 32))
        span += ((summary.maximum - summary.minimum) / step - span) * share
        scatter += (summary.deviation - scatter) * share
    }

    private mutating func take(_ difference: Double) {
        guard difference.isFinite, difference > 0 else { return }
        guard step > 0 else {
            step = difference
            return
        }
        let ratio = difference / step
        if ratio > Self.ratioMost || abs(ratio - ratio.rounded()) <= Self.tolerance, ratio >= 0.5 {
            return
        }
        var (greater, smaller) = (max(step, difference), min(step, difference))
        while smaller > greater * Self.tolerance, smaller > step / Self.shrinkMost / 2 {
            let rest = greater.truncatingRemainder(dividingBy: smaller)
            // A rest just below the divisor is one of nothing, rounded.
            (greater, smaller) = (smaller, min(rest, smaller - rest))
        }
        if greater < step / Self.shrinkMost || greater < difference / Self.ratioMost {
            misses += 1
        } else {
            step = greater
        }
        agreeing = 0
    }

    /// The step; `nil` for a signal that is continuous, has two values, or is not known well.
    var size: Double? {
        guard step > 0, misses <= Self.missesMost, agreeing >= Self.windowsLeast,
            span <= Self.spanMost, scatter <= Self.scatterMost * step,
            (high - low) / step >= Self.stepsLeast - Self.tolerance
        else { return nil }
        return step
    }
}

extension StepSize {
    func encode(into state: inout StateWriter) {
        for value in [step, low, high, span, scatter] { state.put(value) }
        state.put(last) { $0.put($1) }
        state.put(agreeing)
        state.put(misses)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        step = try state.double()
        low = try state.double()
        high = try state.double()
        span = try state.double()
        scatter = try state.double()
        last = try state.optionalDouble()
        agreeing = try state.int()
        misses = try state.int()
        guard step >= 0, agreeing >= 0 else { throw .invalid("step size") }
    }
}
