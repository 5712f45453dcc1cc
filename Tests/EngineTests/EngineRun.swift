import Detection
import Primitives
import Prognosis
import Tickets
import Windows

@testable import Engine

/// An engine and everything it has said so far.
final class EngineRun {
    private var engine: TelemetryEngine
    private(set) var steps: [EngineStep] = []

    init(_ configuration: EngineConfiguration = .byEvent(), lastSequence: Int = 0) {
        engine = TelemetryEngine(configuration, lastSequence: lastSequence)
    }

    func send(
        _ text: String, source: LineSource = .file(0),
        at arrival: Timestamp = Timestamp(seconds: 0), precision: StampPrecision = .auto,
        terms: Int = 0
    ) {
        send(
            Array(text.utf8)[...], source: source, at: arrival, precision: precision, terms: terms)
    }

    func send(
        _ bytes: ArraySlice<UInt8>, source: LineSource = .file(0),
        at arrival: Timestamp = Timestamp(seconds: 0), precision: StampPrecision = .auto,
        terms: Int = 0
    ) {
        let block = Array(bytes)
        engine.ingest(
            block.span, from: 0, to: block.count, source: source, arrivedAt: arrival,
            precision: precision, terms: terms
        ) { steps.append($0) }
    }

    func noteRefused(
        _ reason: String, isLine: Bool, count: Int, sample: String, at arrival: Timestamp
    ) {
        engine.noteRefused(
            reason, isLine: isLine, count: count, source: .file(0),
            sample: Array(sample.utf8).span, at: arrival)
    }

    func tick(_ now: Int64) { engine.advance(to: Timestamp(seconds: now)) { steps.append($0) } }
    func flush() { engine.flush { steps.append($0) } }
    func finish() { engine.finish { steps.append($0) } }

    var counters: EngineCounters { engine.counters }
    var registry: Registry { engine.registry }
    var closed: [EngineStep.Closed] { steps.flatMap(\.closed) }
    var changes: [TicketChange] { steps.flatMap(\.changes) }
    var refused: [EngineStep.Refused] { steps.flatMap(\.refused) }

    /// `clock_skew 2` per reason, counts added up over all steps and senders, in order of reason.
    var refusals: [String] {
        var counts: [String: Int] = [:]
        for item in refused { counts[item.reason, default: 0] += item.count }
        return counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    }

    /// `P-1 0...60 v:2@1.5` per closed window: device, bounds in seconds, then field name, count
    /// and mean per signal.
    var frames: [String] {
        closed.map { item in
            let bounds = [item.frame.start, item.frame.end].map { $0.nanoseconds / 1_000_000_000 }
            let summaries = item.frame.summaries.map { summary in
                let name = registry[summary.signal].name.split(separator: ".")[1]
                return " \(name):\(summary.count)@\(summary.mean)"
            }
            return "\(registry[item.frame.device].name) \(bounds[0])...\(bounds[1])"
                + summaries.joined()
        }
    }

    func frames(of device: String) -> [String] {
        frames.filter { $0.hasPrefix(device + " ") }
    }

    /// Field names kept, over all series.
    var rememberedFields: Int {
        (0..<engine.series.count).reduce(0) { $0 + engine.series.fieldCount(of: $1) }
    }

    /// Readings in all closed windows.
    var readingsClosed: Int {
        closed.flatMap(\.frame.summaries).reduce(0) { $0 + $1.count }
    }

    /// One number per step, of all it holds.
    var digests: [String] {
        steps.map { ByteHash.hex(ByteHash.hash(String(reflecting: $0))) }
    }
}

extension EngineConfiguration {
    /// Event clock, the default windows of 60 s with 10 s lateness.
    static func byEvent(
        limits: EngineLimits = EngineLimits(), classes: [MachineClass] = []
    ) -> EngineConfiguration {
        EngineConfiguration(clock: ClockPolicy(source: .event), limits: limits, classes: classes)
    }

    static func byWall(classes: [MachineClass] = []) -> EngineConfiguration {
        EngineConfiguration(clock: ClockPolicy(source: .wall), classes: classes)
    }
}

/// `pump,device=NAME v=VALUE TIME` with a newline; time in seconds.
func line(_ device: String, _ value: Double = 1, at seconds: Double) -> String {
    "pump,device=\(device) v=\(value) \(Int64(seconds * 1e9))\n"
}
