import Primitives
import Testing

@testable import Detection

/// Running time and starts: what a stretch of windows comes to.
@Suite struct OperatingMeterTests {
    private static let window = TimeSpan.minutes(1)

    /// One letter per minute: `r`unning, `i`dle, `o`ff, `R` running and `I` idle for a part, `.`
    /// no reading that tells, blank no window.
    private func meter(
        _ text: String, minimum: TimeSpan = .zero, usualGap: TimeSpan? = .minutes(1)
    ) -> OperatingMeter {
        var meter = OperatingMeter()
        for (minute, letter) in text.enumerated() where letter != " " {
            let start = Bench.start + .minutes(Int64(minute))
            meter.take(
                Self.reading(letter), from: start, to: start + Self.window, usualGap: usualGap,
                minimum: minimum)
        }
        return meter
    }

    private static func reading(_ letter: Character) -> OperatingReading? {
        switch letter {
        case "r": .running
        case "i": .idle
        case "o": .off
        case "R": .runningPartly
        case "I": .idlePartly
        default: nil
        }
    }

    /// Minutes of running, idle and observed, and starts.
    private func check(
        _ text: String, _ running: Double, _ idle: Double, _ observed: Double, starts: Int,
        minimum: Int64 = 0, usualGap: TimeSpan? = .minutes(1),
        _ location: SourceLocation = #_sourceLocation
    ) {
        let tally = meter(text, minimum: .minutes(minimum), usualGap: usualGap).tally
        let found = [tally.running, tally.idle, tally.observed].map { $0.seconds / 60 }
        #expect(found == [running, idle, observed], "\(text)", sourceLocation: location)
        #expect(tally.starts == starts, "\(text)", sourceLocation: location)
    }

    @Test func timeOfEachState() {
        check("rrriioooo", 3, 2, 9, starts: 0)
        check("ooorrr", 3, 0, 6, starts: 1)
        check("", 0, 0, 0, starts: 0)
    }

    @Test func starts() {
        check("rrrr", 4, 0, 4, starts: 0)  // was not seen to start
        check("oror", 2, 0, 4, starts: 2)
        check("irir", 2, 2, 4, starts: 2)
        check("rior", 2, 1, 4, starts: 1)
        check("oRRr", 2, 0, 4, starts: 1)  // through transient once
        check("rRr", 2.5, 0, 3, starts: 0)  // a dip within a window is no stop
        check("rRoRr", 3, 0, 5, starts: 1)
    }

    @Test func halfOfAWindowInWhichItTurns() {
        check("oRrRo", 2, 0, 5, starts: 1)
        check("oIiIo", 0, 2, 5, starts: 0)
    }

    /// Off or on for less than the minimum is neither; its time belongs to what was before.
    @Test func minimumDuration() {
        check("rrrorrr", 7, 0, 7, starts: 0, minimum: 2)
        check("ooorooo", 0, 0, 7, starts: 0, minimum: 2)
        check("ooorroo", 2, 0, 7, starts: 1, minimum: 2)
        check("ooroirroo", 2, 0, 9, starts: 1, minimum: 2)
        check("oorRroo", 0.5, 0, 7, starts: 0, minimum: 2)  // a turn interrupts
        check("r", 0, 0, 0, starts: 0, minimum: 2)  // nothing is known yet
        check("rr", 2, 0, 2, starts: 0, minimum: 2)
        check("ooor", 0, 0, 3, starts: 0, minimum: 2)  // undecided
        check("oor rr", 2, 0, 5, starts: 1, minimum: 2)  // nobody saw whether it lasted
    }

    @Test func aGapCountsAsNothing() {
        check("rr          rr", 4, 0, 4, starts: 0)
        check("oo          rr", 2, 0, 4, starts: 1)
        check("r r r r", 4, 0, 4, starts: 0, usualGap: nil)
        check("r r", 2, 0, 2, starts: 0)  // one missing window is a gap
    }

    /// A device that sends every five minutes: each window speaks for five.
    @Test func windowsNowAndThenSpeakForTheTimeBetween() {
        check("r    r    r    o    o", 11, 0, 21, starts: 0, usualGap: .minutes(5))
        check("r      r      ", 8, 0, 8, starts: 0, usualGap: .minutes(5))
        check("r        r", 2, 0, 2, starts: 0, usualGap: .minutes(5))
    }

    /// The last reading holds while the signal is absent; one in which it turned says nothing.
    @Test func whatDoesNotTellRepeats() {
        check("r..o..", 3, 0, 6, starts: 0)
        check("..r", 1, 0, 1, starts: 0)
        check("R..", 0.5, 0, 1, starts: 0)
    }

    /// Windows that were taken change nothing, whoever brings them again.
    @Test func nothingCountsTwice() {
        var meter = meter("orro")
        let before = meter
        for minute in [3, 0, 1, 2, 3] {
            let start = Bench.start + .minutes(Int64(minute))
            meter.take(
                .running, from: start, to: start + Self.window, usualGap: nil, minimum: .zero)
        }
        #expect(meter == before)
    }

    /// Whatever is fed: running and idle are within what was observed, which is within the time
    /// that passed; and a meter that is written and read goes on the same.
    @Test func whateverComesTheSumsAgree() throws {
        var random = Random(seed: 5)
        for _ in 0..<300 {
            let minimum = Int64(random.below(4))
            let text = String((0..<60).map { _ in Array("rrrrooooiRI. ")[random.below(13)] })
            let whole = meter(text, minimum: .minutes(minimum))
            let tally = whole.tally
            #expect(tally.running + tally.idle <= tally.observed, "\(text)")
            #expect(tally.observed <= .minutes(60), "\(text)")
            var state = StateWriter()
            whole.encode(into: &state)
            var reader = StateReader(state.bytes)
            #expect(try OperatingMeter(from: &reader) == whole)
            #expect(reader.isAtEnd)
        }
    }
}
