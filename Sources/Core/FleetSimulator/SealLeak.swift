internal import Primitives

/// Leakage past a worn mechanical seal.
///
/// What runs back along the shaft is missing at the discharge, so the pressure sags while the
/// control valve still gives the process its flow; the impeller moves the leak as well, and the
/// faces rub, so the motor draws more current.
struct SealLeak: WearMechanism {
    let fault = Fault.sealLeak
    let identity = FaultIdentity(component: "seal", failureMode: "ELP", name: "seal_leak")
    let work = RepairWork(
        kind: .replacement, partPrefix: "SEAL-", cost: 620, failureCost: 5_200)

    /// Pressure lost at failure, as a fraction.
    private let pressure: Double
    /// Added current at failure, as a fraction.
    private let current: Double

    init(random: inout Random) {
        pressure = random.uniform(0.2, 0.35)
        current = random.uniform(0.12, 0.25)
    }

    func symptoms(damage: Double) -> Symptoms {
        var symptoms = Symptoms()
        symptoms.pressure = pressure * damage
        symptoms.current = current * damage
        return symptoms
    }
}
