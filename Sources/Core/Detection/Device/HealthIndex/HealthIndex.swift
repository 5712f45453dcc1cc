package import Primitives

/// Is this machine, seen through all its sensors, off its commissioned state? MHX, the multivariate
/// health index.
///
/// What comes in: one vector of readings after another, NaN where a sensor says nothing. What goes
/// out: the distance of the smoothed vector from the commissioned state, in standard deviations and
/// with the correlations of the sensors taken into account (P. C. Mahalanobis, On the generalised
/// distance in statistics, 1936), an event while it stays large, and each sensor's share. What
/// always holds: the first vectors are the reference for good; constant work and memory for each.
/// Sensors that wander by themselves count less, single wild readings not at all (a median of three
/// goes before). A sensor that falls silent is left out until it speaks again. Deliberately absent:
/// any adaptation, and operating states; there is one for each.
package struct HealthIndex: Equatable, Sendable {
    /// What a vector says.
    package struct Reading: Equatable, Sendable {
        /// Zero while commissioning.
        package var distance = 0.0
        /// Distance from which on an event may begin.
        package var onset = DistanceEvent.onsetLeast
        package var isEvent = false
        /// The fast part of the signals has left, or come back to, its usual size.
        package var isChange = false

        package init() {}
    }

    /// Sensors.
    package let width: Int
    /// Vectors of the commissioning, and how many of them are not looked at.
    let commissioning: Int
    private static let skipped = 40
    /// A sensor silent for so many vectors is lost.
    private static let lostAfter: Int32 = 30
    /// A sensor silent for a larger share of the commissioning has no reference.
    private static let absentMost = 0.5

    private(set) var count = 0
    /// Vectors in a row in which each sensor said nothing, up to ``lostAfter``; while commissioning
    /// all such vectors.
    private var absences: [Int32]
    var filter: SensorFilter
    /// While commissioning moments of the state, then its inverse correlations.
    var moments: StateMoments
    private var model: StateModel?
    /// The model without the lost sensors, while there are any.
    private var reduced: StateModel?
    /// Of the sensors that are not lost.
    private var onset: Double
    var event = DistanceEvent()
    private var change: ChangeMark

    package init(width: Int, commissioning: Int = 400) {
        precondition(width > 0 && commissioning > Self.skipped + 1, "BUG: nothing to learn from")
        self.width = width
        self.commissioning = commissioning
        absences = [Int32](repeating: 0, count: width)
        filter = SensorFilter(width: width)
        moments = StateMoments(width: width)
        change = ChangeMark(width: width)
        onset = DistanceEvent.onset(width: width)
    }

    package var isCommissioned: Bool { model != nil }

    /// Takes the next vector.
    package mutating func take(_ values: [Double]) -> Reading {
        note(values)
        guard let model else {
            learn()
            return Reading()
        }
        var reading = Reading()
        reading.distance = (reduced ?? model).distance(of: filter)
        reading.onset = onset
        reading.isEvent = event.take(reading.distance, onset: onset)
        reading.isChange = change.take((reduced ?? model).contrast(of: filter))
        return reading
    }

    /// Takes the next vector without judging it; whether there is an event stays as it was.
    package mutating func follow(_ values: [Double]) -> Reading {
        note(values)
        guard model != nil else {
            learn()
            return Reading()
        }
        var reading = Reading()
        reading.isEvent = event.isOn
        return reading
    }

    /// The machine has come back to this state from another: the smoothed readings start from what
    /// is usual.
    package mutating func resume() {
        guard let model else { return }
        filter.settle(at: model.means)
    }

    private mutating func note(_ values: [Double]) {
        precondition(values.count == width, "BUG: a vector of another width")
        filter.take(values, count: count)
        count += 1
        if noteAbsences(values), model != nil { reduce() }
    }

    /// Whether a sensor was lost, or found again.
    private mutating func noteAbsences(_ values: [Double]) -> Bool {
        let isJudged = model != nil
        var isOther = false
        var absences = absences.mutableSpan
        for sensor in values.indices where absences[sensor] < .max {
            let before = absences[sensor]
            if values[sensor].isFinite {
                guard isJudged, before > 0 else { continue }
                absences[sensor] = 0
            } else if !isJudged || before < Self.lostAfter {
                absences[sensor] += 1
            }
            isOther =
                isOther
                || (before >= Self.lostAfter) != (absences[sensor] >= Self.lostAfter)
        }
        return isOther
    }

    /// Sensors the distance does without.
    package var lost: [Int] {
        isCommissioned ? absences.indices.filter { absences[$0] >= Self.lostAfter } : []
    }

    private mutating func reduce() {
        let lost = lost
        reduced = lost.isEmpty ? nil : model
        for sensor in lost { reduced?.leave(out: sensor) }
        onset = DistanceEvent.onset(width: width - lost.count)
    }

    private mutating func learn() {
        if count > Self.skipped { moments.take(filter) } else { moments.pass(filter) }
        guard count == commissioning else { return }
        model = StateModel(moments)
        moments = StateMoments(width: 0)
        for sensor in absences.indices {
            let share = Double(absences[sensor]) / Double(count)
            absences[sensor] = share > Self.absentMost ? .max : 0
        }
        reduce()
    }

    /// What each sensor adds to the square of the distance; together they are the square. Empty
    /// while commissioning.
    package var contributions: [Double] { (reduced ?? model)?.contributions(of: filter) ?? [] }
}

extension HealthIndex {
    package func encode(into state: inout StateWriter) {
        state.put(count)
        state.put(each: absences) { $0.put(Int($1)) }
        filter.encode(into: &state)
        state.put(model) { $1.encode(into: &$0) }
        if model == nil { moments.encode(into: &state) }
        event.encode(into: &state)
        change.encode(into: &state)
    }

    /// Goes on with the same width and commissioning.
    package mutating func restore(from state: inout StateReader) throws(StateFailure) {
        count = try state.int()
        absences = try state.array { (state) throws(StateFailure) in
            Int32(clamping: try state.int())
        }
        try filter.restore(from: &state)
        if try state.bool() {
            model = try StateModel(width: width, from: &state)
            moments = StateMoments(width: 0)
        } else {
            try moments.restore(from: &state)
        }
        event = try DistanceEvent(from: &state)
        try change.restore(from: &state)
        guard count >= 0, isCommissioned == (count >= commissioning), absences.count == width,
            absences.allSatisfy({ $0 >= 0 })
        else { throw .invalid("health index") }
        reduce()
    }
}
