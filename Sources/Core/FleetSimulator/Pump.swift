internal import Primitives

/// A centrifugal pump at fixed speed behind a control valve.
///
/// Flow follows the load; pressure the pump curve p = p0 - (p0 - pr) q^2; shaft power
/// Q p / (36 eta) kW (Q in m3/h, p in bar) with an efficiency that falls away from the best
/// point; current from power at 400 V, with the magnetising part an idling motor draws too.
/// Vibration is lowest at the best efficiency point and rises to both sides. The bearing follows
/// ambient temperature, load and friction with a thermal lag of about half an hour.
struct Pump: Equipment {
    static let measurement = "pump"
    static let sensors = [
        SensorSpecification(
            name: "vibration_rms", decimals: 2, additive: 0.01, proportional: 0.05, minimum: 0),
        SensorSpecification(
            name: "vibration_kurtosis", decimals: 1, additive: 0.02, proportional: 0.04,
            minimum: 1),
        SensorSpecification(
            name: "bearing_temperature", decimals: 1, additive: 0.25, proportional: 0,
            minimum: -50),
        SensorSpecification(
            name: "discharge_pressure", decimals: 2, additive: 0.015, proportional: 0.003,
            minimum: 0),
        SensorSpecification(
            name: "flow", decimals: 1, additive: 0.05, proportional: 0.008, minimum: 0),
        SensorSpecification(
            name: "current", decimals: 1, additive: 0.05, proportional: 0.006, minimum: 0),
        SensorSpecification(
            name: "ambient_temperature", decimals: 1, additive: 0.15, proportional: 0,
            minimum: -50),
    ]
    static let vibrationSensor = 0

    let model: String
    private let ratedFlow: Double  // m3/h
    private let ratedPressure: Double  // bar
    private let shutoffPressure: Double  // bar
    private let bestEfficiency: Double
    private let kurtosis: Double
    private let temperatureRise: Double  // K at rated power
    private let heatingShare: Double
    private let coolingShare: Double
    /// mm/s rms at the best efficiency point; changes with every new bearing.
    private var vibration: Double
    /// Bearing temperature above ambient: of the healthy machine, and what damage adds. The lag
    /// is linear, so the two can be kept apart.
    private var warmth: FirstOrderLag?
    private var excess = FirstOrderLag(at: 0)
    /// Slow changes of the medium and the foundation, and of how loudly damage shows.
    private var mood: CorrelatedNoise
    private var faultMood: CorrelatedNoise
    private var random: Random

    init(nameplate: Random, interval: TimeSpan) {
        var random = nameplate
        let step = interval.seconds
        let size = random.below(3)
        model = ["NX-40", "NX-65", "NX-80"][size]
        ratedFlow = [45.0, 90, 160][size] * random.uniform(0.9, 1.1)
        ratedPressure = random.uniform(4.5, 8.5)
        shutoffPressure = ratedPressure * random.uniform(1.18, 1.35)
        bestEfficiency = random.uniform(0.66, 0.78)
        kurtosis = random.uniform(2.9, 3.2)
        temperatureRise = random.uniform(18, 28)
        let timeConstant = random.uniform(25, 40) * 60
        heatingShare = FirstOrderLag.share(timeConstant: timeConstant, step: step)
        // A standing machine moves no air and no liquid past its housing.
        coolingShare = FirstOrderLag.share(timeConstant: 1.5 * timeConstant, step: step)
        vibration = random.uniform(1.2, 1.8)
        mood = CorrelatedNoise(correlationTime: 43_200, step: step, random: &random)
        faultMood = CorrelatedNoise(correlationTime: 28_800, step: step, random: &random)
        self.random = random
    }

    func drawMechanism(_ random: inout Random) -> any WearMechanism {
        BearingWear(healthyVibration: vibration, random: &random)
    }

    /// Another bearing, fitted by another hand: the baseline moves a little.
    mutating func replacePart(_ random: inout Random) {
        vibration = min(max(vibration * random.uniform(0.9, 1.1), 1.2), 1.8)
    }

    mutating func step(_ conditions: OperatingConditions, into values: inout [SignalValue]) {
        mood.advance(&random)
        faultMood.advance(&random)
        values[6] = SignalValue(value: conditions.ambient)
        if conditions.isRunning {
            run(conditions, into: &values)
        } else {
            stand(conditions, into: &values)
        }
    }

    private mutating func run(
        _ conditions: OperatingConditions, into values: inout [SignalValue]
    ) {
        let symptoms = conditions.symptoms
        let start = Startup(secondsSinceStart: conditions.secondsSinceStart)
        let load = conditions.load * start.opening
        let flow = ratedFlow * load
        let pressure = shutoffPressure - (shutoffPressure - ratedPressure) * load * load
        let offBest = load - 1
        let efficiency = bestEfficiency * max(1 - 0.9 * offBest * offBest, 0.2)
        let shaft = flow * pressure / (36 * efficiency)
        let rated = ratedFlow * ratedPressure / (36 * bestEfficiency)
        // Motor efficiency 0.92, power factor 0.86, sqrt(3) 400 V; a quarter is always there.
        let current =
            (0.25 * rated + 0.75 * max(shaft, 0.2 * rated)) * 1_000 / (0.92 * 0.86 * 692.82)
        let hydraulic = 1 + 1.2 * min(offBest * offBest, 0.2)
        let healthy = vibration * hydraulic * (1 + 0.03 * mood.value)
        let level = min(max(1 + 0.12 * faultMood.value * (1 - conditions.damage), 0.6), 1.4)
        set(0, healthy * start.roughness, symptoms.vibration * level, &values)
        set(1, kurtosis, symptoms.kurtosis * level, &values)
        let target = temperatureRise * (0.35 + 0.65 * shaft / rated)
        warm(to: target, excess: symptoms.temperature, share: heatingShare, conditions, &values)
        set(3, pressure, 0, &values)
        set(4, flow, 0, &values)
        set(5, current * start.inrush, current * symptoms.current, &values)
    }

    private mutating func stand(
        _ conditions: OperatingConditions, into values: inout [SignalValue]
    ) {
        set(0, 0.05, 0, &values)
        set(1, 3, 0, &values)
        warm(to: 0, excess: 0, share: coolingShare, conditions, &values)
        set(3, 0.3, 0, &values)  // static head of the filled pipe
        set(4, 0, 0, &values)
        set(5, 0, 0, &values)
    }

    private mutating func warm(
        to target: Double, excess damage: Double, share: Double,
        _ conditions: OperatingConditions, _ values: inout [SignalValue]
    ) {
        // A machine enters the recording in the thermal state it has been in for long.
        var lag = warmth ?? FirstOrderLag(at: target)
        lag.advance(to: target, share: share)
        warmth = lag
        excess.advance(to: damage, share: share)
        set(2, conditions.ambient + lag.value, excess.value, &values)
    }

    private func set(
        _ index: Int, _ healthy: Double, _ excursion: Double, _ values: inout [SignalValue]
    ) {
        values[index] = SignalValue(value: healthy + excursion, excursion: excursion)
    }
}

/// The first minutes after a start: inrush current, a rough run, the valve opening.
private struct Startup {
    var opening = 1.0
    var roughness = 1.0
    var inrush = 1.0

    init(secondsSinceStart seconds: Double) {
        guard seconds < 600 else { return }
        opening = 1 - Math.exp(-(seconds + 2) / 25)
        roughness = 1 + 0.6 * Math.exp(-seconds / 60)
        inrush = 1 + 3 * Math.exp(-seconds / 3)
    }
}
