internal import Primitives

/// Fatigue of a rolling bearing.
///
/// Spalls first make rare sharp impacts (kurtosis rises while the energy hardly does), then the
/// damage spreads around the race: energy grows, and the signal becomes noise again, so kurtosis
/// falls back. Friction heats the bearing and costs motor current.
/// After Dyer and Stewart, "Detection of rolling element bearing damage by statistical vibration
/// analysis" (1978); levels after the zones of ISO 20816-3.
struct BearingWear: WearMechanism {
    let fault = Fault.bearingWear
    let identity = FaultIdentity(component: "bearing", failureMode: "VIB", name: "bearing_wear")
    let work = RepairWork(
        kind: .replacement, partPrefix: "BRG-", cost: 480, failureCost: 6_500)

    /// Added vibration at failure, mm/s rms.
    private let vibration: Double
    /// Kurtosis above the healthy value: at its peak and at failure.
    private let kurtosisPeak: Double
    private let kurtosisEnd: Double
    /// Damage at which kurtosis peaks.
    private let peakDamage: Double
    /// Added temperature at failure, K.
    private let temperature: Double
    /// Added current at failure, as a fraction.
    private let current: Double

    /// `healthyVibration` is the machine's own level, mm/s; failure is drawn as a total level.
    init(healthyVibration: Double, random: inout Random) {
        vibration = random.uniform(7.1, 11) - healthyVibration
        kurtosisPeak = random.uniform(3, 7)
        kurtosisEnd = random.uniform(0.5, 1)
        peakDamage = random.uniform(0.15, 0.28)
        temperature = random.uniform(15, 35)
        current = random.uniform(0.03, 0.08)
    }

    func symptoms(damage: Double) -> Symptoms {
        if damage <= 0 { return Symptoms() }
        // (x e^(1 - x))^3 is 1 at its peak x = 1 and below 0.02 at failure.
        let relative = damage / peakDamage
        let impacts = Math.power(relative * Math.exp(1 - relative), 3)
        let floor = kurtosisEnd * damage
        let peak = kurtosisPeak - kurtosisEnd * peakDamage
        return Symptoms(
            vibration: vibration * damage, kurtosis: floor + peak * impacts,
            temperature: temperature * damage, current: current * damage)
    }
}
