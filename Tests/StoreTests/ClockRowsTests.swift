import Primitives
import Testing

@testable import Engine
@testable import Store
@testable import Windows

/// What the store keeps of the clocks of devices, and of who has fallen silent.
@Suite struct ClockRowsTests {
    private static func change(
        _ state: DeviceClock.State, from previous: DeviceClock.State?, offset: TimeSpan,
        at time: Timestamp = Sample.time
    ) -> ClockChange {
        ClockChange(
            device: Sample.pump, time: time, state: state, previous: previous, offset: offset,
            since: time)
    }

    @Test func aWrongClockIsARowAndAnAlert() throws {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(Sample.step(changes: []))
        var step = EngineStep(sequence: 2, advancedTo: Sample.time, counters: EngineCounters())
        step.clocks = [Self.change(.behind, from: .right, offset: .seconds(-3_600))]
        #expect(try writer.write(step).messages == 1)
        #expect(
            try store.rows("SELECT * FROM device_clock")
                == ["P-101|clock_skew|behind|-3600.0|2026-02-03T04:10:00Z"])
        #expect(
            try store.rows("SELECT payload FROM outbox WHERE event_id LIKE '%clock%'") == [
                "time=2026-02-03T04:10:00Z level=warning event=device.clock_skew device=P-101 "
                    + "clock=behind offset=-3600s msg=\"The device's clock is behind the "
                    + "gateway's.\""
            ])
        let device = try #require(try ReadModel(store.database.directory).devices().first)
        #expect(device.clockState == "behind" && device.clockOffset == -3_600)
        #expect(device.clockSince == Sample.time)
        #expect(
            try StepHistory(store.database).clocks() == [
                RecordedClock(
                    device: "P-101", state: .behind, offset: .seconds(-3_600), since: Sample.time)
            ])
        // Right again is an alert, an offset that has moved is none.
        step.sequence = 3
        step.clocks = [
            Self.change(.behind, from: nil, offset: .seconds(-3_700)),
            Self.change(.right, from: .behind, offset: .zero, at: Sample.time + .minutes(1)),
        ]
        #expect(try writer.write(step).messages == 1)
        #expect(
            try store.rows("SELECT clock, kind, offset_s FROM device_clock") == ["right|right|0.0"])
        #expect(
            try store.rows("SELECT payload FROM outbox WHERE payload LIKE '%clock_right%'").count
                == 1)
    }

    /// A silent device keeps no state that says that all is well.
    @Test func aSilentDeviceHasNoData() throws {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(Sample.step(changes: []))
        var step = EngineStep(sequence: 2, advancedTo: Sample.time, counters: EngineCounters())
        step.silent = [Sample.pump]
        _ = try writer.write(step)
        #expect(try store.rows("SELECT device, state FROM device_health") == ["P-101|no_data"])
        var next = Sample.step(3, changes: [])
        next.closed = [Sample.closed(start: Sample.time + .minutes(9))]
        _ = try writer.write(next)
        #expect(try store.rows("SELECT device, state FROM device_health") == ["P-101|abnormal"])
    }
}
