import Detection
import Primitives
import Testing
import Tickets
import Windows

@testable import Engine

/// A device that speaks and no longer says everything, under the event clock: one line a minute.
@Suite struct SensorLossTests {
    private final class Pump {
        private(set) var engine: TelemetryEngine
        private(set) var steps: [EngineStep] = []
        private let configuration: EngineConfiguration
        private var minute: Int64 = 0

        init(silentAfter: TimeSpan = .hours(2), isDeclared: Bool = true) {
            var pump = MachineClass.pump(window: .minutes(1))
            pump.detection.silentAfter = silentAfter
            pump.detection.signals = isDeclared ? [SignalPolicy(name: "v")] : []
            configuration = .byEvent(classes: [pump])
            engine = TelemetryEngine(configuration)
        }

        var story: [String] {
            steps.flatMap(\.changes).filter { $0.ticket.component == "telemetry" }.map {
                "\($0.kind.rawValue) \($0.ticket.failureMode)"
            }
        }

        var changes: [TicketChange] { steps.flatMap(\.changes) }
        var qualities: [DataQuality] {
            steps.flatMap(\.closed).flatMap(\.assessment.qualityChanges).map(\.quality)
        }

        func pass(_ minutes: Int, saysAll: Bool) {
            for _ in 0..<minutes {
                minute += 1
                let v = saysAll ? ",v=\(minute * 7919 % 97)" : ""
                let time = (1_767_225_600 + minute * 60) * 1_000_000_000
                let text = Array(
                    "pump,device=P-1 current=20,t=\(minute * 31 % 89)\(v) \(time)\n".utf8)
                engine.ingest(
                    text.span, from: 0, to: text.count, source: .file(0),
                    arrivedAt: Timestamp(seconds: 0)
                ) { steps.append($0) }
            }
        }

        func finish() { engine.finish { steps.append($0) } }

        /// A crash without any checkpoint.
        func refold() {
            let names = engine.registry
            engine = TelemetryEngine(configuration)
            for step in steps { _ = engine.refold(names.recorded(step)) }
            engine.resume(
                after: steps.last?.sequence ?? 0,
                advancedTo: steps.map(\.advancedTo).max() ?? .distantPast)
        }
    }

    @Test func aLostSensorThatIsDeclaredGetsATicket() throws {
        let pump = Pump()
        pump.pass(200, saysAll: true)
        pump.pass(100, saysAll: false)
        #expect(pump.story == [])
        #expect(pump.qualities.last == .noData)
        pump.pass(60, saysAll: false)
        #expect(pump.story == ["opened sensor_lost"])
        let ticket = try #require(pump.changes.last?.ticket)
        #expect(ticket.severity == .advice)
        #expect(
            ticket.sentence == "pump.v has been missing since 2026-01-01 03:21, while the device "
                + "goes on sending.")
        pump.pass(10, saysAll: true)
        #expect(pump.story == ["opened sensor_lost", "recovered sensor_lost"])
    }

    @Test func whatNobodyHasDeclaredIsToldButIsNoTicket() {
        let pump = Pump(isDeclared: false)
        pump.pass(200, saysAll: true)
        pump.pass(400, saysAll: false)
        #expect(pump.story == [] && pump.qualities.last == .noData)
    }

    @Test func aClassThatIsNotToBeMissedLosesNoSensor() {
        let pump = Pump(silentAfter: .zero)
        pump.pass(200, saysAll: true)
        pump.pass(400, saysAll: false)
        #expect(pump.story == [])
    }

    /// Quality follows from committed windows alone.
    @Test func aRestartWithoutCheckpointArrivesAtTheSame() {
        let pump = Pump()
        pump.pass(200, saysAll: true)
        pump.pass(160, saysAll: false)
        let straight = Pump()
        straight.pass(200, saysAll: true)
        straight.pass(160, saysAll: false)
        pump.finish()
        straight.finish()
        pump.refold()
        #expect(pump.story == ["opened sensor_lost"])
        pump.pass(60, saysAll: false)
        straight.pass(60, saysAll: false)
        pump.pass(30, saysAll: true)
        straight.pass(30, saysAll: true)
        #expect(pump.story == ["opened sensor_lost", "recovered sensor_lost"])
        #expect(pump.qualities == straight.qualities)
        let left = pump.steps.flatMap(\.closed).suffix(80).map { String(reflecting: $0.assessment) }
        let right = straight.steps.flatMap(\.closed).suffix(80).map {
            String(reflecting: $0.assessment)
        }
        #expect(left == right)
    }
}
