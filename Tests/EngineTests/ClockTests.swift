import Primitives
import Testing
import Tickets
import Windows

@testable import Engine

/// The clock of a device, compared with the gateway's.
@Suite struct ClockTests {
    @Test func aClockThatIsRightIsFoundRight() {
        let site = ClockSite()
        site.pass(minutes: 600) { _ in 0 }
        #expect(site.told.count == 1 && site.state == .right)
        #expect(site.alerts == [] && site.story == [])
        #expect(abs(site.offset ?? 9) <= 1)
    }

    @Test func aClockBehindIsTold() throws {
        let site = ClockSite()
        site.pass(minutes: 200) { _ in -3_600 }
        #expect(site.state == .behind && site.offset == -3_600)
        #expect(site.alerts == ["behind 30"])
        #expect(site.story == ["opened clock_skew 90 wrong_clock"])
        let ticket = try #require(site.changes.first?.ticket)
        #expect(ticket.component == "telemetry" && ticket.severity == .advice)
        #expect(
            ticket.sentence
                == "The device's clock has been 60 minutes behind the gateway's since "
                + "2026-01-01 00:30.")
        site.pass(minutes: 5) { _ in 0 }
        #expect(site.alerts == ["behind 30", "right 202"])
        #expect(site.story.last == "recovered clock_skew 203 fault_gone")
        #expect(site.changes.last?.ticket.sentence == "The device's clock is right again.")
    }

    /// What arrives late is a backlog as long as the least lag says so.
    @Test func backlogsAndBuffersAreNoSkew() {
        let site = ClockSite()
        site.pass(minutes: 120) { _ in 0 }
        // Three hours without a network, then everything at once.
        let from = site.now
        site.pass(minutes: 180) { _ in nil }
        for stamp in stride(from: from + 60, through: site.now, by: 60) { site.send(stamp: stamp) }
        site.pass(minutes: 120) { _ in 0 }
        // A slow network: a backlog of six hours is worked off in one.
        let begin = site.now
        site.pass(minutes: 360) { _ in nil }
        var sent = begin
        for _ in 0..<72 {
            site.pass(minutes: 1) { _ in nil }
            for _ in 0..<6 {
                sent += 60
                site.send(stamp: sent)
            }
        }
        // A device that sends once an hour what it has gathered.
        for _ in 0..<12 {
            let hour = site.now
            site.pass(minutes: 60) { _ in nil }
            for stamp in stride(from: hour + 60, through: site.now, by: 60) {
                site.send(stamp: stamp)
            }
        }
        #expect(site.alerts == [])
        #expect(!site.story.contains { $0.contains("clock_skew") })
        #expect(site.engine.counters.linesLate == 0)
    }

    /// A mean over an interval is stamped with its beginning and sent at its end.
    @Test func stampsOfTheBeginningOfAnIntervalAreNoSkew() {
        let site = ClockSite()
        site.interval = 900
        site.pass(minutes: 1_500) { _ in -900 }
        #expect(site.state == .right && site.offset == -900)
        #expect(site.alerts == [])
    }

    @Test func aClockAheadIsTold() {
        let site = ClockSite()
        site.pass(minutes: 120) { _ in 600 }
        #expect(site.state == .ahead && site.offset == 600)
        #expect(site.alerts == ["ahead 15"])
        site.pass(minutes: 60) { _ in 0 }
        #expect(site.alerts.count == 2 && site.state == .right)
        // One slip an hour is none.
        site.pass(minutes: 600) { $0 % 3_600 == 0 ? 700 : 0 }
        #expect(site.alerts.count == 2)
        #expect(site.engine.counters.linesRestamped > 100)
    }

    @Test func aClockThatWasNeverSetIsTold() {
        let site = ClockSite(devices: [DeclaredDevice(name: "P-1", className: "pump")])
        // Up for a moment before it is set, as after every start: nothing, though a new quarter of
        // an hour begins in it.
        site.pass(minutes: 13) { _ in nil }
        site.pass(minutes: 4) { _ in -ClockSite.start }
        site.pass(minutes: 60) { _ in 0 }
        #expect(site.alerts == [])
        let refused = site.engine.counters.linesRefused
        site.pass(minutes: 180) { _ in -ClockSite.start }
        #expect(site.state == .unset)
        #expect(site.alerts.count == 1)
        #expect(site.engine.counters.linesRefused == refused + 180)
        #expect(site.story.contains { $0.hasPrefix("opened clock_skew") })
        #expect(
            site.changes.first { $0.ticket.failureMode == "clock_skew" }?.ticket.sentence
                .hasSuffix("the device has stamped its readings about 1970: its clock is not set.")
                == true)
    }

    @Test func aClockFarInTheFutureIsTold() {
        let site = ClockSite(devices: [DeclaredDevice(name: "P-1", className: "pump")])
        site.pass(minutes: 120) { _ in 40 * 86_400 }
        #expect(site.state == .ahead && site.offset == 3_456_000)
        #expect(site.engine.counters.linesRefused == 120)
    }

    @Test func aDriftIsToldBeforeTheClockIsWrong() {
        let site = ClockSite()
        site.pass(minutes: 60 * 48) { _ in 0 }
        #expect(site.state == .right)
        // A second in a thousand minutes is 1.4 s a day: too slow to tell. Ten a day is not.
        site.pass(minutes: 60 * 48) { -($0 - 172_800) / 8_640 }
        #expect(site.state == .drifting)
        #expect(site.alerts.count == 1)
        #expect(!site.story.contains { $0.contains("clock_skew") })
        site.pass(minutes: 60 * 24) { _ in 0 }
        #expect(site.state == .right)
    }

    @Test func networksThatGetSlowerAndFasterAreNoDrift() {
        let site = ClockSite()
        var random = Random(seed: 5)
        site.delay = { _ in Int64(3 + 40 * random.uniform()) }
        site.pass(minutes: 60 * 240) { _ in 0 }
        #expect(site.alerts == [])
    }

    /// Whatever a device stamps, nothing traps, and the state survives being written and read.
    @Test func anyStampsAreSurvived() throws {
        var random = Random(seed: 11)
        var clock = DeviceClock(tolerance: .minutes(2))
        var arrival = Timestamp(seconds: ClockSite.start)
        let extremes = [Int64.min, Int64.max, 0, -1, 1, Int64.min + 1, Int64.max - 1]
        for step in 0..<20_000 {
            arrival = arrival + .seconds(Int64(random.below(1_800)) - (step % 97 == 0 ? 90_000 : 0))
            let stamp = Timestamp(
                nanoseconds: random.below(2) == 0
                    ? extremes[random.below(extremes.count)]
                    : arrival.nanoseconds &+ Int64(bitPattern: random.next() >> 4))
            if random.below(2) == 0 {
                _ = clock.note(stamp, at: arrival, tolerance: .minutes(2))
            } else {
                _ = clock.noteClosing(
                    latest: stamp, at: arrival, usualGap: .minutes(1), tolerance: .minutes(2))
            }
        }
        var state = StateWriter()
        clock.encode(into: &state)
        var reader = StateReader(state.bytes)
        #expect(try DeviceClock(from: &reader) == clock)
    }

    // MARK: Policy

    @Test func impossibleStampsAreRestampedWhenAsked() {
        let site = ClockSite(.restamp)
        site.pass(minutes: 60) { _ in -ClockSite.start }
        #expect(site.engine.counters.linesRefused == 0)
        #expect(site.engine.counters.linesRestamped == 60)
        let starts = site.steps.flatMap(\.closed).map { $0.frame.start }
        #expect(starts.first == Timestamp(seconds: ClockSite.start + 60))
        #expect(starts.count >= 58)
    }

    /// From the line that shows that the clock is wrong to the one that shows that it is right.
    @Test(arguments: [SkewedStamps.keep, .restamp, .refuse])
    func whatAWrongClockStampsIsTakenByPolicy(_ policy: SkewedStamps) {
        let site = ClockSite(policy)
        site.pass(minutes: 180) { _ in -3_600 }
        #expect(site.state == .behind)
        let counters = site.engine.counters
        switch policy {
        case .keep: #expect(counters.linesRestamped == 0 && counters.linesRefused == 0)
        case .restamp: #expect(counters.linesRestamped > 140 && counters.linesRefused == 0)
        case .refuse: #expect(counters.linesRestamped == 0 && counters.linesRefused > 140)
        }
        site.pass(minutes: 60) { _ in 0 }
        #expect(site.state == .right)
        let after = site.engine.counters
        #expect(after.linesRefused == counters.linesRefused)
        #expect(after.linesRestamped == counters.linesRestamped)
        let lastStart = site.steps.flatMap(\.closed).last?.frame.start
        #expect(lastStart.map { $0 > Timestamp(seconds: ClockSite.start + 237 * 60) } == true)
    }

    /// Of many lines a window all but the first could take the short way: from the line that shows
    /// that the clock is wrong on, none does.
    @Test func noLineOfAWrongClockIsTakenUnseen() throws {
        let site = ClockSite(.restamp)
        site.interval = 5
        site.delay = { _ in 3 }
        site.pass(minutes: 120, every: 5) { _ in -3_600 }
        let turned = try #require(site.clocks.first { $0.state == .behind }).time
        let before = (turned - Timestamp(seconds: ClockSite.start)).nanoseconds / 5_000_000_000
        // The next line closed the window that showed it, and was judged before that.
        let after = 120 * 12 - before - 1
        #expect(site.engine.counters.linesRestamped == UInt64(after))
    }

    /// A clock that is set back would have every line late until it has caught up.
    @Test func aClockSetBackIsFollowed() {
        let site = ClockSite(.restamp)
        site.pass(minutes: 120) { _ in 0 }
        site.pass(minutes: 180) { _ in -7_200 }
        #expect(site.state == .behind && site.offset == -7_200)
        #expect(site.engine.counters.readingsAmending > 60)
        #expect(site.engine.counters.linesRestamped > 100)
    }

    @Test func theEventClockJudgesNobody() {
        let site = ClockSite(source: .event)
        site.pass(minutes: 300) { _ in -3_600 }
        #expect(site.clocks.isEmpty)
    }

    // MARK: Tickets

    @Test func silenceComesFirstAndEndsNoSkew() {
        let site = ClockSite()
        site.pass(minutes: 200) { _ in -3_600 }
        site.pass(minutes: 300) { _ in nil }
        #expect(
            site.story == [
                "opened clock_skew 90 wrong_clock", "closed clock_skew 320 gave_way",
                "opened silent 320 no_telemetry",
            ])
        #expect(site.state == .behind)
        site.pass(minutes: 5) { _ in -3_600 }
        #expect(
            site.story.suffix(3) == [
                "recovered silent 501 telemetry_returned", "closed silent 503 gave_way",
                "opened clock_skew 503 wrong_clock",
            ])
        #expect(site.steps.flatMap(\.silent).count == 1)
    }

    @Test func whatAPersonHasClosedStaysClosedUntilTheClockWasRight() throws {
        let site = ClockSite()
        site.pass(minutes: 120) { _ in -3_600 }
        let ticket = try #require(site.changes.first?.ticket.id)
        site.give(.close(ticket: ticket, outcome: .noFaultFound, part: nil))
        site.pass(minutes: 300) { _ in -3_600 }
        try site.restart()
        site.pass(minutes: 60) { _ in -3_600 }
        #expect(site.story.count == 2)
        site.pass(minutes: 60) { _ in 0 }
        site.pass(minutes: 180) { _ in -3_600 }
        #expect(site.story.count == 3 && site.story[2].hasPrefix("opened clock_skew"))
    }

    @Test(arguments: [true, false]) func aRestartForgetsNoClock(isClean: Bool) throws {
        let site = ClockSite(.restamp)
        site.pass(minutes: 120) { _ in -3_600 }
        #expect(site.story.count == 1)
        if isClean { try site.restart() } else { site.refold() }
        #expect(site.state == .behind && site.offset == -3_600)
        let restamped = site.engine.counters.linesRestamped
        site.pass(minutes: 60) { _ in -3_600 }
        #expect(site.engine.counters.linesRestamped == restamped + 60)
        #expect(site.alerts.count == 1 && site.story.count == 1)
        site.pass(minutes: 60) { _ in 0 }
        #expect(site.story.last?.hasPrefix("recovered clock_skew") == true)
    }
}
