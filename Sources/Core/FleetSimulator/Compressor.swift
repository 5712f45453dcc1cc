internal import Primitives

/// A screw compressor that loads and unloads to hold its pressure, with a line filter behind it.
///
/// The signals are those of its controller, which averages over load cycles. The share of time
/// under load is what is asked for (demand and leaks) over what it can make; warm air is thin, so
/// it makes less on hot days. Unloaded it still draws about a third of the current. The outlet
/// follows ambient temperature and load with a lag of about twenty minutes. The filter takes
/// pressure with flow to the power 1.8; the compressor works against that as well.
struct Compressor: Equipment {
    static let machineKind = MachineKind.compressor
    static let looseSensor = (index: 1, item: "outlet_temperature_sensor")
    let sensors = [
        SensorSpecification(
            name: "loaded_ratio", decimals: 1, additive: 0.8, proportional: 0.01, minimum: 0,
            maximum: 100),
        SensorSpecification(
            name: "outlet_temperature", decimals: 1, additive: 0.3, proportional: 0, minimum: -50),
        SensorSpecification(
            name: "discharge_pressure", decimals: 2, additive: 0.015, proportional: 0.002,
            minimum: 0),
        SensorSpecification(
            name: "motor_current", decimals: 1, additive: 0.05, proportional: 0.01, minimum: 0),
        SensorSpecification(
            name: "filter_dp", decimals: 3, additive: 0.002, proportional: 0.02, minimum: 0),
        SensorSpecification(
            name: "flow", decimals: 2, additive: 0.01, proportional: 0.01, minimum: 0),
        SensorSpecification(
            name: "ambient_temperature", decimals: 1, additive: 0.15, proportional: 0,
            minimum: -50),
    ]

    let model: String
    private let ratedFlow: Double  // m3/min
    private let ratedCurrent: Double  // A
    /// Demand at load 1, as a share of the rated flow.
    private let demandShare: Double
    private let bandPressure: Double  // bar, middle between load and unload
    private let temperatureRise: Double  // K under full load
    /// bar at the usual demand with a new element; changes a little with every new one.
    private var filterLoss: Double
    private var outlet: WarmBody
    /// Where in its load cycle the pressure is, and slow changes of cooling and oil.
    private var cycle: CorrelatedNoise
    private var mood: CorrelatedNoise
    private var random: Random

    init(nameplate: Random, interval: TimeSpan) {
        var random = nameplate
        let step = interval.seconds
        let size = random.below(3)
        model = ["CX-11", "CX-22", "CX-37"][size]
        ratedFlow = [1.7, 3.6, 6.2][size] * random.uniform(0.95, 1.05)
        ratedCurrent = [21.0, 41, 68][size] * random.uniform(0.95, 1.05)
        demandShare = random.uniform(0.5, 0.6)
        bandPressure = random.uniform(6.8, 7.6)
        temperatureRise = random.uniform(52, 60)
        filterLoss = random.uniform(0.07, 0.1)
        outlet = WarmBody(timeConstant: random.uniform(15, 25) * 60, step: step)
        cycle = CorrelatedNoise(correlationTime: 60, step: step, random: &random)
        mood = CorrelatedNoise(correlationTime: 43_200, step: step, random: &random)
        self.random = random
    }

    func mechanism(_ fault: Fault, _ random: inout Random) -> any WearMechanism {
        fault == .filterClog ? FilterClog(random: &random) : AirLeak(random: &random)
    }

    mutating func repair(_ fault: Fault, _ random: inout Random) {
        let change = random.uniform(0.95, 1.05)
        if fault == .filterClog { filterLoss = min(max(filterLoss * change, 0.07), 0.1) }
    }

    mutating func step(_ conditions: OperatingConditions, into values: inout [SignalValue]) {
        cycle.advance(&random)
        mood.advance(&random)
        values[6] = SignalValue(healthy: conditions.ambient)
        guard conditions.isRunning else {
            for index in 0...5 { values[index] = SignalValue(healthy: 0) }
            values[1] = outlet.cool(ambient: conditions.ambient)
            return
        }
        let healthy = Duty(self, conditions, symptoms: Symptoms())
        let real = Duty(self, conditions, symptoms: conditions.symptoms)
        let cooling = 1 + 0.01 * mood.value
        values[0] = SignalValue(100 * real.loaded, healthy: 100 * healthy.loaded)
        values[1] = outlet.heat(
            to: healthy.heat * cooling, excess: (real.heat - healthy.heat) * cooling,
            ambient: conditions.ambient)
        values[2] = SignalValue(real.pressure, healthy: healthy.pressure)
        values[3] = SignalValue(real.current, healthy: healthy.current)
        values[4] = SignalValue(real.filterDrop, healthy: healthy.filterDrop)
        values[5] = SignalValue(real.flow, healthy: healthy.flow)
    }

    /// What the machine does about one demand.
    private struct Duty {
        /// Share of time under load, 0 to 1.
        let loaded: Double
        /// Outlet above ambient in the steady state, K.
        let heat: Double
        /// Behind the filter, bar.
        let pressure: Double
        let current: Double
        let filterDrop: Double
        let flow: Double

        init(_ machine: Compressor, _ conditions: OperatingConditions, symptoms: Symptoms) {
            let demand = machine.demandShare * conditions.load
            let capacity = 1 - 0.003 * (conditions.ambient - 20)
            let asked = (demand + symptoms.leak) / capacity
            loaded = min(asked, 1)
            // Beyond its capacity the pressure sinks, and with it what consumers take.
            let kept = max(1 - 0.5 * max(asked - 1, 0), 0.5)
            flow = machine.ratedFlow * demand * kept
            filterDrop =
                machine.filterLoss * (1 + symptoms.clog)
                * Math.power(conditions.load * kept, 1.8)
            let band = machine.bandPressure * kept + 0.08 * machine.cycle.value
            pressure = max(band - filterDrop, 0)
            let effort = 1 + 0.07 * filterDrop
            current = machine.ratedCurrent * (0.35 + 0.65 * loaded) * effort
            heat = machine.temperatureRise * (0.6 + 0.4 * loaded) * effort
        }
    }
}
