import Primitives
import Testing
import Windows

/// When windows close, and which readings come too late. Times in seconds.
@Suite struct WatermarkTests {
    /// One device with windows of 60 s and 10 s lateness.
    struct Setting {
        let bench = WindowBench()
        let device: DeviceID

        init(length: Int64 = 60, lateness: Int64 = 10, signals: Int = 1) {
            device = bench.addDevice(length: length, lateness: lateness, signals: signals)
        }

        func check(
            _ expected: String..., sourceLocation: SourceLocation = #_sourceLocation
        ) {
            #expect(bench.closed(device) == expected, sourceLocation: sourceLocation)
        }
    }

    @Test func liveDeviceClosesByItsOwnClock() {
        let live = Setting()
        live.bench.send(1, to: live.device, at: 5)
        live.bench.send(
            2, to: live.device, at: Timestamp(nanoseconds: 69_999_999_999),
            arrival: Timestamp(nanoseconds: 69_999_999_999))
        live.check()
        live.bench.send(3, to: live.device, at: 70)
        live.check("0...60 1@1.0")
        #expect(live.bench.send(4, to: live.device, at: 60, arrival: 70))
        live.bench.send(5, to: live.device, at: 130)
        live.check("0...60 1@1.0", "60...120 3@3.0")
    }

    /// A device 9 s ahead is not quiet, but its own clock counts once arrival has reached it.
    @Test func tickClosesByTheOwnClock() {
        let ahead = Setting()
        ahead.bench.send(1, to: ahead.device, at: 5)
        ahead.bench.send(2, to: ahead.device, at: 75, arrival: 66)
        ahead.bench.tick(69)
        ahead.check()
        ahead.bench.tick(70)
        ahead.check("0...60 1@1.0")
    }

    @Test func quietDeviceClosesByTheArrivalClock() {
        let quiet = Setting()
        quiet.bench.send(1, to: quiet.device, at: 5)
        quiet.bench.tick(74)
        quiet.check()
        quiet.bench.tick(75)
        quiet.check("0...60 1@1.0")
    }

