package import Primitives

/// How damage grows from 0 at its onset to 1 at functional failure.
///
/// u is the fraction of the P-F interval that has passed. A mixture of a power law (crack
/// growth, wear) and an exponential (run-away by heat and imbalance), always accelerating:
/// d = w u^p + (1 - w) (e^(k u) - 1) / (e^k - 1), with w, p and k drawn for every failure.
struct DamageCurve: Sendable {
    private let weight: Double
    private let power: Double
    private let rate: Double

    init(random: inout Random) {
        weight = random.uniform()
        power = random.uniform(1.8, 4)
        rate = random.uniform(2.5, 6)
    }

    func damage(_ fraction: Double) -> Double {
        if fraction <= 0 { return 0 }
        if fraction >= 1 { return 1 }
        let growth = (Math.exp(rate * fraction) - 1) / (Math.exp(rate) - 1)
        return weight * Math.power(fraction, power) + (1 - weight) * growth
    }
}

/// Draws of lives: when wear begins, and how long it takes to failure.
package enum LifeDistribution {
    /// P-F interval: the time from the first possible detection to functional failure.
    ///
    /// Lognormal with a median of 30 days and a 10 % quantile of 5 days; 1.2816 is the 90 %
    /// quantile of the standard normal.
    package static func drawPFInterval(_ random: inout Random) -> TimeSpan {
        let sigma = Math.log(6) / 1.2816
        return TimeSpan(secondsRounded: 30 * 86_400 * Math.exp(sigma * random.normal()))
    }

    /// Time from now to the onset of wear, in whole seconds, for a part of the given age.
    ///
    /// Weibull with shape 1.5 (parts age, but most of the spread is chance); for a part that has
    /// already survived `age` the remaining life is drawn from the conditional distribution:
    /// t = scale ((age / scale)^1.5 + e)^(1 / 1.5) - age with e exponential.
    package static func drawTimeToOnset(
        mean: TimeSpan, age: TimeSpan, random: inout Random
    ) -> TimeSpan {
        let shape = 1.5
        let scale = mean.seconds / 0.902_745_292_950_934  // Gamma(1 + 1 / 1.5)
        let hazard = Math.power(age.seconds / scale, shape) + random.exponential()
        let wait = scale * Math.power(hazard, 1 / shape) - age.seconds
        return TimeSpan(secondsRounded: wait.rounded())
    }
}

/// What damage does to what can be measured; zero for a healthy machine.
///
/// The union over all faults and classes of machine: a mechanism fills in what it causes, a
/// class uses what it has sensors for.
struct Symptoms: Sendable {
    /// Added vibration velocity, mm/s rms.
    var vibration = 0.0
    /// Added kurtosis of the vibration.
    var kurtosis = 0.0
    /// Added temperature of bearing or belt in the steady state, K.
    var temperature = 0.0
    /// Added motor current as a fraction.
    var current = 0.0
    /// Lost discharge pressure and flow of a pump, as fractions.
    var pressure = 0.0
    var flow = 0.0
    /// Standard deviation of flow and pressure in seconds to minutes, as a fraction.
    var unrest = 0.0
    /// Lost suction pressure at rated flow, bar.
    var suction = 0.0
    /// Lost air as a share of the compressor's rated flow.
    var leak = 0.0
    /// Added resistance of the filter, as a multiple of a new element's.
    var clog = 0.0
    /// Added vibration at running speed, mm/s rms at rated speed.
    var imbalance = 0.0
    /// Added slip of the belt as a fraction.
    var slip = 0.0
}

/// One way a part of a machine wears out.
protocol WearMechanism: Sendable {
    var fault: Fault { get }
    var identity: FaultIdentity { get }
    var work: RepairWork { get }
    func symptoms(damage: Double) -> Symptoms
}

/// What the maintenance log says about the repair of a part.
///
/// Costs are those of mid-sized machines: the stop and what a failure takes with it, against the
/// planned work with its part.
struct RepairWork: Sendable {
    let kind: MaintenanceEvent.Kind
    /// The part's number is this and the machine's model; nil when no part is used.
    let partPrefix: String?
    let cost: Int
    let failureCost: Int
}

/// The life of one fitted part: healthy until `onset`, failed one P-F interval later.
///
/// Damage follows the calendar, not the running hours: what drives it on (corrosion of a cracked
/// race, lost lubricant) does not wait for the next shift.
struct PartLife: Sendable {
    let mechanism: any WearMechanism
    let onset: Timestamp
    let pfInterval: TimeSpan
    let curve: DamageCurve
    /// When somebody who has noticed repairs it before it fails; nil: nobody does.
    let plannedRepair: Timestamp?

    /// 0 before the onset, 1 from the nominal time of failure on.
    func damage(at time: Timestamp) -> Double {
        if time <= onset { return 0 }
        return curve.damage((time - onset).seconds / pfInterval.seconds)
    }
}
