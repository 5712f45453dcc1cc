/// The ways in which a part of a machine can wear out, as the command line spells them.
package enum Fault: String, CaseIterable, Sendable {
    case bearingWear = "bearing-wear"
    case sealLeak = "seal-leak"
    case cavitation
    case airLeak = "air-leak"
    case filterClog = "filter-clog"
    case imbalance
    case beltSlip = "belt-slip"

    /// The class of machine that has the part.
    package var machine: MachineKind {
        switch self {
        case .bearingWear, .sealLeak, .cavitation: .pump
        case .airLeak, .filterClog: .compressor
        case .imbalance, .beltSlip: .fan
        }
    }
}
