/// What ``RecordExcess`` looks at, in words that a technician understands.
package enum RecordFeature: UInt8, CaseIterable, Sendable {
    case value
    case logMagnitude
    case hourResidual
    case smoothedResidual
    case levelContrast
    case low24
    case volatility
    case spikeDensity
    case low6
    case high12
    case deviation
    case hourDeviation
    case shape

    /// Those whose range is kept.
    static let ranges = allCases[..<10]
    /// Those whose tail is kept.
    static let tails = allCases[10...]

    /// Only more of it is news.
    var isOneSided: Bool { self == .volatility || self == .spikeDensity }
    /// Its range does not scale with the series.
    var hasOwnUnit: Bool { self == .logMagnitude || self == .spikeDensity }
}
