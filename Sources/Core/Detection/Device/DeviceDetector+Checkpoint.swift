import Primitives

extension DeviceDetector {
    func encode(into state: inout StateWriter) {
        state.put(each: signals) { $1.encode(into: &$0) }
        quality.encode(into: &state)
        state.put(record) { $1.encode(into: &$0) }
        index.encode(into: &state)
        state.put(operating.rawValue)
        state.put(runningSince) { $0.put($1) }
        cadence.encode(into: &state)
    }

    /// What was counted, apart from what was learned: that may have to be learned again.
    func encodeOperation(into state: inout StateWriter) {
        state.put(watch) { $1.encode(into: &$0) }
    }

    /// Goes on counting, if the class still says when its machines run.
    mutating func restoreOperation(from state: inout StateReader) throws(StateFailure) {
        guard try state.bool() else { return }
        try watch?.restore(from: &state)
    }

    /// What was counted; `nil` when its class does not say when it runs.
    package var tally: OperatingTally? { watch?.meter.tally }

    /// Takes up what the store has counted, where it is not what was counted here.
    mutating func adopt(_ tally: OperatingTally) -> Bool {
        guard let counted = watch?.meter.tally, !counted.agrees(with: tally) else { return false }
        watch?.adopt(tally)
        return true
    }

    /// Takes up what was learned about the same signals, in the same order.
    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        guard try state.count() == signals.count else { throw .invalid("number of signals") }
        for position in signals.indices { try signals[position].restore(from: &state) }
        try quality.restore(from: &state)
        if try state.bool() {
            var kept = CommissioningRecord(policy, window: window)
            try kept.restore(from: &state)
            record = kept
        } else {
            record = nil
        }
        try index.restore(from: &state, signals: signals.count)
        operating = try state.code(OperatingState.self)
        runningSince = try state.optionalTimestamp()
        cadence = try Cadence(from: &state)
    }
}
