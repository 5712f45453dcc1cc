import Primitives
import Windows

@testable import Detection

/// One machine on a test bench: names its signals, feeds it window after window.
struct Bench {
    /// The start of every bench run: 2026-01-05T00:00:00Z.
    static let start = Timestamp(seconds: 1_767_571_200)

    var detector: DeviceDetector
    var time = Bench.start
    let window: TimeSpan
    private var names: [String] = []

    init(
        _ policy: DetectionPolicy, window: TimeSpan = .minutes(10), signals: [String] = []
    ) {
        self.window = window
        detector = DeviceDetector(policy: policy, window: window)
        for name in signals { add(name) }
    }

    mutating func add(_ name: String) {
        detector.addSignal(SignalID(rawValue: Int32(names.count)), named: name)
        names.append(name)
    }

    /// What one signal says in one window: ten readings, `spread` apart from the mean at most.
    struct Window {
        var mean: Double
        var spread: Double
        var count: Int

        init(_ mean: Double, spread: Double = 0.1, count: Int = 10) {
            self.mean = mean
            self.spread = spread
            self.count = count
        }
    }

    static func summary(_ window: Window, signal: Int = 0) -> WindowSummary {
        WindowSummary(
            signal: SignalID(rawValue: Int32(signal)), count: window.count,
            minimum: window.mean - window.spread, maximum: window.mean + window.spread,
            mean: window.mean, deviation: window.spread, first: window.mean, last: window.mean)
    }

    /// Feeds one window; a signal that is `nil` is absent from it.
    @discardableResult mutating func feed(_ windows: [Window?]) -> DeviceAssessment {
        var summaries: [WindowSummary] = []
        for (index, window) in windows.enumerated() {
            guard let window else { continue }
            summaries.append(Self.summary(window, signal: index))
        }
        let frame = WindowFrame(
            device: DeviceID(rawValue: 0), start: time, end: time + window, summaries: summaries)
        time = time + window
        return detector.assess(frame)
    }

    @discardableResult mutating func feed(_ means: Double...) -> DeviceAssessment {
        feed(means.map { Window($0) })
    }

    /// Feeds windows of normal noise around `level` until the baselines are learned.
    mutating func commission(
        _ random: inout Random, levels: [Double], noise: Double = 1
    ) {
        var windows = 0
        while detector.isLearning, windows < 10_000 {
            feed(levels.map { Window($0 + noise * random.normal()) })
            windows += 1
        }
        precondition(!detector.isLearning, "BUG: commissioning has no end")
    }
}
