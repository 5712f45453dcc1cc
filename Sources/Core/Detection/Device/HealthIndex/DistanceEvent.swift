import Primitives

/// When a machine is off its commissioned state: an event begins when the distance stays large, and
/// ends when it has fallen well below its peak.
struct DistanceEvent: Equatable, Sendable {
    private(set) var isOn = false
    private(set) var peak = 0.0
    private var run = 0

    /// Distance from which on an event may begin with eight sensors or fewer.
    static let onsetLeast = 4.5
    /// How many standard deviations that is above the mean of eight sensors' distances.
    private static let onsetDeviations = 2.34336
    /// Vectors it must stay there, the share of its peak at which it ends, and what is left of the
    /// peak after a vector.
    private static let hold = 10
    private static let back = 0.4
    private static let memory = 0.999

    /// Distance from which on an event may begin. The more sensors there are the further from
    /// normal a healthy machine is by chance: its squared distance is a sum of as many squares. So
    /// it is as rare as the least onset is with eight (E. B. Wilson and M. M. Hilferty, The
    /// distribution of chi-square, 1931).
    static func onset(width: Int) -> Double {
        guard width > 8 else { return onsetLeast }
        let share = 2 / (9 * Double(width))
        let root = 1 - share + onsetDeviations * share.squareRoot()
        return (Double(width) * root * root * root).squareRoot()
    }

    /// Takes the distance of the next vector; whether it is of an event.
    mutating func take(_ distance: Double, onset: Double) -> Bool {
        if isOn {
            peak = max(peak, distance)
            if distance < max(onset, Self.back * peak) { isOn = false }
            return isOn
        }
        peak *= Self.memory
        run = distance > onset && distance > Self.back * peak ? run + 1 : 0
        guard run >= Self.hold else { return false }
        isOn = true
        run = 0
        peak = max(peak, distance)
        return true
    }
}

extension DistanceEvent {
    func encode(into state: inout StateWriter) {
        state.put(isOn)
        state.put(peak)
        state.put(run)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        isOn = try state.bool()
        peak = try state.double()
        run = try state.int()
        guard peak >= 0, run >= 0 else { throw .invalid("event of a device") }
    }
}
