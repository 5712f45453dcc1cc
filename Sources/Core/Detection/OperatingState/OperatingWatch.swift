import Primitives
import Windows

/// How one device is operated: what its windows say by its class's conditions, and the count of it.
///
/// Which signals a condition means is found out when a signal becomes known, not for every window.
struct OperatingWatch: Equatable, Sendable {
    private let policy: DetectionPolicy
    /// Per comparison, the positions of the device's signals it may mean, in order of discovery.
    private var runningPlaces: [[Int]]
    private var idlePlaces: [[Int]]
    private var loadPlaces: [Int] = []
    private var split: LoadSplit?
    private(set) var meter = OperatingMeter()

    /// `nil` for a class that does not say when its machines run.
    init?(_ policy: DetectionPolicy, window: TimeSpan) {
        guard policy.running != nil || policy.loadSignal != nil else { return nil }
        self.policy = policy
        runningPlaces = policy.running?.comparisons.map { _ in [] } ?? []
        idlePlaces = policy.idle?.comparisons.map { _ in [] } ?? []
        if policy.running == nil { split = LoadSplit(window: window) }
    }

    mutating func addSignal(named name: String, at position: Int) {
        Self.note(position, name, policy.running, &runningPlaces)
        Self.note(position, name, policy.idle, &idlePlaces)
        if let load = policy.loadSignal, signalName(load, matches: name) {
            loadPlaces.append(position)
        }
    }

    private static func note(
        _ position: Int, _ name: String, _ condition: OperatingCondition?, _ places: inout [[Int]]
    ) {
        guard let condition else { return }
        for (place, comparison) in condition.comparisons.enumerated()
        where signalName(comparison.signal, matches: name) {
            places[place].append(position)
        }
    }

    /// Position of the load signal in a window; `nil` for a class that has conditions, or when it
    /// is absent.
    func loadPosition(in summaries: [WindowSummary?]) -> Int? {
        split == nil ? nil : loadPlaces.first { summaries[$0] != nil }
    }

    /// Takes the next window. `summaries` are by position; `load` is the position of the load
    /// signal where it is fit to be learned from.
    mutating func take(
        _ frame: WindowFrame, _ summaries: [WindowSummary?], usualGap: TimeSpan?,
        learns load: Int?
    ) {
        meter.take(
            reading(summaries), from: frame.start, to: frame.end, usualGap: usualGap,
            minimum: policy.minimumDuration)
        if let load, let summary = summaries[load] { split?.learn(summary.mean) }
    }

    private func reading(_ summaries: [WindowSummary?]) -> OperatingReading? {
        switch runs(summaries) {
        case nil: return nil
        case .throughout?: return .running
        case .partly?: return .runningPartly
        case .never?: break
        }
        guard let idle = policy.idle else { return .off }
        switch idle.holding({ Self.first(of: idlePlaces[$0], in: summaries) }) {
        // It does not run; what else it does nobody says.
        case nil, .never?: return .off
        case .throughout?: return .idle
        case .partly?: return .idlePartly
        }
    }

    private func runs(_ summaries: [WindowSummary?]) -> Holding? {
        if let running = policy.running {
            return running.holding { Self.first(of: runningPlaces[$0], in: summaries) }
        }
        return Self.first(of: loadPlaces, in: summaries).flatMap { split?.holding($0) }
    }

    private static func first(
        of places: [Int], in summaries: [WindowSummary?]
    ) -> WindowSummary? {
        for place in places {
            if let summary = summaries[place] { return summary }
        }
        return nil
    }

    /// Takes up what the store has counted.
    mutating func adopt(_ tally: OperatingTally) { meter.adopt(tally) }
}

extension OperatingWatch {
    func encode(into state: inout StateWriter) {
        meter.encode(into: &state)
        state.put(policy.loadSignal ?? "")
        state.put(split) { $1.encode(into: &$0) }
    }

    /// Levels of another signal are not taken up; what was counted is.
    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        var restored = self
        restored.meter = try OperatingMeter(from: &state)
        let signal = try state.string()
        if try state.bool() {
            var kept = LoadSplit(window: split?.window ?? .zero)
            try kept.restore(from: &state)
            if split != nil, signal == policy.loadSignal { restored.split = kept }
        }
        self = restored
    }
}
