import Primitives
import Testing

@testable import Detection

/// Windows into the ticks of a record.
@Suite struct SignalRecordTests {
    private static let start = RecordExcessTests.start

    @Test(arguments: [TimeSpan.minutes(1), .minutes(10), .hours(1)])
    func windowsOfAMinuteOrMoreAreTicks(window: TimeSpan) {
        var signal = SignalRecord(window: window)
        var record = RecordExcess<Float>(pace: RecordPace(tick: window))
        for (index, value) in RecordExcessTests.series(600).enumerated() {
            let time = Self.start + window * Int64(index)
            #expect(signal.take(value, count: 3, at: time) == record.take(value, at: time))
        }
    }

    @Test func everyReadingMayBeOne() {
        var signal = SignalRecord(window: nil)
        var record = RecordExcess<Float>()
        for (index, value) in RecordExcessTests.series(600).enumerated() {
            let time = Self.start + TimeSpan(nanoseconds: Int64(index * index))
            #expect(signal.take(value, count: 1, at: time) == record.take(value, at: time))
        }
    }

    /// Readings count, not windows; a minute without any is no tick.
    @Test func shorterWindowsArePutTogether() {
        var signal = SignalRecord(window: .seconds(10))
        var record = RecordExcess<Float>(pace: RecordPace(tick: .minutes(1)))
        let values = RecordExcessTests.series(1_200)
        var waiting: (sum: Double, count: Int, minute: Int)?
        for (index, value) in values.enumerated() where index / 6 % 7 != 3 {
            let count = 1 + index % 3
            let minute = index / 6
            var expected: RecordExcess<Float>.Score?
            if let last = waiting, last.minute != minute {
                expected = record.take(
                    last.sum / Double(last.count),
                    at: Self.start + .minutes(Int64(last.minute)))
                waiting = nil
            }
            let sum = (waiting?.sum ?? 0) + value * Double(count)
            waiting = (sum, (waiting?.count ?? 0) + count, minute)
            let time = Self.start + .seconds(Int64(index * 10))
            #expect(signal.take(value, count: count, at: time) == expected)
        }
    }

    @Test(arguments: [0, 7, 450])
    func aRestartDoesNotShow(moment: Int) throws {
        let values = RecordExcessTests.series(900)
        func time(_ index: Int) -> Timestamp { Self.start + .seconds(Int64(index * 10)) }
        var signal = SignalRecord(window: .seconds(10))
        for index in 0..<moment { _ = signal.take(values[index], count: 1, at: time(index)) }
        var writer = StateWriter()
        signal.encode(into: &writer)
        var restored = SignalRecord(window: .seconds(10))
        var reader = StateReader(writer.bytes)
        try restored.restore(from: &reader)
        #expect(reader.isAtEnd && restored == signal)
    }
}
