import Primitives
import Testing
import Windows

@testable import Engine

/// Readings that come after their window was closed.
@Suite struct AmendmentTests {
    /// `v:59=3.0 in 0` per late reading: field, its time, value and the start of its window.
    private func late(_ run: EngineRun) -> [String] {
        run.steps.flatMap(\.late).map { reading in
            let name = run.registry[reading.signal].name.split(separator: ".")[1]
            return "\(name):\(reading.time.nanoseconds / 1_000_000_000)=\(reading.value) in "
                + "\(reading.start.nanoseconds / 1_000_000_000)"
        }
    }

    @Test func aLateReadingGoesOutAsItCame() {
        let run = EngineRun()
        for time in [50.0, 80] { run.send(line("A", at: time)) }
        run.send(line("A", 3, at: 59))
        run.send(line("A", at: 61))
        run.finish()
        #expect(late(run) == ["v:59=3.0 in 0"])
        #expect(run.frames == ["A 0...60 v:1@1.0", "A 60...120 v:2@1.0"])
        #expect(run.refusals.isEmpty)
        #expect(run.counters.linesAccepted == 4 && run.counters.readings == 4)
        #expect(run.counters.readingsAmending == 1)
        #expect(run.counters.linesLate == 0 && run.counters.linesRefused == 0)
    }

    /// It changes nothing for what comes after it: every other step is the same without it.
    @Test func aLateReadingMovesNothing() {
        func closed(late: Bool) -> [String] {
            let run = EngineRun(.byWall())
            for second in stride(from: Int64(10), to: 1_200, by: 10) {
                run.send(line("A", Double(second % 7), at: Double(second)), at: .at(second))
                run.tick(second)
                if late, second >= 300 {
                    run.send(line("A", 99, at: Double(second - 250)), at: .at(second))
                }
            }
            run.finish()
            if late { #expect(run.counters.readingsAmending == 90) }
            // As text: what is not known yet is no number, and equals nothing.
            return run.closed.map { "\($0)" }
        }
        #expect(closed(late: true) == closed(late: false))
    }

    /// Also where the device had said nothing: its own clock has passed.
    @Test func aWindowWithoutReadingsIsAmendedToo() {
        let run = EngineRun()
        for time in [10.0, 1_000, 300] { run.send(line("A", at: time)) }
        run.send("pump,device=A w=7 310000000000\n")
        run.finish()
        #expect(late(run) == ["v:300=1.0 in 300", "w:310=7.0 in 300"])
        #expect(run.frames == ["A 0...60 v:1@1.0", "A 960...1020 v:1@1.0"])
        // What has only come late is introduced like anything else.
        #expect(run.steps.flatMap(\.signals).map(\.name) == ["pump.v", "pump.w"])
    }

    @Test(arguments: [(89.0, true), (90, true), (90.001, false)])
    func onlyWhatIsRecentEnoughAmends(age: Double, isTaken: Bool) {
        var configuration = EngineConfiguration.byEvent()
        configuration.clock.amendFor = .seconds(90)
        let run = EngineRun(configuration)
        for time in [200.0, 300, 300 - age] { run.send(line("A", at: time)) }
        run.finish()
        #expect(run.counters.readingsAmending == (isTaken ? 1 : 0))
        #expect(run.counters.linesLate == (isTaken ? 0 : 1))
        #expect(run.refusals == (isTaken ? [] : ["late 1"]))
    }

    /// The step is cut before it grows without bound, and nothing is lost by it.
    @Test func aStepHoldsSoManyAtMost() {
        let run = EngineRun(.byWall())
        for time in [Int64(10), 100_000] { run.send(line("A", at: Double(time)), at: .at(time)) }
        for second in 0..<10_000 {
            run.send(line("A", at: Double(20_000 + second)), at: .at(100_000))
        }
        run.finish()
        let counts = run.steps.map(\.late.count).filter { $0 > 0 }
        #expect(counts == [TelemetryEngine.lateReadingsPerStep, 10_000 - 8_192])
        #expect(run.counters.readingsAmending == 10_000)
    }

    /// The order in which devices come says nothing; of repetitions the last to come stays last.
    @Test func aStepIsInOrder() {
        let run = EngineRun(.byWall())
        let devices = ["C", "A", "B"]
        for device in devices {
            for time in [10.0, 1_000] { run.send(line(device, at: time), at: .at(1_000)) }
        }
        for (value, device) in devices.enumerated() {
            for time in [30.0, 20, 30] {
                run.send(line(device, Double(value) + time, at: time), at: .at(1_000))
            }
        }
        run.send(line("A", 5, at: 20), at: .at(1_000))
        run.flush()
        #expect(
            late(run) == [
                "v:20=21.0 in 0", "v:20=5.0 in 0", "v:20=22.0 in 0", "v:20=20.0 in 0",
                "v:30=31.0 in 0", "v:30=31.0 in 0", "v:30=32.0 in 0", "v:30=32.0 in 0",
                "v:30=30.0 in 0", "v:30=30.0 in 0",
            ])
    }

    /// What an earlier process took in may be in its committed windows.
    @Test func whatIsTakenInAgainAmendsNothing() {
        var engine = TelemetryEngine(.byWall())
        var late = 0
        func send(_ time: Double, at arrival: Int64) {
            let bytes = Array(line("A", at: time).utf8)
            engine.ingest(
                bytes.span, from: 0, to: bytes.count, source: .file(0), arrivedAt: .at(arrival)
            ) { late += $0.late.count }
        }
        for time in [Int64(10), 1_000] { send(Double(time), at: time) }
        engine.recover { engine in
            let bytes = Array(line("A", at: 30).utf8)
            engine.ingest(
                bytes.span, from: 0, to: bytes.count, source: .file(0), arrivedAt: .at(1_000)
            ) { late += $0.late.count }
        }
        engine.finish { late += $0.late.count }
        #expect(late == 0 && engine.counters.readingsAmending == 0)
    }

    /// Of lines the last committed step did not contain, those that are late amend, and those that
    /// are wrong are told.
    @Test func whatWasNotCommittedCountsAfterAll() {
        var engine = TelemetryEngine(.byWall())
        var steps: [EngineStep] = []
        func take(_ text: String, at arrival: Int64, into engine: inout TelemetryEngine) {
            let bytes = Array(text.utf8)
            engine.ingest(
                bytes.span, from: 0, to: bytes.count, source: .file(0), arrivedAt: .at(arrival)
            ) { steps.append($0) }
        }
        for time in [Int64(10), 1_000] {
            take(line("A", at: Double(time)), at: time, into: &engine)
        }
        let old = "x,device=A v= 1\n" + line("A", 1, at: 30) + line("A", 1, at: -4e6)
        let new = line("A", 2, at: 31) + "x,device=A v= 2\n" + line("A", 2, at: -4e6)
        engine.recover(lines: 3) { take(old + new, at: 1_000, into: &$0) }
        engine.flush { steps.append($0) }
        #expect(steps.flatMap(\.late).map(\.value) == [2])
        #expect(engine.counters.readingsAmending == 1)
        #expect(engine.counters.linesLate == 1)
        #expect(engine.counters.linesRefused == 2)
        #expect(steps.flatMap(\.refused).map(\.count) == [1, 1])
        // From here on everything counts.
        take(line("A", 3, at: 32), at: 1_000, into: &engine)
        engine.flush { steps.append($0) }
        #expect(steps.flatMap(\.late).map(\.value) == [2, 3])
    }
}

extension Timestamp {
    fileprivate static func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) }
}
