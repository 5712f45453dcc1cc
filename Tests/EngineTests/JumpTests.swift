import Engine
import Primitives
import Testing
import Windows

/// Lines more than a day ahead of the event clock: one wrong clock, or time without telemetry?
@Suite struct JumpTests {
    static let day = 86_400.0

    /// Every expected line is taken in and every other is refused as `clock_skew`.
    @discardableResult func check(
        _ lines: [String], readings: Int, skewed: Int = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> EngineRun {
        let run = EngineRun()
        for line in lines { run.send(line) }
        run.finish()
        #expect(run.readingsClosed == readings, sourceLocation: sourceLocation)
        #expect(
            run.refusals == (skewed == 0 ? [] : ["clock_skew \(skewed)"]),
            sourceLocation: sourceLocation)
        #expect(run.counters.linesAccepted == UInt64(readings), sourceLocation: sourceLocation)
        #expect(run.counters.linesRefused == UInt64(skewed), sourceLocation: sourceLocation)
        return run
    }

    func minutes(_ devices: [String], from start: Double, count: Int) -> [String] {
        (0..<count).flatMap { minute in
            devices.map { line($0, at: start + Double(minute) * 60) }
        }
    }

    @Test func oneWrongClockAmongManyMovesNothing() {
        let before = minutes(["A", "B", "C"], from: 0, count: 10)
        let after = minutes(["A", "B", "C"], from: 600, count: 10)
        let run = check(before + [line("B", at: 3 * Self.day)] + after, readings: 60, skewed: 1)
        #expect(run.steps.last?.advancedTo ?? .distantFuture < Timestamp(seconds: 2_000))
        let refused = run.refused.first
        #expect(refused?.sample == "pump,device=B v=1.0 259200000000000")
        #expect(refused?.column == 1)
    }

    @Test func aJumpOfExactlyTheLimitIsTaken() {
        check(
            [line("A", at: 0), line("A", at: Self.day), line("A", at: Self.day + 60)], readings: 3)
        check(
            [line("A", at: 0), line("A", at: Self.day + 1), line("A", at: 60)], readings: 2,
            skewed: 1)
    }

    @Test(arguments: 1...4)
    func aGapOfAllDevicesLosesNothing(devices: Int) {
        let names = (0..<devices).map { "D\($0)" }
        let after = minutes(names, from: 5 * Self.day, count: 4)
        check(
            minutes(names, from: 0, count: 5) + after
                + minutes(names, from: 9 * Self.day, count: 4),
            readings: devices * 13)
    }

    /// At the end of input nobody contradicts the last lines of a device alone.
    @Test(arguments: 1...5)
    func aRecordingOfOneDeviceLosesNothing(linesAfterTheGap: Int) {
        check(
            minutes(["A"], from: 0, count: 3)
                + minutes(["A"], from: 10 * Self.day, count: linesAfterTheGap),
            readings: 3 + linesAfterTheGap)
    }

    /// A reading every other day: every line is a jump.
    @Test func readingsFurtherApartThanTheLimit() {
        check((0..<30).map { line("A", at: Double($0) * 2 * Self.day) }, readings: 30)
    }

    /// The other device had been active and has not agreed when the input ends.
    @Test func unconfirmedLinesAtTheEndAreRefused() {
        check(
            minutes(["A", "B"], from: 0, count: 3) + minutes(["A"], from: 3 * Self.day, count: 5),
            readings: 6, skewed: 5)
    }

    /// B is gone for good: a long run of lines alone is certain enough.
    @Test(arguments: [(63, false), (64, true), (80, true)])
    func aLongRunIsBelievedWithoutTheOthers(count: Int, believed: Bool) {
        check(
            minutes(["A", "B"], from: 0, count: 3)
                + minutes(["A"], from: 3 * Self.day, count: count),
            readings: believed ? 6 + count : 6, skewed: believed ? 0 : count)
    }

    /// A device that had been quiet for longer than the limit need not agree.
    @Test func devicesQuietBeforeTheGapNeedNotAgree() {
        check(
            [line("B", at: 0)] + minutes(["A"], from: Self.day - 600, count: 20)
                + minutes(["A"], from: 5 * Self.day, count: 3), readings: 24)
    }

    @Test func aWrongStampInARecordingOfOneDevice() {
        check(
            minutes(["A"], from: 0, count: 5) + [line("A", at: 700 * Self.day)]
                + minutes(["A"], from: 300, count: 5), readings: 10, skewed: 1)
    }

    /// The wrong stamp must not carry the clock years past the lines that agree.
    @Test(arguments: 0...2)
    func aWrongStampWithinAGap(place: Int) {
        var after = minutes(["A"], from: 3 * Self.day, count: 10)
        after.insert(line("A", at: 900 * Self.day), at: place)
        check(minutes(["A"], from: 0, count: 5) + after, readings: 15, skewed: 1)
    }

    @Test func newDevicesAfterAGapAreTakenIn() {
        let run = check(
            minutes(["A"], from: 0, count: 3) + [line("N", at: 4 * Self.day)]
                + minutes(["A", "N"], from: 4 * Self.day + 60, count: 3), readings: 10)
        #expect(run.registry.devices.map(\.name) == ["A", "N"])
        #expect(run.registry.devices[1].firstSeen == Timestamp(seconds: 4 * 86_400))
    }

    /// Held lines come back with the sender they came from.
    @Test func refusedHeldLinesKeepTheirSender() {
        let run = EngineRun()
        run.send(line("A", at: 0) + line("B", at: 1), source: .file(0))
        run.send(line("A", at: 2 * Self.day), source: .file(7))
        run.send(line("B", at: 2), source: .file(0))
        run.finish()
        #expect(run.refused.map(\.source) == [.file(7)])
    }
}
