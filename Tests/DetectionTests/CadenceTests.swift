import Primitives
import Testing

@testable import Detection

@Suite struct CadenceTests {
    private static let day = TimeSpan.days(1).nanoseconds
    private static let start = Timestamp(seconds: 1_767_225_600)

    /// Windows of a minute at these minutes.
    private func cadence(_ minutes: [Int64]) -> Cadence {
        var cadence = Cadence()
        for minute in minutes { cadence.note(Self.start + .minutes(minute), window: .minutes(1)) }
        return cadence
    }

    private func silence(_ minutes: [Int64]) -> TimeSpan {
        cadence(minutes).silence(atLeast: .minutes(5))
    }

    @Test func nothingIsKnownBeforeTheSecondWindow() {
        #expect(cadence([]).usualGap == nil)
        #expect(cadence([0]).usualGap == nil)
        #expect(silence([0]) == .minutes(5))
    }

    @Test func theMinimumHoldsForFastDevices() {
        #expect(silence(Array(0..<100)) == .minutes(5))
        #expect(cadence(Array(0..<100)).usualGap == .minutes(1))
    }

    @Test func slowDevicesAreMissedLater() {
        #expect(silence((0..<50).map { $0 * 60 }) == .hours(3))
    }

    /// A pause that happened once may have been a failure; twice, and it is a habit.
    @Test func aPauseCountsWhenItHasHappenedTwice() {
        let shift = Array(Int64(0)..<600)
        let once = shift + shift.map { $0 + 1_440 }
        #expect(silence(once) < .minutes(15))
        let twice = once + shift.map { $0 + 2_880 }
        // The night is 841 minutes from the start of one window to that of the next.
        #expect(silence(twice) == TimeSpan(nanoseconds: TimeSpan.minutes(841).nanoseconds * 3 / 2))
    }

    @Test func pausesAreForgottenAfterFourWeeks() {
        let nights = (0..<3).flatMap { day in (0..<600).map { Int64(day) * 1_440 + $0 } }
        #expect(silence(nights) > .hours(20))
        let later = nights + (Int64(2 * 1_440 + 600)..<Int64(33 * 1_440))
        // The list is renewed by the next pauses, two of a different kind.
        let renewed = later + [33 * 1_440 + 30, 33 * 1_440 + 60]
        #expect(silence(renewed) < .hours(1))
    }

    @Test func aNewRhythmIsLearned() {
        let fast = Array(Int64(0)..<500)
        let slow = (1...60).map { 500 + Int64($0) * 60 }
        #expect(silence(fast + slow) > .hours(2))
    }

    @Test func oneLongPauseIsNoHabit() {
        let before = Array(Int64(0)..<500)
        let after = before.map { $0 + 20_000 }
        #expect(silence(before + after) < .minutes(15))
    }

    /// Longer than the rhythm explains is a silence; a backlog and the rhythm itself are none.
    @Test func pausesBeforeAWindow() {
        let start = Timestamp(seconds: 1_767_571_200)
        var cadence = Cadence()
        #expect(cadence.pause(before: start) == .zero)
        cadence.note(start, window: .minutes(1))
        #expect(cadence.pause(before: start + .days(9)) == .zero)
        cadence.note(start + .minutes(1), window: .minutes(1))
        #expect(cadence.pause(before: start + .minutes(4)) == .zero)
        #expect(cadence.pause(before: start + .minutes(5)) == .minutes(4))
        #expect(cadence.pause(before: start + .days(9)) == .days(9) + .minutes(-1))
        #expect(cadence.pause(before: start + .minutes(-100)) == .zero)
    }

    @Test func aBacklogChangesNothing() {
        let live = Array(Int64(1_000)..<1_100)
        let backlog = (0..<20).map { Int64($0) * 40 }
        #expect(cadence(live + backlog) == cadence(live))
    }

    @Test func survivesACheckpoint() throws {
        let kept = cadence((0..<400).map { $0 * 3 } + [5_000, 5_001, 9_000])
        var writer = StateWriter()
        kept.encode(into: &writer)
        var reader = StateReader(writer.bytes)
        #expect(try Cadence(from: &reader) == kept)
        #expect(reader.isAtEnd)
    }
}
