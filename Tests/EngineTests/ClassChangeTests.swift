import Detection
import Engine
import Primitives
import Prognosis
import Testing
import Tickets
import Windows

/// A device first seen under a foreign measurement turns out to be of a declared class.
@Suite struct ClassChangeTests {
    static let pump = MachineClass(
        name: "pump", measurements: ["pump"],
        windows: WindowPolicy(length: .seconds(20), lateness: .seconds(30)),
        detection: DetectionPolicy(
            components: [
                ComponentSignals(name: "bearing", signals: ["v"]),
                ComponentSignals(name: "seal", signals: ["w"]),
            ]),
        prognosis: [PrognosisPolicy(component: "bearing"), PrognosisPolicy(component: "seal")],
        advice: [ComponentAdvice(component: "bearing"), ComponentAdvice(component: "seal")])

    func line(_ measurement: String, _ device: String, _ field: String, at time: Int) -> String {
        "\(measurement),device=\(device) \(field) \(time)000000000\n"
    }

    @Test func itStartsOverUnderItsClass() {
        let run = EngineRun(.byEvent(classes: [Self.pump]))
        run.send(line("other", "N", "v=9", at: 0))
        run.send(line("system", "D", "uptime=1", at: 5))
        run.send(line("system", "D", "uptime=2", at: 61))
        run.send(line("pump", "D", "v=3", at: 65))
        for time in [75, 85, 95] { run.send(line("pump", "D", "v=\(time)", at: time)) }
        run.send(line("system", "D", "uptime=3", at: 84))
        run.finish()
        #expect(
            run.frames(of: "D") == [
                "D 0...60 uptime:1@1.0", "D 60...120 uptime:1@2.0", "D 60...80 v:2@39.0",
                "D 80...100 uptime:1@3.0 v:2@90.0",
            ])
        #expect(run.frames(of: "N") == ["N 0...60 v:1@9.0"])
        #expect(run.refusals.isEmpty)
        let components = run.closed.filter { $0.frame.device.index == 1 }
            .map(\.assessment.components.count)
        #expect(components == [1, 1, 2, 2])
        #expect(run.steps.flatMap(\.devices).last?.machineClass == ClassID(rawValue: 1))
    }

    /// From then on the class's lateness counts: 30 s instead of 10 s.
    @Test func itsLatenessIsThatOfTheClass() {
        let run = EngineRun(.byEvent(classes: [Self.pump]))
        run.send(line("system", "D", "uptime=1", at: 5))
        run.send(line("pump", "D", "v=1", at: 100))
        run.send(line("pump", "D", "v=2", at: 79))
        run.send(line("pump", "D", "v=3", at: 59))
        run.finish()
        #expect(run.counters.readingsAmending == 1)
        #expect(
            run.frames == [
                "D 0...60 uptime:1@1.0", "D 60...80 v:1@2.0", "D 100...120 v:1@1.0",
            ])
    }

    /// So does what counts as an ordinary clock: 25 s ahead needs no correction any more.
    @Test func itsLatenessJudgesStampsByTheWallClock() {
        let run = EngineRun(.byWall(classes: [Self.pump]))
        let arrival = Timestamp(seconds: 100)
        run.send(line("system", "D", "uptime=1", at: 125), at: arrival)
        #expect(run.counters.linesRestamped == 1)
        run.send(line("pump", "D", "v=1", at: 125), at: arrival)
        run.send(line("pump", "D", "v=2", at: 124), at: arrival)
        #expect(run.counters.linesRestamped == 1)
        run.tick(500)
        #expect(run.frames == ["D 60...120 uptime:1@1.0", "D 120...140 v:2@1.5"])
    }

    /// A line that is refused says nothing about the class either.
    @Test func refusedLinesChangeNoClass() {
        let run = EngineRun(.byEvent(classes: [Self.pump]))
        run.send(line("system", "D", "uptime=1", at: 40_000_000))
        run.send(line("pump", "D", "v=1", at: 5))
        run.send(line("system", "D", "uptime=2", at: 40_000_001))
        run.finish()
        #expect(run.refusals == ["clock_skew 1"])
        #expect(run.registry.devices.map(\.machineClass) == [.generic])
        #expect(run.frames == ["D 39999960...40000020 uptime:2@1.5"])
    }
}
