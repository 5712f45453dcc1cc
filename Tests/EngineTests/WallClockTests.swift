import Engine
import Primitives
import Testing
import Windows

/// Arrival time is the gateway's clock; stamps are believed within limits. Times in seconds.
@Suite struct WallClockTests {
    static let arrival: Int64 = 1_800_000_000

    /// One line stamped `offset` nanoseconds from its arrival; says where it went.
    func outcome(_ offset: Int64) -> String {
        let run = EngineRun(.byWall())
        let now = Timestamp(seconds: Self.arrival)
        run.send("pump,device=A v=1 \(now.nanoseconds + offset)\n", at: now)
        run.tick(Self.arrival + 200_000)
        run.flush()
        guard let frame = run.closed.first?.frame else { return run.refusals.joined() }
        #expect(run.closed.count == 1)
        let start = frame.start.nanoseconds / 1_000_000_000 - Self.arrival
        return "\(start)" + (run.counters.linesRestamped == 1 ? " restamped" : "")
    }

    static let second: Int64 = 1_000_000_000
    static let day: Int64 = 86_400_000_000_000

    static let stamps: [(offset: Int64, expected: String)] = [
        (0, "0"),
        (-second, "-60"),
        (9 * second, "0"),
        // Up to the lateness (10 s) ahead is an ordinary clock.
        (10 * second, "0"),
        (10 * second + 1, "0 restamped"),
        (70 * second, "0 restamped"),
        // Up to the largest jump (1 day) ahead is a clock to correct, beyond it a wrong one.
        (day, "0 restamped"),
        (day + 1, "clock_skew 1"),
        (4_000 * day, "clock_skew 1"),
        (-400 * day, "-34560000"),
        (-400 * day - 1, "clock_skew 1"),
        (-19_000 * day, "clock_skew 1"),
    ]

    @Test(arguments: stamps)
    func stampsAgainstTheArrival(offset: Int64, expected: String) {
        #expect(outcome(offset) == expected)
    }

    @Test(arguments: [Int64.max, Int64.min])
    func extremeStampsAreSkewed(stamp: Int64) {
        let run = EngineRun(.byWall())
        run.send("pump,device=A v=1 \(stamp)\n", at: Timestamp(seconds: Self.arrival))
        run.flush()
        #expect(run.refusals == ["clock_skew 1"])
        #expect(run.registry.devices.isEmpty)
    }

    @Test func linesWithoutTimestampTakeTheArrival() {
        let run = EngineRun(.byWall())
        run.send("pump,device=A v=1\n", at: Timestamp(seconds: 125))
        run.tick(200)
        #expect(run.frames == ["A 120...180 v:1@1.0"])
    }

    /// A stamp ahead by less than the lateness keeps its own window, without closing another.
    @Test func slightlyAheadKeepsItsStamp() {
        let run = EngineRun(.byWall())
        run.send(line("A", 1, at: 30), at: Timestamp(seconds: 30))
        run.send(line("A", 2, at: 64), at: Timestamp(seconds: 55))
        run.send(line("A", 3, at: 56), at: Timestamp(seconds: 56))
        run.tick(200)
        #expect(run.frames == ["A 0...60 v:2@2.0", "A 60...120 v:1@2.0"])
        #expect(run.counters.linesRestamped == 0)
    }

    @Test func restampedLinesFallIntoTheWindowOfTheirArrival() {
        let run = EngineRun(.byWall())
        run.send(line("A", 1, at: 50), at: Timestamp(seconds: 50))
        run.send(line("A", 5, at: 3_000), at: Timestamp(seconds: 55))
        run.send(line("A", 3, at: 56), at: Timestamp(seconds: 56))
        run.tick(200)
        #expect(run.frames == ["A 0...60 v:3@3.0"])
        #expect(run.counters.linesRestamped == 1)
        #expect(run.refusals.isEmpty)
    }

    /// Quiet is a window's length (60 s) and the lateness (10 s) without a line.
    @Test func ticksCloseQuietDevices() {
        let run = EngineRun(.byWall())
        run.send(line("A", at: 5) + line("B", at: 6), at: Timestamp(seconds: 6))
        run.send(line("B", at: 65), at: Timestamp(seconds: 65))
        run.tick(75)
        #expect(run.frames.isEmpty)
        run.tick(76)
        #expect(run.frames == ["A 0...60 v:1@1.0"])
        #expect(run.steps.last?.advancedTo == Timestamp(seconds: 76))
        run.tick(135)
        #expect(run.frames == ["A 0...60 v:1@1.0", "B 0...60 v:1@1.0", "B 60...120 v:1@1.0"])
    }

    /// Lines alone close nothing of other devices, however late they arrive.
    @Test func onlyTicksCloseOtherDevices() {
        let run = EngineRun(.byWall())
        run.send(line("A", at: 5), at: Timestamp(seconds: 5))
        run.send(line("B", at: 500), at: Timestamp(seconds: 500))
        run.flush()
        #expect(run.frames.isEmpty)
    }

    @Test func backlogIsWindowedAtItsOwnTimes() {
        let run = EngineRun(.byWall())
        let night = (0..<10).map { line("A", Double($0), at: Double($0) * 30) }.joined()
        run.send(night, at: Timestamp(seconds: 90_000))
        run.tick(90_070)
        #expect(
            run.frames == [
                "A 0...60 v:2@0.5", "A 60...120 v:2@2.5", "A 120...180 v:2@4.5",
                "A 180...240 v:2@6.5", "A 240...300 v:2@8.5",
            ])
        #expect(run.refusals.isEmpty)
    }
}
