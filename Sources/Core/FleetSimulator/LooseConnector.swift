internal import Primitives

/// A loose connector of a sensor, usually the one on the vibrating machine.
///
/// For hours at a time the contact trembles: readings scatter by several times their normal
/// noise, bursts of some minutes lie above or below, single readings jump far up or drop to
/// almost nothing. Up and down are equally likely, so the centre of the readings stays where the
/// machine is; between the episodes the sensor is as good as new. Of a vibration sensor only the
/// rms value is distorted: other values of the same sensor are left out of this model.
struct LooseConnector: SensorDefect {
    let identity: FaultIdentity
    let onset: Timestamp

    private var isTrembling = false
    private var episodeUntil: Timestamp
    private var burstUntil = Timestamp.distantPast
    private var quietUntil: Timestamp
    /// Displacement during a burst, in standard deviations.
    private var displacement = 0.0
    /// Scatter of this episode, in standard deviations.
    private var scatter = 0.0
    private var random: Random

    /// `item` is what the ground truth calls the sensor.
    init(item: String, onset: Timestamp, random: Random) {
        identity = FaultIdentity(component: item, failureMode: "AIR", name: "noisy_sensor")
        self.onset = onset
        self.random = random
        episodeUntil = onset
        quietUntil = onset
    }

    mutating func distort(_ reading: Double, noise: Double, at time: Timestamp) -> Double {
        guard time >= onset else { return reading }
        while episodeUntil <= time {
            isTrembling.toggle()
            scatter = random.uniform(3, 6)
            episodeUntil =
                episodeUntil
                + (isTrembling
                    ? random.exponential(mean: .hours(5), from: .minutes(90), to: .hours(12))
                    : random.exponential(mean: .hours(5), from: .minutes(30), to: .hours(20)))
        }
        guard isTrembling else { return reading }
        advanceBursts(to: time)
        var distorted = reading + scatter * noise * random.normal()
        if time < burstUntil { distorted += displacement * noise }
        let chance = random.uniform()
        if chance < 0.015 { return distorted + 40 * noise * random.exponential() }
        if chance < 0.03 { return 0.1 * reading }
        return max(distorted, 0)
    }

    private mutating func advanceBursts(to time: Timestamp) {
        while quietUntil <= time {
            let from = quietUntil
            burstUntil =
                from + random.exponential(mean: .minutes(4), from: .minutes(1), to: .minutes(20))
            let size = random.uniform(4, 8)
            displacement = random.uniform() < 0.5 ? -size : size
            quietUntil =
                burstUntil
                + random.exponential(mean: .minutes(25), from: .minutes(2), to: .hours(3))
        }
    }
}
