/// The kinds of machines a fleet can have; each is a class of the example configuration.
package enum MachineKind: String, CaseIterable, Sendable {
    case pump, compressor, fan

    /// Letter in front of the number in a device's name.
    var prefix: String {
        switch self {
        case .pump: "P"
        case .compressor: "C"
        case .fan: "F"
        }
    }
}
