import Primitives
import Windows

/// One signal of a watched device: what is normal for it, where it is now, what it has ever done,
/// and where it has been drifting since it was commissioned.
struct SignalWatch: Equatable, Sendable {
    let signal: SignalID
    let name: String
    /// Place of its policy in the class; `nil` for a signal the class does not name.
    let policy: Int?
    /// A number that stands for a state has no records, no drift and no part in the health index.
    let isQuantity: Bool
    /// `nil` until it was learned.
    var baseline: Baseline?
    var tracker = SignalTracker()
    /// What it said when it was last judged.
    var held = HeldJudgement()
    var record: SignalRecord
    var drift = DriftWatch()

    init(
        _ signal: SignalID, named name: String, policy: Int?, isQuantity: Bool,
        record: SignalRecord
    ) {
        self.signal = signal
        self.name = name
        self.policy = policy
        self.isQuantity = isQuantity
        self.record = record
    }

    /// The machine begins a new life, as far as this signal speaks of it.
    mutating func restart() {
        baseline = nil
        tracker = SignalTracker()
        held = HeldJudgement()
        record.restart()
        drift.restart()
    }
}

extension SignalWatch {
    func encode(into state: inout StateWriter) {
        state.put(baseline) { $1.encode(into: &$0) }
        tracker.encode(into: &state)
        held.encode(into: &state)
        record.encode(into: &state)
        drift.encode(into: &state)
    }

    /// Takes up what was learned about the same signal.
    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        baseline = try state.optional { (state) throws(StateFailure) in
            try Baseline(from: &state)
        }
        tracker = try SignalTracker(from: &state)
        held = try HeldJudgement(from: &state)
        try record.restore(from: &state)
        drift = try DriftWatch(from: &state)
    }
}
