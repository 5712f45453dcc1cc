import Engine
import Primitives
import Windows

/// Everything the engine does for a line of a known device: parse, find the series, judge the
/// stamp, add each reading to its window. No window closes in the measured part (checked).
///
/// The reference is the parser alone over the same bytes, so the ratio says what binding and
/// accumulating cost on top.
enum BindBenchmark {
    static func run(_ scale: Scale) -> Findings {
        var findings = Findings("bind")
        for devices in scale.isSmall ? [50, 500] : [1_000, 20_000] {
            measure(devices, scale, &findings)
        }
        return findings
    }

    private static func measure(_ devices: Int, _ scale: Scale, _ findings: inout Findings) {
        let source = LineSource.ipv4(.udp, 0x7F00_0001)
        var engine = TelemetryEngine(Workload.configuration(clock: .wall))
        var registration = Workload(devices: devices, passes: 1)
        var now = registration.restamp(from: Workload.start)
        let empty = HeapUse.bytes
        engine.ingest(
            registration.bytes.span, from: 0, to: registration.bytes.count, source: source,
            arrivedAt: now, emit: { _ in })
        engine.flush { _ in }
        let registered = HeapUse.bytes

        var workload = Workload(devices: devices, passes: max(2, 20_000 / devices))
        let passes = scale.pick(10, small: 1)
        var ingesting: [Double] = []
        var parsing: [Double] = []
        var kept = 0
        for _ in 0..<scale.rounds {
            var seconds = 0.0
            for _ in 0..<passes {
                now = workload.restamp(from: now)
                let before = HeapUse.bytes
                seconds += Stopwatch.seconds {
                    engine.ingest(
                        workload.bytes.span, from: 0, to: workload.bytes.count, source: source,
                        arrivedAt: now, emit: { _ in })
                }
                if let before, let after = HeapUse.bytes { kept += after - before }
            }
            ingesting.append(seconds)
            parsing.append(
                Stopwatch.seconds {
                    for _ in 0..<passes { ParseBenchmark.parseAll(workload.bytes, &findings) }
                })
        }
        let counters = engine.counters
        precondition(counters.windowsClosed == 0, "BUG: a window closed inside the measured part")
        precondition(
            counters.linesRefused == 0 && counters.linesLate == 0
                && counters.linesRestamped == 0, "BUG: a benchmark line was not simply accepted")
        let lines = Double(passes * workload.lines)
        let each = Stopwatch.median(ingesting) / lines
        findings.add(
            "\(devices).time", each * 1e9, "ns/line",
            reference: Stopwatch.median(parsing) / lines * 1e9)
        findings.add(
            "\(devices).values", Double(Workload.fieldsPerLine) / each, "values/CPU s")
        if let empty, let registered {
            findings.add(
                "\(devices).kept", Double(kept) / (lines * Double(scale.rounds)),
                "heap bytes/line")
            findings.add(
                "\(devices).memory", Double(registered - empty) / Double(devices),
                "heap bytes/device")
        }
        findings.fold(counters.readings)
        // Closing the windows turns what was accumulated into numbers to fold.
        engine.advance(to: now + .minutes(5)) { step in
            for closed in step.closed {
                for summary in closed.frame.summaries { findings.fold(summary.mean) }
            }
        }
    }
}
