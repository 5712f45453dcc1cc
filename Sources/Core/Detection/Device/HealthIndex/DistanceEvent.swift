import Primitives

/// When a machine is off its commissioned state: an event begins when the distance stays large, and
/// ends when it has fallen well below its peak.
struct DistanceEvent: Equatable, Sendable {
    private(set) var isOn = false
    private(set) var peak = 0.0
    private var run = 0

    /// Distance from which on an event may begin, vectors it must stay there, the share of its peak
    /// at which it ends, and what is left of the peak after a vector.
    static let onset = 4.5
    private static let hold = 10
    private static let back = 0.4
    private static let memory = 0.999

    /// Takes the distance of the next vector; whether it is of an event.
    mutating func take(_ distance: Double) -> Bool {
        if isOn {
            peak = max(peak, distance)
            if distance < max(Self.onset, Self.back * peak) { isOn = false }
            return isOn
        }
        peak *= Self.memory
        run = distance > Self.onset && distance > Self.back * peak ? run + 1 : 0
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
