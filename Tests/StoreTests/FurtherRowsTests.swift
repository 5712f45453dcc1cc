import Primitives
import Testing

@testable import Engine
@testable import Store
@testable import Windows

/// What windows have beside their seven statistics, in the database and back.
@Suite struct FurtherRowsTests {
    private func step() -> EngineStep {
        var step = Sample.step()
        step.closed[0].frame.summaries[0].slope = 0.125
        step.closed[0].frame.summaries[0].expected = 63
        step.closed[0].frame.summaries[1].changes = 7
        step.closed[0].frame.quantiles = [
            SignalQuantiles(signal: Sample.vibration, p50: 1.5, p95: 1.75, p99: 2)
        ]
        return step
    }

    @Test func rowsAndViews() throws {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(step())
        _ = try writer.write(step())
        #expect(
            try store.rows("SELECT slope, missing FROM window ORDER BY key") == ["0.125|3", "|"])
        #expect(
            try store.rows("SELECT signal, changes, p50, p95, p99 FROM window_further") == [
                "1||1.5|1.75|2.0", "2|7|||",
            ])
        #expect(
            try store.rows(
                """
                SELECT signal, slope, round(coverage, 3), changes, p99 FROM window_readable
                ORDER BY signal
                """) == ["pump.temperature||1.0|7|", "pump.vibration_rms|0.125|0.952||2.0"])
    }

    /// The second fold of a restart is given what was committed.
    @Test func theyAreReadBack() throws {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(step())
        let steps = try StepHistory(store.database).steps(after: 0)
        let rows = steps.flatMap(\.frames).flatMap(\.rows).map(\.summary)
        #expect(rows.map(\.slope) == [0.125, nil])
        #expect(rows.map(\.expected) == [63, nil])
        #expect(rows.map(\.changes) == [nil, 7])
    }

    @Test func whenABacklogWasJudgedIsReadBack() throws {
        let store = try TestStore()
        var writer = try store.writer()
        var step = step()
        step.closed[0].judgedLate = Sample.time + .days(2)
        _ = try writer.write(step)
        let frames = try StepHistory(store.database).steps(after: 0).flatMap(\.frames)
        #expect(frames.map(\.judgedLate) == [Sample.time + .days(2)])
    }

    @Test func theyGoWithTheirWindows() throws {
        let store = try TestStore()
        var writer = try store.writer(retention: Retention(sizeMost: 1 << 30, windows: .days(1)))
        _ = try writer.write(step())
        var later = EngineStep(
            sequence: 2, advancedTo: Sample.time + .days(3), counters: EngineCounters())
        later.closed = [Sample.closed(start: Sample.time + .days(3) - .minutes(1))]
        _ = try writer.write(later)
        #expect(try store.rows("SELECT count(*) FROM window") == ["1"])
        #expect(try store.rows("SELECT count(*) FROM window_further") == ["0"])
    }
}
