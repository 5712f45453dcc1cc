internal import Primitives

/// What a sensor is: its unit's resolution and how far its readings scatter.
struct SensorSpecification: Sendable {
    /// Field key of the line protocol.
    let name: String
    /// Decimals of the reading; the sensor resolves no more.
    let decimals: Int
    /// Standard deviation of the independent noise, in the unit of the signal ...
    let additive: Double
    /// ... plus this fraction of the healthy value.
    let proportional: Double
    /// Smallest value the sensor can show.
    let minimum: Double
    /// Largest value the sensor can show.
    var maximum = Double.infinity
}

/// A true value and how much of it is due to faults.
struct SignalValue: Sendable {
    let value: Double
    let excursion: Double

    init(healthy: Double, excursion: Double = 0) {
        value = healthy + excursion
        self.excursion = excursion
    }

    init(_ value: Double, healthy: Double) {
        self.value = value
        excursion = value - healthy
    }
}

/// A fault of a sensor while the machine is well.
protocol SensorDefect: Sendable {
    var identity: FaultIdentity { get }
    var onset: Timestamp { get }
    /// The distorted reading; `noise` is the sensor's own standard deviation.
    mutating func distort(_ reading: Double, noise: Double, at time: Timestamp) -> Double
}

/// Turns true values into readings: noise, outliers, lost readings, quantisation, defects.
///
/// The independent noise is additive + proportional + 0.11 of the excursion, and correlated
/// noise (memory 15 min) of 0.6 of that comes on top. The share of the excursion is there because
/// faults are noisy themselves: a damaged bearing does not sound the same twice, and a symptom
/// that rises like a ruler would flatter any detector.
struct Sensor: Sendable {
    static let excursionNoise = 0.11
    static let correlatedShare = 0.6
    static let lossProbability = 0.002
    static let outlierProbability = 0.0001

    let specification: SensorSpecification
    var defect: (any SensorDefect)?
    private let scale: Double
    private var wander: CorrelatedNoise

    init(_ specification: SensorSpecification, interval: TimeSpan, random: inout Random) {
        self.specification = specification
        scale = Math.power(10, Double(specification.decimals)).rounded()
        wander = CorrelatedNoise(
            correlationTime: 900, step: interval.seconds, random: &random)
    }

    /// The reading in units of its last decimal, or nil if it was lost.
    mutating func read(_ signal: SignalValue, at time: Timestamp, random: inout Random) -> Int64? {
        let healthy = abs(signal.value - signal.excursion)
        let noise =
            specification.additive + specification.proportional * healthy
            + Sensor.excursionNoise * abs(signal.excursion)
        wander.advance(&random)
        var reading =
            signal.value + noise * (random.normal() + Sensor.correlatedShare * wander.value)
        let chance = random.uniform()
        if chance < Sensor.outlierProbability {
            let size = random.uniform(6, 16) * noise
            reading += random.uniform() < 0.5 ? -size : size
        }
        if let distorted = defect?.distort(reading, noise: noise, at: time) {
            reading = distorted
        }
        if chance > 1 - Sensor.lossProbability { return nil }
        let shown = min(max(reading, specification.minimum), specification.maximum)
        return Int64((shown * scale).rounded())
    }
}
