import Detection
import Engine
import Primitives
import Windows

/// What an engine made of the lines of a schedule.
struct Outcome {
    /// What became of one line.
    enum Fate: Equatable {
        /// Taken at its own time, or, without a stamp or with a wrong one, at that of its arrival.
        case taken(isOwn: Bool)
        case late
        /// Taken for a window that was closed.
        case amending
        case refused
        /// The counters do not say one thing: never right.
        case unclear(String)
    }

    /// A closed window of a device; signals by number, as ids belong to an engine.
    struct Window: Equatable {
        var start: Int64
        var end: Int64
        var signals: [Int: WindowSummary]
        var score: Double
        var health: Double
    }

    /// Per line, in order of arrival.
    var fates: [Fate] = []
    /// By number of the device, in the order in which they were closed.
    var windows: [Int: [Window]] = [:]
    var findings: [String] = []
    /// Late readings by window and time, the last of each time.
    var late: [Expectation.Key: [Int64: Double]] = [:]
    private var lastSequence = 0

    /// Gives the lines and ticks to an engine, which ends and starts again after some ticks.
    init(
        _ configuration: EngineConfiguration, _ deliveries: [Schedule.Delivery], ticks: [Int64],
        restarts: Set<Int> = []
    ) {
        var engine = TelemetryEngine(configuration)
        var readings: UInt64 = 0
        var next = 0
        for (index, tick) in ticks.enumerated() {
            while next < deliveries.count, deliveries[next].arrival <= tick {
                fates.append(give(deliveries[next], to: &engine))
                next += 1
            }
            var steps: [EngineStep] = []
            engine.advance(to: Timestamp(nanoseconds: tick)) { steps.append($0) }
            take(steps, engine.registry)
            guard restarts.contains(index) else { continue }
            readings += engine.counters.readings - engine.counters.readingsAmending
            let bytes = engine.checkpoint()
            engine = TelemetryEngine(configuration)
            do {
                let restored = try engine.restore(bytes)
                if !restored.dropped.isEmpty { findings.append("dropped: \(restored.dropped)") }
            } catch {
                findings.append("a checkpoint that cannot be read: \(error)")
            }
        }
        readings += engine.counters.readings - engine.counters.readingsAmending
        let closed = windows.values.joined().flatMap(\.signals.values).reduce(0) { $0 + $1.count }
        if closed != Int(readings) {
            findings.append("\(readings) readings were taken, \(closed) are in closed windows")
        }
    }

    private mutating func give(
        _ delivery: Schedule.Delivery, to engine: inout TelemetryEngine
    ) -> Fate {
        let before = engine.counters
        let bytes = Schedule.line(delivery)
        var steps: [EngineStep] = []
        engine.ingest(
            bytes.span, from: 0, to: bytes.count, source: .file(0),
            arrivedAt: Timestamp(nanoseconds: delivery.arrival), precision: .nanoseconds
        ) { steps.append($0) }
        take(steps, engine.registry)
        let after = engine.counters
        let taken = after.linesAccepted - before.linesAccepted
        let refused = after.linesRefused - before.linesRefused
        let late = after.linesLate - before.linesLate
        let restamped = after.linesRestamped - before.linesRestamped
        if taken == 1, after.readingsAmending > before.readingsAmending { return .amending }
        switch (taken, refused, late) {
        case (1, 0, 0): return .taken(isOwn: delivery.stamp != nil && restamped == 0)
        case (0, 1, 1): return .late
        case (0, 1, 0): return .refused
        default: return .unclear("\(taken) taken, \(refused) refused, \(late) late")
        }
    }

    private mutating func take(_ steps: [EngineStep], _ registry: Registry) {
        for step in steps {
            if step.sequence <= lastSequence { findings.append("steps are out of order") }
            lastSequence = step.sequence
            for reading in step.late { note(reading, registry) }
            for closed in step.closed {
                let device = Self.number(of: closed.frame.device, registry)
                var signals: [Int: WindowSummary] = [:]
                for summary in closed.frame.summaries {
                    var bare = summary
                    bare.signal = SignalID(rawValue: 0)
                    signals[Self.number(of: summary.signal, registry)] = bare
                }
                windows[device, default: []].append(
                    Window(
                        start: closed.frame.start.nanoseconds, end: closed.frame.end.nanoseconds,
                        signals: signals, score: closed.assessment.score,
                        health: closed.assessment.health))
            }
        }
    }

    private mutating func note(_ reading: LateReading, _ registry: Registry) {
        let key = Expectation.Key(
            device: Self.number(of: registry[reading.signal].device, registry),
            start: reading.start.nanoseconds, signal: Self.number(of: reading.signal, registry))
        late[key, default: [:]][reading.time.nanoseconds] = reading.value
    }

    private static func number(of device: DeviceID, _ registry: Registry) -> Int {
        Int(registry[device].name.dropFirst()) ?? -1
    }

    private static func number(of signal: SignalID, _ registry: Registry) -> Int {
        Int(registry[signal].name.dropFirst(Schedule.measurement.count + 2)) ?? -1
    }
}
