import Primitives
import Tickets
import Windows

@testable import Engine

/// One device `P-1` that sends once a minute under the wall clock with a clock of its own, and
/// ticks every thirty seconds.
final class ClockSite {
    static let start: Int64 = 1_767_225_600

    private(set) var engine: TelemetryEngine
    private let configuration: EngineConfiguration
    private(set) var steps: [EngineStep] = []
    /// Seconds since the start.
    private(set) var now: Int64 = 0
    var interval: Int64 = 60
    /// Tenths of a second a line is on its way.
    var delay: (Int64) -> Int64 = { 3 + $0 % 7 }

    init(
        _ policy: SkewedStamps = .keep, classes: [MachineClass] = [.pump(window: .minutes(1))],
        devices: [DeclaredDevice] = [], source: ClockPolicy.Source = .wall
    ) {
        configuration = EngineConfiguration(
            clock: ClockPolicy(source: source, skewedStamps: policy), classes: classes,
            devices: devices)
        engine = TelemetryEngine(configuration)
    }

    var clocks: [ClockChange] { steps.flatMap(\.clocks) }
    var changes: [TicketChange] { steps.flatMap(\.changes) }
    var state: DeviceClock.State? { engine.clocks.first?.state }
    var offset: Double? { engine.clocks.first?.offset?.seconds.rounded() }

    /// `right 10` per told state: minutes since the start.
    var told: [String] {
        clocks.filter { $0.previous != nil }.map { change in
            "\(change.state.rawValue) \(minutes(change.time))"
        }
    }

    var alerts: [String] {
        clocks.filter(\.isAlert).map { "\($0.state.rawValue) \(minutes($0.time))" }
    }

    /// `opened clock_skew 90` per change.
    var story: [String] {
        changes.map {
            "\($0.kind.rawValue) \($0.ticket.failureMode) \(minutes($0.time)) \($0.reason.rawValue)"
        }
    }

    private func minutes(_ time: Timestamp) -> Int64 {
        (time.nanoseconds / 1_000_000_000 - Self.start) / 60
    }

    /// Lets minutes pass; `offset` is what the device's clock is ahead by, in seconds, at a second
    /// since the start; `nil` while the device says nothing.
    func pass(minutes: Int64, every step: Int64 = 30, offset: (Int64) -> Int64?) {
        for _ in 0..<(minutes * 60 / step) {
            now += step
            if now % interval == 0, let offset = offset(now) { send(stamp: now + offset) }
            tick()
        }
    }

    /// Sends a line stamped so many seconds after the start.
    func send(stamp: Int64) {
        let nanoseconds = (stamp + Self.start) * 1_000_000_000
        let text = Array("pump,device=P-1 current=20,v=\(now % 97) \(nanoseconds)\n".utf8)
        let arrival = (now + Self.start) * 1_000_000_000 + delay(now) * 100_000_000
        engine.ingest(
            text.span, from: 0, to: text.count, source: .file(0),
            arrivedAt: Timestamp(nanoseconds: arrival)
        ) { steps.append($0) }
    }

    func tick() {
        engine.advance(to: Timestamp(seconds: now + Self.start + 1)) { steps.append($0) }
    }

    func give(_ action: OperatorCommand.Action) {
        engine.apply(OperatorCommand(id: 1, action: action, by: "anna", note: nil))
    }

    /// A clean stop and a start.
    func restart() throws {
        engine.finish { steps.append($0) }
        let bytes = engine.checkpoint()
        engine = TelemetryEngine(configuration)
        let restored = try engine.restore(bytes)
        precondition(restored.dropped.isEmpty, "\(restored.dropped)")
    }

    /// A crash without any checkpoint: committed steps are folded again, and clocks are taken up
    /// as they were last told.
    func refold() {
        let names = engine.registry
        engine = TelemetryEngine(configuration)
        for step in steps { _ = engine.refold(names.recorded(step)) }
        engine.adopt(
            clocks.map {
                RecordedClock(
                    device: names[$0.device].name, state: $0.state, offset: $0.offset,
                    since: $0.since)
            })
        engine.resume(
            after: steps.last?.sequence ?? 0,
            advancedTo: steps.map(\.advancedTo).max() ?? .distantPast)
    }
}
