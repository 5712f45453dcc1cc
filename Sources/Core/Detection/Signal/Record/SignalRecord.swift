package import Primitives

/// The ``RecordExcess`` of one signal of a device, fed from its windows.
///
/// Windows of a minute or more are ticks by themselves; shorter ones are put together to minutes of
/// event time, each the mean of its readings, which is scored with the first window after it.
package struct SignalRecord: Equatable, Sendable {
    private var record: RecordExcess<Float>
    /// Nanoseconds; zero when each window is a tick.
    private let tick: Int64
    /// The tick that is being put together: its number, its readings and their sum.
    private var number = Int64.min
    private var readings = 0.0
    private var sum = 0.0

    /// The shortest tick.
    static let tickLeast = TimeSpan.minutes(1)

    /// `window` is `nil` for a signal whose every reading is a window.
    package init(window: TimeSpan?) {
        guard let window else {
            record = RecordExcess()
            tick = 0
            return
        }
        record = RecordExcess(pace: RecordPace(tick: window))
        tick = window < Self.tickLeast ? Self.tickLeast.nanoseconds : 0
    }

    /// Takes the mean of a window of `count` readings; `nil` when it does not end a tick.
    package mutating func take(
        _ mean: Double, count: Int, at start: Timestamp
    ) -> RecordExcess<Float>.Score? {
        guard tick > 0 else { return record.take(mean, at: start) }
        guard mean.isFinite, count > 0 else { return nil }
        let next = start.nanoseconds / tick - (start.nanoseconds % tick < 0 ? 1 : 0)
        var score: RecordExcess<Float>.Score?
        if next != number {
            if readings > 0 {
                score = record.take(
                    sum / readings, at: Timestamp(nanoseconds: number &* tick))
            }
            number = next
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
        (number, readings, sum) = (.min, 0, 0)
    }
}

extension SignalRecord {
    package func encode(into state: inout StateWriter) {
        state.put(number)
        state.put(readings)
        state.put(sum)
        record.encode(into: &state)
    }

    /// Goes on with the same windows.
    package mutating func restore(from state: inout StateReader) throws(StateFailure) {
        number = try state.int64()
        readings = try state.double()
        sum = try state.double()
        guard readings >= 0, readings.isFinite else { throw .invalid("tick of a record") }
        try record.restore(from: &state)
    }
}
