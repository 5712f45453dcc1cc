internal import Primitives

/// A line filter behind the compressor that fills with oil and dirt.
///
/// Its pressure drop grows; that much is missing from the delivered pressure, and the compressor
/// works against it: about 7 % of power for every bar.
struct FilterClog: WearMechanism {
    let fault = Fault.filterClog
    let identity = FaultIdentity(component: "filter", failureMode: "PLU", name: "filter_clog")
    let work = RepairWork(
        kind: .replacement, partPrefix: "FLT-", cost: 180, failureCost: 2_900)

    /// Added resistance at failure, as a multiple of that of a new element.
    private let clog: Double

    init(random: inout Random) {
        clog = random.uniform(6, 9)
    }

    func symptoms(damage: Double) -> Symptoms {
        var symptoms = Symptoms()
        symptoms.clog = clog * damage
        return symptoms
    }
}
