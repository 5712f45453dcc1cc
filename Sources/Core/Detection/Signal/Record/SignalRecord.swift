package import Primitives

/// The ``RecordExcess`` of one signal of a device, fed from its windows.
///
/// Windows of a minute or more are ticks by themselves; shorter ones are put together to minutes of
/// event time, each the mean of its readings, which is scored with the first window after it.
package struct SignalRecord: Equatable, Sendable {
    private var record: RecordExcess<Float>
    /// `nil` when each window is a tick.
    private let tick: TimeSpan?
    /// The tick that is being put together: its start, its readings and their sum.
    private var start = Timestamp.distantPast
    private var readings = 0.0
    private var sum = 0.0

    /// The shortest tick.
    static let tickLeast = TimeSpan.minutes(1)

    /// `window` is `nil` for a signal whose every reading is a window.
    package init(window: TimeSpan?) {
        guard let window else {
            record = RecordExcess()
            tick = nil
            return
        }
        record = RecordExcess(pace: RecordPace(tick: window))
        tick = window < Self.tickLeast ? Self.tickLeast : nil
    }

    /// Takes the mean of a window of `count` readings; `nil` when it does not end a tick.
    package mutating func take(
        _ mean: Double, count: Int, at time: Timestamp
    ) -> RecordExcess<Float>.Score? {
        guard let tick else { return record.take(mean, at: time) }
        guard mean.isFinite, count > 0 else { return nil }
        let next = time.floored(to: tick)
        var score: RecordExcess<Float>.Score?
        if next != start {
            if readings > 0 { score = record.take(sum / readings, at: start) }
            start = next
            readings = 0
            sum = 0
        }
        readings += Double(count)
        sum += mean * Double(count)
        return score
    }

    /// The signal begins a new life: what it has done does not count any more, what it usually is
    /// at what hour does.
    package mutating func restart() {
        record.restart()
        (start, readings, sum) = (.distantPast, 0, 0)
    }
}

extension SignalRecord {
    package func encode(into state: inout StateWriter) {
        state.put(start)
        state.put(readings)
        state.put(sum)
        record.encode(into: &state)
    }

    /// Goes on with the same windows.
    package mutating func restore(from state: inout StateReader) throws(StateFailure) {
        start = try state.timestamp()
        readings = try state.double()
        sum = try state.double()
        guard readings >= 0, readings.isFinite else { throw .invalid("tick of a record") }
        try record.restore(from: &state)
    }
}