    /// A clock that is behind, and readings a minute apart: every window keeps all of its own.
    @Test func slowClockKeepsItsReadings() {
        let behind = Setting(length: 600)
        for time in stride(from: Int64(0), to: 3_000, by: 60) {
            behind.bench.tick(time + 3_600)
            #expect(
                behind.bench.send(1, to: behind.device, at: time, arrival: time + 3_600),
                "\(time)")
        }
        behind.bench.finish()
        behind.check(
            "0...600 10@1.0", "600...1200 10@1.0", "1200...1800 10@1.0", "1800...2400 10@1.0",
            "2400...3000 10@1.0")
    }

    /// Whatever still arrives keeps the window open: only a window's length and `lateness` without
    /// a line is quiet.
    @Test func arrivalsPutTheQuietRuleOff() {
        let slow = Setting()
        slow.bench.send(1, to: slow.device, at: 5)
        slow.bench.send(2, to: slow.device, at: 6, arrival: 68)
        slow.bench.tick(137)
        slow.check()
        slow.bench.tick(138)
        slow.check("0...60 2@1.5")
    }

    @Test func backlogIsWindowedAtItsOwnTimes() {
        let backlog = Setting()
        for time in stride(from: Int64(0), to: 300, by: 30) {
            #expect(backlog.bench.send(Double(time), to: backlog.device, at: time, arrival: 9_000))
        }
        backlog.check(
            "0...60 2@15.0", "60...120 2@75.0", "120...180 2@135.0", "180...240 2@195.0")
        // Own clock 270: the last window may still get readings until the device is quiet.
        backlog.bench.tick(9_069)
        #expect(backlog.bench.frames.count == 4)
        backlog.bench.tick(9_070)
        #expect(backlog.bench.closed(backlog.device).last == "240...300 2@255.0")
    }

    /// A clock that runs 97 s ahead closes its own windows by arrival, not by what it claims.
    @Test func fastClockClosesNothingEarly() {
        let fast = Setting(length: 10, lateness: 100)
        fast.bench.send(1, to: fast.device, at: 5)
        fast.bench.send(2, to: fast.device, at: 112, arrival: 15)
        #expect(fast.bench.send(3, to: fast.device, at: 7, arrival: 16))
        fast.bench.send(4, to: fast.device, at: 109)
        fast.check()
        fast.bench.send(5, to: fast.device, at: 110)
        fast.check("0...10 2@2.0")
    }

    @Test func wrongClockClosesNobodyElsesWindows() {
        let bench = WindowBench()
        let honest = bench.addDevice(length: 60, lateness: 10)
        let wrong = bench.addDevice(length: 60, lateness: 10)
        bench.send(1, to: honest, at: 20)
        bench.send(2, to: wrong, at: 900_000, arrival: 21)
        bench.tick(22)
        bench.send(3, to: honest, at: 30)
        bench.tick(99)
        #expect(bench.frames.isEmpty)
        bench.tick(100)
        #expect(bench.closed(honest) == ["0...60 2@2.0"])
        #expect(bench.closed(wrong).isEmpty)
    }

    @Test func readingOfAClosedWindowIsRefused() {
        let late = Setting()
        late.bench.send(1, to: late.device, at: 5)
        late.bench.send(2, to: late.device, at: 70)
        #expect(!late.bench.send(3, to: late.device, at: 59, arrival: 70))
        #expect(late.bench.send(4, to: late.device, at: 60, arrival: 70))
        late.bench.finish()
        late.check("0...60 1@1.0", "60...120 2@3.0")
    }

    /// A window without data was never closed, but the own clock has passed it.
    @Test func readingBehindTheOwnClockIsRefused() {
        let late = Setting()
        late.bench.send(1, to: late.device, at: 200)
        #expect(!late.bench.send(2, to: late.device, at: 130, arrival: 200))
        #expect(late.bench.send(4, to: late.device, at: 180, arrival: 200))
        late.bench.finish()
        late.check("180...240 2@2.5")
    }

    @Test func latenessEndsExactly() {
        let exact = Setting()
        exact.bench.send(1, to: exact.device, at: 69)
        #expect(exact.bench.send(2, to: exact.device, at: 59, arrival: 69))
        let after = Setting()
        after.bench.send(1, to: after.device, at: 70)
        #expect(!after.bench.send(2, to: after.device, at: 59, arrival: 70))
    }

    /// The device was silent, so nothing of that time was closed: its backlog is welcome, though
    /// not what lies before the windows that were.
    @Test func backlogOfASilentStretchIsWelcome() {
        let silent = Setting()
        silent.bench.send(1, to: silent.device, at: 70)
        silent.bench.tick(9_000)
        silent.check("60...120 1@1.0")
        #expect(!silent.bench.send(3, to: silent.device, at: 119, arrival: 9_001))
        #expect(silent.bench.send(2, to: silent.device, at: 300, arrival: 9_002))
        silent.bench.finish()
        silent.check("60...120 1@1.0", "300...360 1@2.0")
    }

    @Test func windowsBefore1970() {
        let old = Setting(lateness: 1_000)
        for time in [-1, -60, -61, 0, 59, -120, -59] as [Int64] {
            #expect(old.bench.send(Double(time), to: old.device, at: time, arrival: 100))
        }
        old.bench.finish()
        old.check("-120...-60 2@-90.5", "-60...0 3@-40.0", "0...60 2@29.5")
    }

    @Test func windowEdgesInNanoseconds() {
        let edge = Setting(lateness: 1_000)
        for nanoseconds in [-1, 0, 59_999_999_999, 60_000_000_000, -60_000_000_001] as [Int64] {
            edge.bench.send(
                1, to: edge.device, at: Timestamp(nanoseconds: nanoseconds),
                arrival: Timestamp(seconds: 100))
        }
        edge.bench.finish()
        edge.check("-120...-60 1@1.0", "-60...0 1@1.0", "0...60 2@1.0", "60...120 1@1.0")
    }

    /// The ends of the time the engine lets through; differences do not fit 64 bits.
    @Test func widestTimesDoNotOverflow() {
        let wide = Setting()
        let first = Timestamp(nanoseconds: -1 << 62)
        let last = Timestamp(nanoseconds: 1 << 62)
        #expect(wide.bench.send(1, to: wide.device, at: first, arrival: first))
        #expect(wide.bench.send(2, to: wide.device, at: last, arrival: last))
        #expect(!wide.bench.send(3, to: wide.device, at: first, arrival: last))
        wide.bench.finish()
        #expect(wide.bench.summaries(of: wide.device).map(\.mean) == [1, 2])
    }
}
