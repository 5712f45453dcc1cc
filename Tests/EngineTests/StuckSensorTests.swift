import Detection
import Primitives
import Testing
import Tickets
import Windows

@testable import Engine

/// A sensor that sticks is no worn machine: from lines to tickets.
@Suite struct StuckSensorTests {
    /// Half a day of learning, then three days in which the vibration is what `later` says; a line
    /// every ten seconds.
    private func run(_ later: (inout Random) -> Double) -> EngineRun {
        var pump = MachineClass.pump(window: .minutes(1))
        pump.detection.signals = [
            SignalPolicy(
                name: "v", direction: .up, limits: SignalLimits(alarmHigh: 60, tripHigh: 80))
        ]
        pump.detection.components = [ComponentSignals(name: "bearing", signals: ["v"])]
        pump.detection.commissioning = .hours(12)
        let run = EngineRun(.byEvent(classes: [pump]))
        var random = Random(seed: 21)
        for second in stride(from: Int64(0), to: 84 * 3_600, by: 10) {
            let v = second < 12 * 3_600 ? 20 + random.normal() : later(&random)
            let time = (1_767_225_600 + second) * 1_000_000_000
            run.send("pump,device=P-1 current=20,v=\(v) \(time)\n")
        }
        run.finish()
        return run
    }

    @Test(arguments: [20.5, 70, 95]) func aStuckSensorRaisesNoTicket(_ value: Double) {
        let run = run { _ in value }
        #expect(run.changes.isEmpty, "\(run.changes.map(\.ticket.sentence))")
        #expect(run.steps.flatMap(\.alerts).isEmpty)
        let lastDay = run.closed.suffix(1_440)
        #expect(lastDay.allSatisfy { $0.assessment.health == 100 })
        #expect(
            lastDay.allSatisfy { closed in
                closed.assessment.signals.contains { $0.state == .stuck && $0.quality == .stuck }
            })
    }

    /// The same value with the sensor's own scatter is a machine beyond its limit.
    @Test func aMachineBeyondItsLimitDoes() {
        let run = run { random in 95 + random.normal() }
        #expect(run.changes.first?.kind == .opened && run.changes.first?.ticket.severity == .urgent)
    }
}
