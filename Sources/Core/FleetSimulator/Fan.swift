internal import Primitives

/// A belt-driven centrifugal fan with a speed-controlled motor.
///
/// The motor's speed follows the load; the fan's is that through the pulleys less the slip of the
/// belt; power goes with the third power of the fan's speed. Vibration at running speed (1x) comes
/// from the balance of the impeller and goes with the square of the speed; the overall level adds
/// what air and bearings make. Belt and pulleys are warmed by what the belt loses.
struct Fan: Equipment {
    static let machineKind = MachineKind.fan
    static let looseSensor = (index: 0, item: "vibration_sensor")
    let sensors = [
        SensorSpecification(
            name: "vibration_rms", decimals: 2, additive: 0.01, proportional: 0.04, minimum: 0),
        SensorSpecification(
            name: "vibration_1x", decimals: 2, additive: 0.01, proportional: 0.05, minimum: 0),
        SensorSpecification(
            name: "fan_speed", decimals: 0, additive: 1, proportional: 0.002, minimum: 0),
        SensorSpecification(
            name: "motor_speed", decimals: 0, additive: 1, proportional: 0.001, minimum: 0),
        SensorSpecification(
            name: "belt_temperature", decimals: 1, additive: 0.4, proportional: 0, minimum: -50),
        SensorSpecification(
            name: "motor_current", decimals: 1, additive: 0.05, proportional: 0.008, minimum: 0),
        SensorSpecification(
            name: "ambient_temperature", decimals: 1, additive: 0.15, proportional: 0,
            minimum: -50),
    ]
    /// 1/min of the motor at rated frequency.
    private static let ratedMotorSpeed = 1_480.0

    let model: String
    private let ratedCurrent: Double  // A
    private let ratio: Double  // of the pulleys
    private let temperatureRise: Double  // K at rated power
    private let airNoise: Double  // mm/s rms
    /// Slip at rated power; changes with every new belt.
    private var slip: Double
    /// mm/s rms at rated speed; changes with every balancing.
    private var unbalance: Double
    private var belt: WarmBody
    private var mood: CorrelatedNoise
    private var faultMood: CorrelatedNoise
    private var random: Random

    init(nameplate: Random, interval: TimeSpan) {
        var random = nameplate
        let step = interval.seconds
        let size = random.below(3)
        model = ["VR-400", "VR-560", "VR-710"][size]
        ratedCurrent = [8.2, 15.5, 29][size] * random.uniform(0.95, 1.05)
        ratio = [1.4, 1.05, 0.8][size] * random.uniform(0.95, 1.05)
        temperatureRise = random.uniform(12, 18)
        airNoise = random.uniform(0.7, 1.1)
        slip = random.uniform(0.006, 0.014)
        unbalance = random.uniform(0.6, 1)
        belt = WarmBody(timeConstant: random.uniform(10, 18) * 60, step: step)
        mood = CorrelatedNoise(correlationTime: 43_200, step: step, random: &random)
        faultMood = CorrelatedNoise(correlationTime: 28_800, step: step, random: &random)
        self.random = random
    }

    func mechanism(_ fault: Fault, _ random: inout Random) -> any WearMechanism {
        fault == .beltSlip ? BeltSlip(random: &random) : Imbalance(random: &random)
    }

    /// Another belt and another balancing are never quite the same.
    mutating func repair(_ fault: Fault, _ random: inout Random) {
        let change = random.uniform(0.9, 1.1)
        if fault == .beltSlip {
            slip = min(max(slip * change, 0.006), 0.014)
        } else {
            unbalance = min(max(unbalance * change, 0.6), 1)
        }
    }

    mutating func step(_ conditions: OperatingConditions, into values: inout [SignalValue]) {
        mood.advance(&random)
        faultMood.advance(&random)
        values[6] = SignalValue(healthy: conditions.ambient)
        guard conditions.isRunning else {
            for index in 0...5 { values[index] = SignalValue(healthy: 0) }
            values[0] = SignalValue(healthy: 0.05)
            values[1] = SignalValue(healthy: 0.02)
            values[4] = belt.cool(ambient: conditions.ambient)
            return
        }
        let healthy = Turning(self, conditions, symptoms: Symptoms())
        let real = Turning(self, conditions, symptoms: conditions.symptoms)
        values[0] = SignalValue(real.vibration, healthy: healthy.vibration)
        values[1] = SignalValue(real.atSpeed, healthy: healthy.atSpeed)
        values[2] = SignalValue(real.fanSpeed, healthy: healthy.fanSpeed)
        values[3] = SignalValue(healthy: real.motorSpeed)
        values[4] = belt.heat(
            to: temperatureRise * healthy.power,
            excess: conditions.symptoms.temperature * healthy.power, ambient: conditions.ambient)
        values[5] = SignalValue(real.current, healthy: healthy.current)
    }

    /// The turning machine at one load.
    private struct Turning {
        let motorSpeed: Double
        let fanSpeed: Double
        /// As a fraction of rated.
        let power: Double
        let current: Double
        /// 1x, mm/s rms.
        let atSpeed: Double
        /// Overall, mm/s rms.
        let vibration: Double

        init(_ machine: Fan, _ conditions: OperatingConditions, symptoms: Symptoms) {
            // The drive takes half a minute up to speed.
            let ramp = min((conditions.secondsSinceStart + 2) / 30, 1)
            let relative = (0.55 + 0.4 * conditions.load) * ramp
            motorSpeed = Fan.ratedMotorSpeed * relative
            let slip = machine.slip * relative * relative + symptoms.slip
            fanSpeed = motorSpeed * machine.ratio * (1 - slip)
            let turning = relative * (1 - slip)
            power = turning * turning * turning
            current = machine.ratedCurrent * (0.3 + 0.7 * power)
            let level = min(
                max(1 + 0.12 * machine.faultMood.value * (1 - conditions.damage), 0.6), 1.4)
            let own = machine.unbalance * (1 + 0.04 * machine.mood.value)
            atSpeed = (own + symptoms.imbalance * level) * turning * turning
            let air = machine.airNoise * (0.4 + 0.6 * power)
            vibration = Math.squareRoot(atSpeed * atSpeed + air * air)
        }
    }
}
