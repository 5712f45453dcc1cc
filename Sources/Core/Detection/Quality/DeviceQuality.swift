import Primitives
import Windows

/// The quality of all signals of one device, by their positions.
struct DeviceQuality: Equatable, Sendable {
    private var signals: [SignalQuality] = []

    subscript(position: Int) -> SignalQuality { signals[position] }

    mutating func addSignal() { signals.append(SignalQuality()) }

    /// The quality of every signal that has readings in a window or is lost, as far as its own
    /// history tells; `nil` for one that is merely absent. `knowsWhenOff` says that `isRunning`
    /// does not only suppose it.
    mutating func judge(
        _ summaries: [WindowSummary?], end: Timestamp, isRunning: Bool, knowsWhenOff: Bool,
        limits: (Int) -> SignalLimits?
    ) -> [DataQuality?] {
        var found = [DataQuality?](repeating: nil, count: signals.count)
        for position in signals.indices {
            if let summary = summaries[position] {
                found[position] = signals[position].take(
                    summary, end: end, isRunning: isRunning, limits: limits(position))
            } else if signals[position].miss(end: end, isRunning: isRunning) {
                found[position] = .noData
            }
        }
        if !knowsWhenOff { excuse(&found) }
        return found
    }

    /// Nobody has said when the machine runs: signals that have gone flat together are a machine
    /// that stands still, not so many broken sensors.
    private func excuse(_ found: inout [DataQuality?]) {
        let flat = found.indices.filter { found[$0] == .stuck }
        for position in flat {
            guard let run = signals[position].suspectRun else { continue }
            let isTogether = flat.contains { other in
                other != position
                    && abs((signals[other].suspectRun ?? Int.min / 2) - run) <= 1
            }
            if isTogether { found[position] = .good }
        }
    }

    /// Takes what was found in a window; returns what has become another and stayed so.
    mutating func settle(
        _ found: [DataQuality?], start: Timestamp
    ) -> [(position: Int, quality: DataQuality, since: Timestamp)] {
        signals.indices.compactMap { position in
            guard let quality = found[position],
                let turned = signals[position].settle(quality, start: start)
            else { return nil }
            return (position, turned.quality, turned.since)
        }
    }
}

extension DeviceQuality {
    func encode(into state: inout StateWriter) {
        state.put(each: signals) { $1.encode(into: &$0) }
    }

    /// Continues the history of the same signals, in the same order.
    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        let restored = try state.array { (state) throws(StateFailure) in
            try SignalQuality(from: &state)
        }
        guard restored.count == signals.count else { throw .invalid("number of signals") }
        signals = restored
    }
}
