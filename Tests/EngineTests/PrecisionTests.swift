import Engine
import Primitives
import Testing

/// What the number at the end of a line counts: told by the listener, or guessed.
@Suite struct PrecisionTests {
    static let now = Timestamp(seconds: 1_800_000_000)

    /// Sends lines of `pump,device=A` with these stamps and says what became of them.
    private func run(
        _ stamps: [String], _ precision: StampPrecision,
        _ configuration: EngineConfiguration = .byWall()
    ) -> EngineRun {
        let run = EngineRun(configuration)
        for stamp in stamps {
            run.send("pump,device=A v=1 \(stamp)\n", at: Self.now, precision: precision)
        }
        run.tick(1_800_000_200)
        run.flush()
        return run
    }

    private func check(
        _ stamp: String, _ precision: StampPrecision, _ expected: String, guessed: UInt64 = 0,
        at location: SourceLocation = #_sourceLocation
    ) {
        let run = run([stamp], precision)
        let found = run.frames.first ?? run.refusals.joined()
        #expect(found == expected, sourceLocation: location)
        #expect(run.counters.stampsGuessed == guessed, sourceLocation: location)
        #expect(run.steps.flatMap(\.guesses).count == Int(guessed), sourceLocation: location)
    }

    static let window = "A 1799999940...1800000000 v:1@1.0"

    @Test func aFixedPrecisionIsBelieved() {
        check("1799999999000000000", .nanoseconds, Self.window)
        check("1799999999000000", .microseconds, Self.window)
        check("1799999999000", .milliseconds, Self.window)
        check("1799999999", .seconds, Self.window)
    }

    @Test func autoReadsAStampAsWhatItFits() {
        check("1799999999000000000", .auto, Self.window)
        check("1799999999000000", .auto, Self.window, guessed: 1)
        check("1799999999000", .auto, Self.window, guessed: 1)
        check("1799999999", .auto, Self.window, guessed: 1)
    }

    @Test func whatFitsNothingIsRefused() {
        for stamp in ["0", "17", "-1799999999000", "1600000000000", "9223372036854775807"] {
            check(stamp, .auto, "clock_skew 1")
        }
    }

    @Test func theGuessNamesItsSender() {
        let run = run(["1799999999000", "1799999999001", "1799999999"], .auto)
        let expected = [(StampPrecision.milliseconds, 2), (.seconds, 1)].map {
            PrecisionGuess(source: .file(0), precision: $0.0, count: $0.1)
        }
        #expect(run.steps.flatMap(\.guesses) == expected)
        #expect(run.counters.stampsGuessed == 3)
    }

    @Test func aFixedPrecisionIsNotGuessedButExplained() {
        for precision in [StampPrecision.nanoseconds, .seconds, .microseconds] {
            let run = run(["1799999999000"], precision)
            // As seconds the stamp lies beyond what 64 bits of nanoseconds hold.
            let reason = precision == .seconds ? "timestamp_overflow 1" : "clock_skew 1"
            #expect(run.refusals == [reason])
            #expect(run.refused.map(\.fits) == [.milliseconds])
            #expect(run.counters.stampsGuessed == 0)
        }
        #expect(run(["17"], .seconds).refused.map(\.fits) == [nil])
    }

    @Test func overflowIsARefusal() {
        for stamp in ["9223372036854775807", "-9223372036854775808", "9223372036855"] {
            check(stamp, .milliseconds, "timestamp_overflow 1")
        }
        check("9223372037", .seconds, "timestamp_overflow 1")
        check("9223372036854775807", .nanoseconds, "clock_skew 1")
    }

    /// A recording may be from any year: its stamps are nanoseconds, or what `precision` says.
    @Test func theEventClockGuessesNothing() {
        let guess = run(["1799999999000", "1799999999001"], .auto, .byEvent())
        guess.finish()
        #expect(guess.frames == ["A 1740...1800 v:2@1.0"])
        #expect(guess.counters.stampsGuessed == 0)
        let fixed = run(["1799999998", "1799999999"], .seconds, .byEvent())
        fixed.finish()
        #expect(fixed.frames == ["A 1799999940...1800000000 v:2@1.0"])
    }

    /// Lines held at a jump keep their precision until they are taken in.
    @Test func heldLinesKeepTheirPrecision() {
        let day: Int64 = 86_400
        let stamps = [1_000, 1_000 + 3 * day, 1_001 + 3 * day, 1_002 + 3 * day]
        let run = run(stamps.map(String.init), .seconds, .byEvent())
        run.finish()
        #expect(run.refusals == [])
        #expect(run.frames == ["A 960...1020 v:1@1.0", "A 260160...260220 v:3@1.0"])
    }

    @Test func linesWithoutAStampHaveNothingToScale() {
        let run = EngineRun(.byWall())
        run.send("pump,device=A v=1\n", at: Self.now, precision: .seconds)
        run.tick(1_800_000_200)
        #expect(run.frames == ["A 1800000000...1800000060 v:1@1.0"])
    }

    @Test func whatListenersRefusedIsCountedBesideTheRest() {
        let run = EngineRun(.byWall())
        run.noteRefused("line_too_long", isLine: true, count: 3, sample: "abc", at: Self.now)
        run.noteRefused("too_many_connections", isLine: false, count: 2, sample: "", at: Self.now)
        run.flush()
        #expect(run.refusals == ["line_too_long 3", "too_many_connections 2"])
        #expect(run.refused.first?.sample == "abc")
        #expect(run.counters.linesRefused == 3)
    }
}
