import Windows

/// Whether a window's readings may be believed.
package enum DataQuality: UInt8, CaseIterable, Sendable {
    case good = 0
    /// A reading lies outside what the sensor can physically say.
    case outOfRange = 1
    /// The readings scatter far more than they ever did, around no new level: a loose connector
    /// scatters, a worn machine shifts. Not judged while it lasts.
    case noisy = 2

    /// How much more than normal a window must scatter to be suspected.
    static let noiseFactor = 6.0

    /// Judges one window of a signal. `expected` is the baseline's expectation.
    static func of(
        _ summary: WindowSummary, limits: SignalLimits?, baseline: Baseline?, expected: Double
    ) -> DataQuality {
        if let low = limits?.physicalLow, summary.minimum < low { return .outOfRange }
        if let high = limits?.physicalHigh, summary.maximum > high { return .outOfRange }
        guard let baseline, summary.count >= 3, baseline.withinWindow > 0 else { return .good }
        let shift = abs(summary.mean - expected)
        let scatters =
            summary.deviation > noiseFactor * baseline.withinWindow && summary.deviation > shift
        return scatters ? .noisy : .good
    }
}
