internal import Primitives

/// Cavitation behind a suction strainer that clogs.
///
/// The strainer takes pressure from the suction side. As long as the net positive suction head is
/// above what the pump needs, only the suction gauge shows it; below that, vapour bubbles collapse
/// in the impeller: broadband vibration without the sharp impacts of a bearing (of which velocity,
/// which favours low frequencies, shows only a part), and flow and pressure that fall and become
/// erratic. The pump moves less, so it draws less current.
/// Head falls by 3 % where cavitation is established by convention (ISO 9906, NPSH3).
struct Cavitation: WearMechanism {
    let fault = Fault.cavitation
    let identity = FaultIdentity(
        component: "suction_strainer", failureMode: "PLU", name: "cavitation")
    let work = RepairWork(kind: .repair, partPrefix: nil, cost: 260, failureCost: 7_800)

    /// Suction pressure lost at failure and rated flow, bar.
    private let suction: Double
    /// Damage at which bubbles begin to form.
    private let inception: Double
    /// Added vibration at failure, mm/s rms.
    private let vibration: Double
    private let kurtosis: Double
    /// Pressure and flow lost at failure, as fractions.
    private let pressure: Double
    private let flow: Double
    /// Restlessness of flow and pressure at failure, one standard deviation as a fraction.
    private let unrest: Double

    init(random: inout Random) {
        suction = random.uniform(0.9, 1.2)
        inception = random.uniform(0.2, 0.3)
        vibration = random.uniform(1.4, 2.4)
        kurtosis = random.uniform(0.2, 0.5)
        pressure = random.uniform(0.08, 0.14)
        flow = random.uniform(0.06, 0.12)
        unrest = random.uniform(0.03, 0.05)
    }

    func symptoms(damage: Double) -> Symptoms {
        var symptoms = Symptoms()
        symptoms.suction = suction * damage
        let bubbles = max(damage - inception, 0) / (1 - inception)
        symptoms.vibration = vibration * bubbles
        symptoms.kurtosis = kurtosis * bubbles
        symptoms.pressure = pressure * bubbles
        symptoms.flow = flow * bubbles
        symptoms.unrest = unrest * bubbles
        symptoms.current = -0.6 * flow * bubbles
        return symptoms
    }
}
