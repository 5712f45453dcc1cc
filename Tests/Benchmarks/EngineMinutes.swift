import Detection
import Engine
import Primitives

/// Minutes of telemetry of many devices through an engine, every other minute: one line of each
/// device, then the tick that closes all their windows.
struct EngineMinutes: ~Copyable {
    private var engine = TelemetryEngine(Workload.configuration(clock: .wall))
    private var workload: Workload
    private var minute = Workload.start
    /// Whether the last closed windows were still learned from.
    private(set) var isLearning = true
    private(set) var linesTaken = 0

    init(devices: Int) { workload = Workload(devices: devices, passes: 1) }

    /// Returns the processor seconds of the closing tick alone.
    mutating func next(_ emit: (EngineStep) -> Void) -> Double {
        let last = workload.restamp(from: minute + .seconds(30))
        let bytes = workload.bytes
        engine.ingest(
            bytes.span, from: 0, to: bytes.count,
            source: LineSource.ipv4(.udp, 0x7F00_0001), arrivedAt: last, emit: emit)
        linesTaken += workload.lines
        // A window's length and the lateness after the last line all devices count as quiet.
        let tick = minute + .seconds(110)
        minute = minute + .minutes(2)
        var steps: [EngineStep] = []
        let seconds = Stopwatch.seconds { engine.advance(to: tick) { steps.append($0) } }
        precondition(
            engine.counters.windowsClosed == UInt64(linesTaken * Workload.fieldsPerLine),
            "BUG: the tick did not close every window")
        isLearning = steps.contains { $0.closed.contains { $0.assessment.state == .learning } }
        for step in steps { emit(step) }
        return seconds
    }
}
