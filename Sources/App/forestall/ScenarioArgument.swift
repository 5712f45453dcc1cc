import ArgumentParser
import FleetSimulator
import Primitives

/// `healthy`, `bearing-wear:120:600`, `noisy-sensor:72`, `silent:96:84`.
struct ScenarioArgument: ExpressibleByArgument {
    var value: FleetOptions.Scenario

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        let hours = parts.dropFirst().map { Int64($0) ?? -1 }
        guard let name = parts.first.map(String.init),
            hours.allSatisfy({ $0 >= 0 && $0 < 1_000_000 })
        else { return nil }
        switch (name, hours.count) {
        case ("healthy", 0): value = .healthy
        case ("noisy-sensor", 1): value = .noisySensor(onset: .hours(hours[0]))
        case (_, 1...2):
            let length = hours.count > 1 ? max(hours[1], 1) : nil
            if let fault = Fault(rawValue: name), let length {
                value = .wear(fault, onset: .hours(hours[0]), pfInterval: .hours(length))
            } else if let disturbance = Disturbance(rawValue: name) {
                value = .disturbance(
                    disturbance, onset: .hours(hours[0]), lasting: length.map { .hours($0) })
            } else {
                return nil
            }
        default: return nil
        }
    }
}

/// `pump,compressor,fan`: a list of names.
struct NameList<Name>: ExpressibleByArgument
where Name: RawRepresentable & CaseIterable & Sendable, Name.RawValue == String {
    var names: [Name]

    init?(argument: String) {
        let parsed = argument.split(separator: ",", omittingEmptySubsequences: false)
            .map { Name(rawValue: String($0)) }
        guard parsed.allSatisfy({ $0 != nil }) else { return nil }
        names = parsed.compactMap { $0 }
    }

    static var spelled: String { Name.allCases.map(\.rawValue).joined(separator: ", ") }
}
