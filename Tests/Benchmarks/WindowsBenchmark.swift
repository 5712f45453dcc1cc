import Detection
import Engine
import Primitives
import Windows

/// Closing the windows of many signals at once, as every minute does: cutting them out of the
/// window store alone, and with everything the engine concludes from them.
///
/// The reference of the engine's figures is the window store alone.
enum WindowsBenchmark {
    static func run(_ scale: Scale) -> Findings {
        var findings = Findings("windows")
        let devices = scale.pick(2_500, small: 50)
        let alone = closeAlone(devices, scale, &findings)
        findings.add("store-alone", alone, "windows/CPU s")
        closeThroughEngine(devices, scale, alone: alone, &findings)
        return findings
    }

    private static func closeAlone(
        _ devices: Int, _ scale: Scale, _ findings: inout Findings
    ) -> Double {
        var store = WindowStore()
        var signals: [[SignalID]] = []
        for device in 0..<devices {
            store.addDevice(WindowPolicy())
            let first = device * Workload.fieldsPerLine
            signals.append(
                (first..<first + Workload.fieldsPerLine).map { SignalID(rawValue: Int32($0)) })
            for _ in signals[device] {
                store.addSignal(of: DeviceID(rawValue: Int32(device)))
            }
        }
        var rounds: [Double] = []
        for round in 0..<scale.rounds * 4 {
            let time = Workload.start + .minutes(Int64(round))
            for device in 0..<devices {
                guard
                    let open = store.admit(
                        DeviceID(rawValue: Int32(device)), at: time, arrival: time)
                else { preconditionFailure("BUG: a benchmark reading was late") }
                _ = store.add(
                    [Double](
                        repeating: Double(device &* 7 &+ round), count: signals[device].count),
                    count: signals[device].count, from: signals[device][0], to: open)
                store.markOpen(open, of: DeviceID(rawValue: Int32(device)))
            }
            var frames: [WindowFrame] = []
            frames.reserveCapacity(devices)
            rounds.append(
                Stopwatch.seconds {
                    for device in 0..<devices {
                        frames.append(
                            store.closeNext(
                                of: DeviceID(rawValue: Int32(device)), signals: signals[device]))
                    }
                })
            for frame in frames {
                for summary in frame.summaries { findings.fold(summary.mean) }
            }
        }
        return Double(devices * Workload.fieldsPerLine) / Stopwatch.median(rounds)
    }

    private static func closeThroughEngine(
        _ devices: Int, _ scale: Scale, alone: Double, _ findings: inout Findings
    ) {
        var minutes = EngineMinutes(devices: devices)
        var learning: [Double] = []
        var fitting: [Double] = []
        var judging: [Double] = []
        while judging.count < scale.rounds * 2 {
            let wasLearning = minutes.isLearning
            let seconds = minutes.next { step in
                for closed in step.closed { findings.fold(closed.assessment.raw) }
            }
            switch (wasLearning, minutes.isLearning) {
            case (true, true): learning.append(seconds)
            case (true, false): fitting.append(seconds)
            default: judging.append(seconds)
            }
        }
        let windows = Double(devices * Workload.fieldsPerLine)
        for (name, rounds) in [
            ("engine-learning", learning), ("engine-fitting", fitting), ("engine-judging", judging),
        ] where !rounds.isEmpty {
            findings.add(
                name, windows / Stopwatch.median(rounds), "windows/CPU s", reference: alone)
        }
    }
}
