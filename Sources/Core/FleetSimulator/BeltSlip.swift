internal import Primitives

/// A worn or slack V-belt that slips.
///
/// The fan falls behind the motor, moves less air and takes less power; what is lost in the slip
/// heats belt and pulleys. Around 1 % of slip is normal, a fifth is a belt about to come off.
struct BeltSlip: WearMechanism {
    let fault = Fault.beltSlip
    let identity = FaultIdentity(component: "belt", failureMode: "LOO", name: "belt_slip")
    let work = RepairWork(
        kind: .replacement, partPrefix: "BELT-", cost: 150, failureCost: 3_400)

    /// Added slip at failure, as a fraction.
    private let slip: Double
    /// Added belt temperature at failure and rated power, K.
    private let temperature: Double

    init(random: inout Random) {
        slip = random.uniform(0.12, 0.2)
        temperature = random.uniform(55, 80)
    }

    func symptoms(damage: Double) -> Symptoms {
        var symptoms = Symptoms()
        symptoms.slip = slip * damage
        symptoms.temperature = temperature * damage
        return symptoms
    }
}
