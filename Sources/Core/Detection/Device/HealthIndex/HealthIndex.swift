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
/// goes before). Deliberately absent: any adaptation, and operating states; there is one for each.
package struct HealthIndex: Equatable, Sendable {
    /// What a vector says.
    package struct Reading: Equatable, Sendable {
        /// Zero while commissioning.
        package var distance = 0.0
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

    private(set) var count = 0
    var filter: SensorFilter
    /// While commissioning moments of the state, then its inverse correlations.
    var moments: StateMoments
    private var model: StateModel?
    var event = DistanceEvent()
    private var change: ChangeMark

    package init(width: Int, commissioning: Int = 400) {
        precondition(width > 0 && commissioning > Self.skipped + 1, "BUG: nothing to learn from")
        self.width = width
        self.commissioning = commissioning
        filter = SensorFilter(width: width)
        moments = StateMoments(width: width)
        change = ChangeMark(width: width)
    }

    package var isCommissioned: Bool { model != nil }

    /// Takes the next vector.
    package mutating func take(_ values: [Double]) -> Reading {
        precondition(values.count == width, "BUG: a vector of another width")
        filter.take(values, count: count)
        count += 1
        guard let model else {
            if count > Self.skipped { moments.take(filter) } else { moments.pass(filter) }
            if count == commissioning {
                model = StateModel(moments)
                moments = StateMoments(width: 0)
            }
            return Reading()
        }
        var reading = Reading()
        reading.distance = model.distance(of: filter)
        reading.isEvent = event.take(reading.distance)
        reading.isChange = change.take(model.contrast(of: filter))
        return reading
    }

    /// What each sensor adds to the square of the distance; together they are the square. Empty
    /// while commissioning.
    package var contributions: [Double] { model?.contributions(of: filter) ?? [] }
}

extension HealthIndex {
    package func encode(into state: inout StateWriter) {
        state.put(count)
        filter.encode(into: &state)
        state.put(model) { $1.encode(into: &$0) }
        if model == nil { moments.encode(into: &state) }
        event.encode(into: &state)
        change.encode(into: &state)
    }

    /// Goes on with the same width and commissioning.
    package mutating func restore(from state: inout StateReader) throws(StateFailure) {
        count = try state.int()
        try filter.restore(from: &state)
        if try state.bool() {
            model = try StateModel(width: width, from: &state)
            moments = StateMoments(width: 0)
        } else {
            try moments.restore(from: &state)
        }
        event = try DistanceEvent(from: &state)
        try change.restore(from: &state)
        guard count >= 0, isCommissioned == (count >= commissioning) else {
            throw .invalid("health index")
        }
    }
}
