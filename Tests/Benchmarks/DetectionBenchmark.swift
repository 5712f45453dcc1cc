import Detection
import Primitives

/// The scorers alone: what a value or a vector costs, and what is kept.
///
/// The series is of many signals in turns, as when a window closes for all of them, so that what is
/// kept of one has left the cache when its next value comes.
enum DetectionBenchmark {
    static func run(_ scale: Scale) -> Findings {
        var findings = Findings("detection")
        record(scale, &findings)
        for width in [8, 20, 50] { health(width, scale, &findings) }
        return findings
    }

    private static func record(_ scale: Scale, _ findings: inout Findings) {
        let signals = scale.pick(10_000, small: 20)
        let ticks = scale.pick(300, small: 120)
        var random = Random(seed: 1)
        let values = (0..<4_096).map { _ in 20 + random.normal() }
        let before = HeapUse.bytes ?? 0
        var records = [SignalRecord](repeating: SignalRecord(window: .minutes(5)), count: signals)
        var rounds: [Double] = []
        for tick in 0..<ticks {
            let time = Workload.start + .minutes(Int64(tick) * 5)
            let seconds = Stopwatch.seconds {
                for signal in records.indices {
                    let value = values[(signal &* 31 &+ tick &* 7) & 4_095]
                    let score = records[signal].take(value, count: 60, at: time)
                    findings.fold(score?.raw ?? 0)
                }
            }
            // All 32 shapes are there by then.
            if tick >= ticks / 2 { rounds.append(seconds) }
        }
        let kept = (HeapUse.bytes ?? 0) - before
        findings.add(
            "record.time", Stopwatch.median(rounds) / Double(signals) * 1e9, "ns/value",
            reference: 400)
        findings.add(
            "record.state", Double(kept) / Double(signals), "heap bytes/signal", reference: 3_200)
        withExtendedLifetime(records) {}
    }

    private static func health(_ width: Int, _ scale: Scale, _ findings: inout Findings) {
        let devices = scale.pick(1_000, small: 4)
        let vectors = scale.pick(600, small: 450)
        var random = Random(seed: 2)
        let values = (0..<512).map { _ in (0..<width).map { _ in 20 + random.normal() } }
        let before = HeapUse.bytes ?? 0
        var indices = [HealthIndex](repeating: HealthIndex(width: width), count: devices)
        var rounds: [Double] = []
        for vector in 0..<vectors {
            let seconds = Stopwatch.seconds {
                for device in indices.indices {
                    let reading = indices[device].take(values[(device &* 31 &+ vector) & 511])
                    findings.fold(reading.distance)
                }
            }
            if vector >= 401 { rounds.append(seconds) }
        }
        let kept = (HeapUse.bytes ?? 0) - before
        findings.add(
            "health-\(width).time", Stopwatch.median(rounds) / Double(devices) * 1e9, "ns/vector",
            reference: width == 20 ? 250 : width == 50 ? 1_500 : nil)
        findings.add(
            "health-\(width).state", Double(kept) / Double(devices), "heap bytes/device",
            reference: width == 20 ? 4_096 : nil)
        withExtendedLifetime(indices) {}
    }
}
