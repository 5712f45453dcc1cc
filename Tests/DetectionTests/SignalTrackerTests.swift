import Primitives
import Testing

@testable import Detection

/// The smoothed deviation: deaf to a spike, awake to a lasting shift.
@Suite struct SignalTrackerTests {
    static let window = TimeSpan.minutes(10)

    private struct Run {
        var tracker = SignalTracker()
        var time = Bench.start

        mutating func feed(_ deviation: Double, times count: Int = 1) {
            for _ in 0..<count {
                time = time + SignalTrackerTests.window
                tracker.update(deviation, window: SignalTrackerTests.window, end: time)
            }
        }
    }

    private func settled() -> Run {
        var run = Run()
        run.feed(0, times: 100)
        return run
    }

    @Test(arguments: [5.0, 50, 1e6, -1e6, .infinity])
    func aSpikeMovesNothing(_ height: Double) {
        var run = settled()
        run.feed(height)
        run.feed(0, times: 3)
        #expect(run.tracker.smoothed == 0)
        #expect(run.tracker.since == nil)
    }

    /// Two wild windows pass the median, but the step is limited: share 1/13 of at most 6.
    @Test func twoWildWindowsMoveItLittle() {
        var run = settled()
        run.feed(1e6, times: 2)
        #expect(abs(run.tracker.smoothed - 6.0 / 13) < 1e-12, "\(run.tracker.smoothed)")
    }

    @Test func theFirstWindowsAreNotBelieved() {
        var run = Run()
        run.feed(1e6)
        #expect(run.tracker.smoothed <= 1.5)
    }

    /// A shift of `height` is half followed within six hours, whatever its size up to 30.
    @Test(arguments: [4.0, 8, 15, 30])
    func aLastingShiftIsFollowed(_ height: Double) {
        var run = settled()
        run.feed(height, times: 36)
        #expect(run.tracker.smoothed > height / 2, "\(run.tracker.smoothed)")
        run.feed(height, times: 72)
        #expect(abs(run.tracker.smoothed - height) < 0.05 * height)
        run.feed(0, times: 216)
        #expect(abs(run.tracker.smoothed) < 0.05 * height)
    }

    /// Between 1.5 and 3 nothing starts and nothing ends.
    @Test func sinceHasHysteresis() throws {
        var run = settled()
        run.feed(2.5, times: 200)
        #expect(run.tracker.since == nil, "below the onset")
        run.feed(3.5, times: 200)
        let since = try #require(run.tracker.since)
        #expect(since > Bench.start + Self.window * 300)
        run.feed(2, times: 200)
        #expect(run.tracker.smoothed < 3)
        #expect(run.tracker.since == since, "the onset does not move")
        run.feed(1, times: 200)
        #expect(run.tracker.since == nil)
        run.feed(2.5, times: 200)
        #expect(run.tracker.since == nil, "a new condition needs a new onset")
        run.feed(-9, times: 200)
        #expect(run.tracker.since == nil, "better than normal is no condition")
    }

    /// Twice as many windows of half the length come to the same within a tenth.
    @Test func theTimeConstantIsTimeNotWindows() {
        var coarse = SignalTracker()
        var fine = SignalTracker()
        let end = Bench.start
        for index in 0..<160 {
            coarse.update(index < 100 ? 0 : 5, window: .minutes(2), end: end)
            for _ in 0..<2 { fine.update(index < 100 ? 0 : 5, window: .minutes(1), end: end) }
        }
        #expect(abs(coarse.smoothed - fine.smoothed) < 0.1)
        #expect(abs(coarse.smoothed - 5 * (1 - Math.exp(-1))) < 0.15, "\(coarse.smoothed)")
    }
}
