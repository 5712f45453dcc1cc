internal import Primitives

/// Air that escapes between the compressor and its flow meter: a condensate drain that no longer
/// closes, a hose, a flange.
///
/// The machine makes the lost air as well, so it is loaded for more of the time at the same
/// demand and gets hotter; when demand and leak exceed what it can deliver, the pressure falls.
struct AirLeak: WearMechanism {
    let fault = Fault.airLeak
    let identity = FaultIdentity(component: "air_circuit", failureMode: "ELU", name: "air_leak")
    let work = RepairWork(kind: .repair, partPrefix: nil, cost: 340, failureCost: 4_800)

    /// Lost air at failure, as a share of the rated flow.
    private let leak: Double

    init(random: inout Random) {
        leak = random.uniform(0.45, 0.6)
    }

    func symptoms(damage: Double) -> Symptoms {
        var symptoms = Symptoms()
        symptoms.leak = leak * damage
        return symptoms
    }
}
