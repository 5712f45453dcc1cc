import Engine
import Primitives
import Testing
import Windows

/// Time as a recording tells it: the greatest accepted event time so far.
@Suite struct EventClockTests {
    /// Sends the lines one by one, ends the input and compares frames and refusals.
    @discardableResult func check(
        _ lines: [String], _ configuration: EngineConfiguration = .byEvent(), frames: [String],
        refused: [String] = [], finish: Bool = true,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> EngineRun {
        let run = EngineRun(configuration)
        for line in lines { run.send(line) }
        if finish { run.finish() } else { run.flush() }
        #expect(run.frames == frames, sourceLocation: sourceLocation)
        #expect(run.refusals == refused, sourceLocation: sourceLocation)
        return run
    }

    /// A tick falls before the first line past it, not before the line that is stamped with it.
    @Test func ticksCloseQuietDevices() {
        // A's line at 5 is followed by a length (60 s) and the lateness (10 s) of silence.
        check([line("A", at: 5), line("B", at: 75)], frames: [], finish: false)
        check(
            [line("A", at: 5), line("B", at: 75), line("B", at: 75.001)],
            frames: ["A 0...60 v:1@1.0"], finish: false)
    }

    @Test func ticksFallOnMultiplesOfTheirLength() {
        var configuration = EngineConfiguration.byEvent()
        configuration.clock.tick = .seconds(60)
        let run = EngineRun(configuration)
        for time in [5.0, 119, 120] { run.send(line(time == 5 ? "A" : "B", at: time)) }
        run.flush()
        #expect(run.frames.isEmpty)
        run.send(line("B", at: 121))
        #expect(run.frames == ["A 0...60 v:1@1.0"])
        #expect(run.steps.last?.advancedTo == Timestamp(seconds: 121))
    }

    @Test func theFirstLineSetsTheClock() {
        check(
            [line("A", at: 4e9), line("A", at: 4e9 + 1), line("A", at: 4e9 + 90_000)],
            frames: [
                "A 3999999960...4000000020 v:2@1.0", "A 4000089960...4000090020 v:1@1.0",
            ])
    }

    @Test func linesWithoutTimestampTakeTheClock() {
        let bare = "pump,device=B v=3\n"
        check(
            [bare, bare, line("A", at: 125), bare, line("A", at: 130)],
            frames: ["A 120...180 v:2@1.0", "B 120...180 v:1@3.0"], refused: ["no_timestamp 2"])
    }

    /// What cannot be taken in leaves no trace of its device.
    @Test func refusedLinesRegisterNobody() {
        let run = check(
            [
                "pump,device=ghost v=1\n", line("A", at: 40_000_000), line("old", at: 0),
                line("ahead", at: 41_000_000), line("A", at: 40_000_001),
            ],
            frames: ["A 39999960...40000020 v:2@1.0"], refused: ["clock_skew 2", "no_timestamp 1"])
        #expect(run.registry.devices.map(\.name) == ["A"])
        #expect(run.registry.signals.map(\.name) == ["pump.v"])
    }

    @Test func firstSeenIsTheTimeTheLineWasTakenAt() {
        let run = check(
            [line("A", at: 125), "pump,device=B v=1\n"],
            frames: ["A 120...180 v:1@1.0", "B 120...180 v:1@1.0"])
        #expect(run.registry.devices.map(\.firstSeen) == [125, 125].map { Timestamp(seconds: $0) })
    }

    @Test func backlogUpToTheMaximumAge() {
        let day = 86_400.0
        check(
            [line("A", at: 500 * day), line("B", at: 100 * day), line("C", at: 100 * day - 1)],
            frames: ["B 8640000...8640060 v:1@1.0", "A 43200000...43200060 v:1@1.0"],
            refused: ["clock_skew 1"])
    }

    @Test(arguments: [Int64.max, Int64.min, (1 << 62) + 1, (-1 << 62) - 1] as [Int64])
    func timesBeyondTheRepresentable(nanoseconds: Int64) {
        check(
            ["pump,device=A v=1 \(nanoseconds)\n", line("B", at: 5)],
            frames: ["B 0...60 v:1@1.0"], refused: ["clock_skew 1"])
    }

    /// 292 years lie between these; no difference of times may overflow.
    @Test func widestGap() {
        let first = -4_611_686_018_427_387_904
        let last = 4_611_686_018_427_387_904
        let lines = [first, last - 2, last - 1, last].map { "pump,device=A v=1 \($0)\n" }
        let run = EngineRun()
        for line in lines { run.send(line) }
        run.finish()
        #expect(run.readingsClosed == 4)
        #expect(run.refusals.isEmpty)
    }

    /// Closes what is open and goes no further: B is not made to look silent until A's end.
    @Test func finishClosesWhatIsOpenAndGoesNoFurther() {
        let run = check(
            [line("B", at: 10), line("A", at: 30), line("A", at: 200), line("A", at: 235)],
            frames: ["A 0...60 v:1@1.0", "B 0...60 v:1@1.0", "A 180...240 v:2@1.0"])
        // The last line at 235, a window's length and the lateness.
        #expect(run.steps.last?.advancedTo == Timestamp(seconds: 305))
        let count = run.steps.count
        run.finish()
        #expect(run.steps.count == count)
    }

    /// The backlog's own times are long past; it closes by being quiet.
    @Test func finishClosesABacklog() {
        let run = check(
            [line("A", at: 100_000), line("B", at: 10), line("B", at: 55)],
            frames: ["B 0...60 v:2@1.0", "A 99960...100020 v:1@1.0"])
        #expect(run.steps.last?.advancedTo == Timestamp(seconds: 100_070))
    }

    @Test func lateLinesAreRefused() {
        var configuration = EngineConfiguration.byEvent()
        configuration.clock.amendFor = .zero
        let run = check(
            [line("A", at: 50), line("A", at: 80), line("A", at: 59), line("A", at: 61)],
            configuration, frames: ["A 0...60 v:1@1.0", "A 60...120 v:2@1.0"],
            refused: ["late 1"])
        #expect(run.counters.linesLate == 1)
        #expect(run.counters.linesAccepted == 3)
        #expect(run.counters.linesRefused == 1)
    }

    /// A device that sends only text is alive, but there is nothing to conclude from it.
    @Test func textAloneMakesNoWindow() {
        let run = check(
            ["log,device=A message=\"hello\" 5000000000\n", line("B", at: 200)],
            frames: ["B 180...240 v:1@1.0"])
        #expect(run.counters.textFields == 1)
        #expect(run.counters.linesAccepted == 2)
    }
}
