import Primitives

/// A level, its slope and a passing disturbance, followed by a Kalman filter (local linear trend
/// with autocorrelated noise; Harvey, "Forecasting, Structural Time Series Models and the Kalman
/// Filter", 1989, sections 2.3 and 4.1).
///
/// Time in hours. The slope wanders with variance ``slopeNoise`` per hour. Machines under changing
/// load scatter in spells of a day, not independently: half of the observation variance belongs to
/// a disturbance that fades with ``disturbanceTime``, so that a spell is not taken for wear.
struct TrendFilter: Equatable, Sendable {
    /// Time constant of the disturbance, hours.
    static let disturbanceTime = 18.0

    /// The slope changes by its prior deviation in this many memory lengths.
    static let steadiness = 4.0

    private(set) var level: Double
    private(set) var slope: Double = 0
    private var disturbance: Double = 0
    /// Upper triangle of the covariance of (level, slope, disturbance).
    private var c00: Double
    private var c01: Double = 0
    private var c02: Double = 0
    private var c11: Double
    private var c12: Double = 0
    private var c22: Double
    /// Variance the slope gains per hour.
    let slopeNoise: Double

    var levelVariance: Double { c00 }
    var slopeVariance: Double { c11 }

    init(level: Double, observationVariance: Double, slopeDeviation: Double, memory: Double) {
        self.level = level
        c00 = observationVariance
        c11 = slopeDeviation * slopeDeviation
        c22 = observationVariance / 2
        slopeNoise = slopeDeviation * slopeDeviation / (Self.steadiness * memory)
    }

    /// Advances by `hours` and takes one observation; returns its log likelihood.
    mutating func update(
        _ observed: Double, after hours: Double, observationVariance: Double
    ) -> Double {
        predict(hours, disturbanceVariance: observationVariance / 2)
        let g0 = c00 + c02
        let g1 = c01 + c12
        let g2 = c02 + c22
        let variance = g0 + g2 + observationVariance / 2
        let innovation = observed - level - disturbance
        level += g0 / variance * innovation
        slope += g1 / variance * innovation
        disturbance += g2 / variance * innovation
        c00 -= g0 * g0 / variance
        c01 -= g0 * g1 / variance
        c02 -= g0 * g2 / variance
        c11 -= g1 * g1 / variance
        c12 -= g1 * g2 / variance
        c22 -= g2 * g2 / variance
        return -0.5 * (Math.log(variance) + innovation * innovation / variance)
    }

    private mutating func predict(_ hours: Double, disturbanceVariance: Double) {
        let fading = Math.exp(-hours / Self.disturbanceTime)
        level += slope * hours
        disturbance *= fading
        c00 +=
            2 * hours * c01 + hours * hours * c11 + slopeNoise * hours * hours * hours / 3
        c01 += hours * c11 + slopeNoise * hours * hours / 2
        c02 = fading * (c02 + hours * c12)
        c11 += slopeNoise * hours
        c12 *= fading
        c22 = fading * fading * c22 + (1 - fading * fading) * disturbanceVariance
    }
}

extension TrendFilter {
    func encode(into state: inout StateWriter) {
        for value in [
            level, slope, disturbance, c00, c01, c02, c11, c12, c22, slopeNoise,
        ] { state.put(value) }
    }

    init(from state: inout StateReader) throws(StateFailure) {
        level = try state.double()
        slope = try state.double()
        disturbance = try state.double()
        c00 = try state.double()
        c01 = try state.double()
        c02 = try state.double()
        c11 = try state.double()
        c12 = try state.double()
        c22 = try state.double()
        slopeNoise = try state.double()
    }
}
