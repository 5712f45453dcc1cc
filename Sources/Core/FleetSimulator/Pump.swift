internal import Primitives

/// A centrifugal pump at fixed speed behind a control valve.
///
/// Flow follows the load; pressure the pump curve p = p0 - (p0 - pr) q^2; shaft power
/// Q p / (36 eta) kW (Q in m3/h, p in bar) with an efficiency that falls away from the best
/// point; current from power at 400 V, with the magnetising part an idling motor draws too.
/// Vibration is lowest at the best efficiency point and rises to both sides. The bearing follows
/// ambient temperature, load and friction with a thermal lag of about half an hour.
struct Pump: Equipment {
    static let machineKind = MachineKind.pump
    static let looseSensor = (index: 0, item: "vibration_sensor")
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
    static let suctionSensor = SensorSpecification(
        name: "suction_pressure", decimals: 2, additive: 0.012, proportional: 0, minimum: -1)

    let model: String
    /// Not every pump has a gauge on its suction side.
    private let hasSuctionGauge: Bool
    private var suction: SuctionSide
    private let ratedFlow: Double  // m3/h
    private let ratedPressure: Double  // bar
    private let shutoffPressure: Double  // bar
    private let bestEfficiency: Double
    private let kurtosis: Double
    private let temperatureRise: Double  // K at rated power
    /// mm/s rms at the best efficiency point; changes with every new bearing.
    private var vibration: Double
    private var bearing: WarmBody
    /// Slow changes of the medium and the foundation, and of how loudly damage shows.
    private var mood: CorrelatedNoise
    private var faultMood: CorrelatedNoise
    private var random: Random

    init(
        nameplate: Random, suctionSide: Random, interval: TimeSpan, hasSuctionGauge: Bool
    ) {
        var random = nameplate
        self.hasSuctionGauge = hasSuctionGauge
        suction = SuctionSide(random: suctionSide, interval: interval)
        let step = interval.seconds
        let size = random.below(3)
        model = ["NX-40", "NX-65", "NX-80"][size]
        ratedFlow = [45.0, 90, 160][size] * random.uniform(0.9, 1.1)
        ratedPressure = random.uniform(4.5, 8.5)
        shutoffPressure = ratedPressure * random.uniform(1.18, 1.35)
        bestEfficiency = random.uniform(0.66, 0.78)
        kurtosis = random.uniform(2.9, 3.2)
        temperatureRise = random.uniform(18, 28)
        bearing = WarmBody(timeConstant: random.uniform(25, 40) * 60, step: step)
        vibration = random.uniform(1.2, 1.8)
        mood = CorrelatedNoise(correlationTime: 43_200, step: step, random: &random)
        faultMood = CorrelatedNoise(correlationTime: 28_800, step: step, random: &random)
        self.random = random
    }

    var sensors: [SensorSpecification] {
        Pump.sensors + (hasSuctionGauge ? [Pump.suctionSensor] : [])
    }

    func mechanism(_ fault: Fault, _ random: inout Random) -> any WearMechanism {
        switch fault {
        case .sealLeak: SealLeak(random: &random)
        case .cavitation: Cavitation(random: &random)
        default: BearingWear(healthyVibration: vibration, random: &random)
        }
    }

    /// Another bearing, fitted by another hand: the baseline moves a little.
    mutating func repair(_ fault: Fault, _ random: inout Random) {
        guard fault == .bearingWear else { return }
        vibration = min(max(vibration * random.uniform(0.9, 1.1), 1.2), 1.8)
    }

    mutating func step(_ conditions: OperatingConditions, into values: inout [SignalValue]) {
        mood.advance(&random)
        faultMood.advance(&random)
        suction.advance()
        values[6] = SignalValue(healthy: conditions.ambient)
        if hasSuctionGauge { values[7] = suction.pressure(conditions) }
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
        values[2] = bearing.heat(
            to: target, excess: symptoms.temperature, ambient: conditions.ambient)
        let surge = symptoms.unrest * suction.surge
        set(3, pressure, pressure * (surge - symptoms.pressure), &values)
        set(4, flow, flow * (surge - symptoms.flow), &values)
        set(5, current * start.inrush, current * symptoms.current, &values)
    }

    private mutating func stand(
        _ conditions: OperatingConditions, into values: inout [SignalValue]
    ) {
        set(0, 0.05, 0, &values)
        set(1, 3, 0, &values)
        values[2] = bearing.cool(ambient: conditions.ambient)
        set(3, 0.3, 0, &values)  // static head of the filled pipe
        set(4, 0, 0, &values)
        set(5, 0, 0, &values)
    }

    private func set(
        _ index: Int, _ healthy: Double, _ excursion: Double, _ values: inout [SignalValue]
    ) {
        values[index] = SignalValue(healthy: healthy, excursion: excursion)
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
