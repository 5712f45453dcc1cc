import Detection
import Primitives
import Testing
import Windows

@testable import Engine

/// Which signals have further statistics, and what late readings are to them.
@Suite struct EngineFurtherStatisticsTests {
    private func configuration(_ signals: [SignalPolicy]) -> EngineConfiguration {
        .byWall(
            classes: [
                MachineClass(
                    name: "pump", measurements: ["pump"],
                    windows: WindowPolicy(length: .seconds(60), lateness: .seconds(5)),
                    detection: DetectionPolicy(signals: signals))
            ])
    }

    private func send(_ run: EngineRun, _ fields: String, at second: Int64) {
        run.tick(second)
        run.send(
            "pump,device=A \(fields) \(second)000000000\n", at: Timestamp(seconds: second))
    }

    private func changes(_ run: EngineRun) -> [String] {
        run.closed.flatMap { closed in
            closed.frame.summaries.compactMap { summary in
                summary.changes.map { "\(run.registry[summary.signal].name) \($0)" }
            }
        }
    }

    @Test func booleansCountTheirChanges() {
        let run = EngineRun(configuration([]))
        for second in 0..<Int64(60) {
            send(run, "on=\(second % 10 < 5 ? "t" : "f"),v=\(second)", at: second)
        }
        run.tick(200)
        #expect(changes(run) == ["pump.on 11"])
    }

    @Test func classesAskForMore() {
        let run = EngineRun(
            configuration([
                SignalPolicy(name: "mode", kind: .state),
                SignalPolicy(name: "v", crossingsOf: 30, quantiles: true),
                SignalPolicy(name: "energy", kind: .counter),
            ]))
        for second in 0..<Int64(60) {
            send(
                run, "mode=\(second / 20)i,v=\(second),energy=\(1_000 + 3 * second)i",
                at: second)
        }
        run.tick(200)
        #expect(changes(run) == ["pump.mode 2", "pump.v 1"])
        let frame = run.closed[0].frame
        #expect(frame.quantiles.map { run.registry[$0.signal].name } == ["pump.v"])
        #expect(frame.quantiles.map(\.p50) == [29.5])
        #expect(frame.summaries[2].mean == 3 && frame.summaries[2].count == 59)
    }

    /// A device first known by another measurement, whose class turns out later.
    @Test func theClassMayComeLater() {
        let run = EngineRun(configuration([SignalPolicy(name: "energy", kind: .counter)]))
        run.tick(0)
        run.send(
            "other,device=A energy=5,on=true 1000000000\n", at: Timestamp(seconds: 1))
        send(run, "w=1", at: 62)
        for second in Int64(63)..<90 {
            run.send(
                "other,device=A energy=\(second),on=false \(second)000000000\n",
                at: Timestamp(seconds: second))
        }
        run.tick(300)
        let last = run.closed.last?.frame
        let means = last?.summaries.map { "\(run.registry[$0.signal].name) \($0.mean)" }
        #expect(means?.first == "other.energy 1.0")
        #expect(changes(run) == ["other.on 0", "other.on 1"])
    }

    @Test func lateReadingsOfACounterAmendNothing() {
        let run = EngineRun(configuration([SignalPolicy(name: "energy", kind: .counter)]))
        for second in [Int64(0), 30, 120] { send(run, "energy=\(second),v=1", at: second) }
        run.tick(200)
        run.send("pump,device=A energy=20,v=7 20000000000\n", at: Timestamp(seconds: 200))
        run.tick(201)
        let late = run.steps.flatMap(\.late).map { run.registry[$0.signal].name }
        #expect(late == ["pump.v"])
        #expect(run.counters.readingsAmending == 1)
    }
}
