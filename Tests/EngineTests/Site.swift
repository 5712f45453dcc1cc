import Primitives
import Tickets
import Windows

@testable import Engine

/// Devices that send once a minute while they are up, under the wall clock, and ticks every thirty
/// seconds: what a gateway hears of a site.
final class Site {
    static let start: Int64 = 1_767_225_600

    private var engine: TelemetryEngine
    private let configuration: EngineConfiguration
    private(set) var steps: [EngineStep] = []
    /// Seconds since the start.
    private(set) var now: Int64 = 0
    /// Seconds between the lines of a device, where it is not a minute.
    var intervals: [String: Int64] = [:]
    var sites: [String: String] = [:]

    init(
        devices: [DeclaredDevice] = [], classes: [MachineClass] = [.pump(window: .minutes(1))],
        clock: ClockPolicy = ClockPolicy(source: .wall)
    ) {
        configuration = EngineConfiguration(clock: clock, classes: classes, devices: devices)
        engine = TelemetryEngine(configuration)
    }

    var registry: Registry { engine.registry }
    var changes: [TicketChange] { steps.flatMap(\.changes) }
    var commands: [AppliedCommand] { steps.flatMap(\.commands) }

    /// `opened silent P-1 at 7200` per change: kind, failure mode, device, minutes since the start.
    var story: [String] {
        changes.map { change in
            let minutes = (change.time.nanoseconds / 1_000_000_000 - Self.start) / 60
            return "\(change.kind.rawValue) \(change.ticket.failureMode) \(change.ticket.device) "
                + "at \(minutes)"
        }
    }

    /// Lets minutes pass in which these devices speak.
    func pass(minutes: Int64, speaking devices: [String] = []) {
        for _ in 0..<(minutes * 2) {
            now += 30
            for device in devices where now % (intervals[device] ?? 60) == 0 { send(device) }
            tick()
        }
    }

    func send(_ device: String, stamp: Int64? = nil) {
        let site = sites[device].map { ",site=" + $0 } ?? ""
        let at = (stamp ?? now) + Self.start
        let text = Array("pump,device=\(device)\(site) current=20,v=1 \(at * 1_000_000_000)\n".utf8)
        engine.ingest(
            text.span, from: 0, to: text.count, source: .file(0),
            arrivedAt: Timestamp(seconds: now + Self.start)
        ) { steps.append($0) }
    }

    func tick() {
        engine.advance(to: Timestamp(seconds: now + Self.start)) { steps.append($0) }
    }

    /// Time in which nobody listens.
    func sleep(minutes: Int64) { now += minutes * 60 }

    func give(_ id: Int64, _ action: OperatorCommand.Action, note: String? = nil) {
        engine.apply(OperatorCommand(id: id, action: action, by: "anna", note: note))
    }

    /// A clean stop and a start.
    func restart() throws {
        engine.finish { steps.append($0) }
        let bytes = engine.checkpoint()
        engine = TelemetryEngine(configuration)
        let restored = try engine.restore(bytes)
        precondition(restored.dropped.isEmpty, "\(restored.dropped)")
    }

    /// A crash without any checkpoint: every committed step is folded again. Returns the changes
    /// that this gives.
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
