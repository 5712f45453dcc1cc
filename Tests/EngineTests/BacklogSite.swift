import Detection
import Primitives
import Tickets
import Windows

@testable import Engine

/// A pump `P-1` that measures once a minute and is heard at once, or keeps what it measured and
/// sends it later; ticks every thirty seconds.
final class BacklogSite {
    static let start: Int64 = 1_767_225_600

    private let configuration: EngineConfiguration
    private var engine: TelemetryEngine
    private(set) var steps: [EngineStep] = []
    private var kept: [String] = []
    /// Minutes since the start.
    private(set) var now: Int64 = 0

    init(source: ClockPolicy.Source = .wall) {
        var pump = MachineClass.pump(window: .minutes(1))
        pump.faultCodes = ["fault"]
        configuration = EngineConfiguration(
            clock: ClockPolicy(source: source, amendFor: .zero), classes: [pump])
        engine = TelemetryEngine(configuration)
    }

    /// `abnormal 400` per alert told: minutes since the start at which it came up.
    var alerts: [String] {
        steps.flatMap(\.alerts).map { "\($0.kind.rawValue) \(minutes($0.time))" }
    }

    /// Fault codes told.
    var faults: [String] {
        steps.flatMap(\.texts).filter(\.isAlert).map { "\($0.value) \(minutes($0.time))" }
    }

    /// Fault codes kept as events.
    var faultEvents: [String] {
        steps.flatMap(\.texts).filter { $0.isEvent && $0.isFault }.map(\.value)
    }

    var changes: [TicketChange] {
        steps.flatMap(\.changes).filter { $0.ticket.component != "telemetry" }
    }

    /// `opened 1 trip` per change of the bearing's ticket: kind, revision, severity.
    var story: [String] {
        changes.map { "\($0.kind.rawValue) \($0.revision) \($0.ticket.severity.name)" }
    }

    var closed: [EngineStep.Closed] { steps.flatMap(\.closed) }

    private func minutes(_ time: Timestamp) -> Int64 {
        (time.nanoseconds / 1_000_000_000 - Self.start) / 60
    }

    private func line(_ vibration: Double, _ fault: String, _ minute: Int64) -> String {
        let wobble = Double(minute * 7 % 11) / 100
        return "pump,device=P-1 current=20,vibration_rms=\(vibration + wobble),fault=\"\(fault)\" "
            + "\((Self.start + minute * 60) * 1_000_000_000)\n"
    }

    private func ingest(_ text: String) {
        let bytes = Array(text.utf8)
        engine.ingest(
            bytes.span, from: 0, to: bytes.count, source: .file(0),
            arrivedAt: Timestamp(seconds: Self.start + now * 60)
        ) { steps.append($0) }
    }

    private func tick(seconds: Int64 = 0) {
        engine.advance(to: Timestamp(seconds: Self.start + now * 60 + seconds)) {
            steps.append($0)
        }
    }

    /// Minutes in which the pump is heard at once.
    func live(_ minutes: Int64, _ vibration: Double = 2, fault: String = "none") {
        for _ in 0..<minutes {
            now += 1
            ingest(line(vibration, fault, now))
            tick()
            tick(seconds: 30)
        }
    }

    /// Minutes that the pump keeps to itself.
    func outage(_ minutes: Int64, _ vibration: Double = 2, fault: String = "none") {
        for _ in 0..<minutes {
            now += 1
            kept.append(line(vibration, fault, now))
            tick()
            tick(seconds: 30)
        }
    }

    /// What was kept comes, in so many pieces with a tick behind each.
    func upload(pieces: Int = 1) {
        let size = (kept.count + pieces - 1) / max(pieces, 1)
        while !kept.isEmpty {
            ingest(kept.prefix(size).joined())
            kept.removeFirst(min(size, kept.count))
            tick(seconds: 30)
        }
    }

    /// Minutes without a line.
    func silence(_ minutes: Int64) {
        for _ in 0..<minutes {
            now += 1
            tick()
        }
    }

    func decide(_ action: OperatorCommand.Action) {
        engine.apply(OperatorCommand(id: 1, action: action, by: "anna", note: nil))
    }

    func maintain(_ kind: MaintenanceEvent.Kind) {
        let event = MaintenanceEvent(
            time: Timestamp(seconds: Self.start + now * 60), device: "P-1", component: "bearing",
            kind: kind)
        decide(.maintenance(event))
    }

    /// A clean stop and a start.
    func restart() throws {
        engine.finish { steps.append($0) }
        let bytes = engine.checkpoint()
        engine = TelemetryEngine(configuration)
        let restored = try engine.restore(bytes)
        precondition(restored.dropped.isEmpty, "\(restored.dropped)")
    }

    /// A crash without any checkpoint: returns the changes that folding again gives.
    func refold() -> [TicketChange] {
        let names = engine.registry
        engine = TelemetryEngine(configuration)
        var changes: [TicketChange] = []
        for step in steps { changes += engine.refold(names.recorded(step)) }
        engine.resume(
            after: steps.last?.sequence ?? 0,
            advancedTo: steps.map(\.advancedTo).max() ?? .distantPast)
        return changes
    }
}
