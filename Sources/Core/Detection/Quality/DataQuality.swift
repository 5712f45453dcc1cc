package import Primitives
package import Windows

/// Whether what a signal says may be believed: a state of its own, beside the machine's.
package enum DataQuality: String, CaseIterable, Sendable {
    case good
    /// A reading lies outside what the sensor can physically say.
    case outOfRange = "out_of_range"
    /// The readings scatter far more than they ever did, around no new level: a loose connector
    /// scatters, a worn machine shifts. Not judged while it lasts.
    case noisy
    /// The device speaks and the signal, which used to be there, does not.
    case noData = "no_data"
    /// The signal used to vary and says the same for longer than it ever did twice.
    case stuck
    /// The signal knows only a few steps, each coarser than its own scatter. Believed: deviations
    /// of less than a step do not count.
    case quantised
    /// Far fewer readings in the window than the signal usually has.
    case gap

    /// Judged and learned from.
    package var isBelieved: Bool { self == .good || self == .quantised }

    /// How much more than normal a window must scatter to be suspected.
    static let noiseFactor = 6.0

    static func isOutOfRange(_ summary: WindowSummary, limits: SignalLimits?) -> Bool {
        if let low = limits?.physicalLow, summary.minimum < low { return true }
        if let high = limits?.physicalHigh, summary.maximum > high { return true }
        return false
    }

    /// `expected` is the baseline's expectation.
    static func isNoisy(
        _ summary: WindowSummary, baseline: Baseline?, expected: Double
    ) -> Bool {
        guard let baseline, summary.count >= 3, baseline.withinWindow > 0 else { return false }
        let shift = abs(summary.mean - expected)
        return summary.deviation > noiseFactor * baseline.withinWindow && summary.deviation > shift
    }
}

/// A signal's quality became another, and stayed so.
package struct QualityChange: Equatable, Sendable {
    package var signal: SignalID
    package var quality: DataQuality
    /// Start of the first window of this quality; of a lost signal, the end of its last one.
    package var since: Timestamp
    /// Of a quantised signal: how far apart its values are.
    package var step: Double?

    package init(signal: SignalID, quality: DataQuality, since: Timestamp, step: Double?) {
        self.signal = signal
        self.quality = quality
        self.since = since
        self.step = step
    }
}
