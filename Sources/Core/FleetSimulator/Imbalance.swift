internal import Primitives

/// An impeller that loses its balance to deposits and erosion.
///
/// The force turns with the shaft, so the vibration at running speed (1x) grows, with the square of
/// the speed, and the overall level with it; levels after the zones of ISO 20816-3.
struct Imbalance: WearMechanism {
    let fault = Fault.imbalance
    let identity = FaultIdentity(component: "impeller", failureMode: "VIB", name: "imbalance")
    let work = RepairWork(kind: .repair, partPrefix: nil, cost: 420, failureCost: 6_900)

    /// Added 1x vibration at failure and rated speed, mm/s rms.
    private let imbalance: Double

    init(random: inout Random) {
        imbalance = random.uniform(7.5, 11)
    }

    func symptoms(damage: Double) -> Symptoms {
        var symptoms = Symptoms()
        symptoms.imbalance = imbalance * damage
        return symptoms
    }
}
