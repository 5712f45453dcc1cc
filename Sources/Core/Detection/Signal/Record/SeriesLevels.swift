import Primitives

/// Slow and fast levels of a series and how it scatters around them: exponential means, whose rates
/// are per value and at least one over the number of values.
struct SeriesLevels: Equatable, Sendable {
    private(set) var minimum = 0.0
    private(set) var maximum = 0.0
    private var previous = 0.0
    /// Of some 16 and some 160 values.
    private var fast = 0.0
    private(set) var slow = 0.0
    private var change = 0.0
    private var residual = 0.0
    /// What spikes are told from: a level, the distance to it, and how often that is a spike.
    private var spikeLevel = 0.0
    private var spikeScale = 0.0
    private var spikeDensity = 0.0
    /// Of some 500 values, and the mean distance to it.
    private var level = 0.0
    private(set) var meanDeviation = 0.0

    /// From the least to the greatest of the values before.
    var range: Double { maximum - minimum }

    mutating func begin(_ value: Double) {
        (minimum, maximum, previous) = (value, value, value)
        (fast, slow, spikeLevel, level) = (value, value, value, value)
    }

    mutating func end(_ value: Double) {
        maximum = value > maximum ? value : maximum
        minimum = value < minimum ? value : minimum
        previous = value
    }

    mutating func smooth(residual new: Double) -> Double {
        residual += 0.2 * (new - residual)
        return residual
    }

    /// Slow change against slower level.
    mutating func contrast(_ value: Double, rate: Double) -> Double {
        fast += max(0.06, rate) * (value - fast)
        slow += max(0.006, rate) * (value - slow)
        return fast - slow
    }

    mutating func volatility(_ value: Double) -> Double {
        change += 0.02 * ((value - previous).magnitude - change)
        return change
    }

    /// Share of values that are far from their level.
    mutating func spikes(_ value: Double, count: Int, rate: Double) -> Double {
        let distance = (value - spikeLevel).magnitude
        spikeDensity += 0.05 * ((distance > 4 * spikeScale + 1e-12 ? 1 : 0) - spikeDensity)
        let most = 4 * spikeScale + 1e-3 * range + (count < 20 ? distance : 0)
        spikeScale += max(0.005, rate) * (min(distance, most) - spikeScale)
        spikeLevel += max(0.01, rate) * (value - spikeLevel)
        level += max(0.002, rate) * (value - level)
        meanDeviation += max(0.002, rate) * ((value - level).magnitude - meanDeviation)
        return spikeDensity
    }
}

extension SeriesLevels {
    func encode(into state: inout StateWriter) {
        for value in [
            minimum, maximum, previous, fast, slow, change, residual, spikeLevel, spikeScale,
            spikeDensity, level, meanDeviation,
        ] { state.put(value) }
    }

    init(from state: inout StateReader) throws(StateFailure) {
        minimum = try state.double()
        maximum = try state.double()
        previous = try state.double()
        fast = try state.double()
        slow = try state.double()
        change = try state.double()
        residual = try state.double()
        spikeLevel = try state.double()
        spikeScale = try state.double()
        spikeDensity = try state.double()
        level = try state.double()
        meanDeviation = try state.double()
        guard minimum <= maximum, meanDeviation >= 0 else { throw .invalid("levels of a series") }
    }
}
