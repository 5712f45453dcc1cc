package import Detection
package import Primitives
package import Windows

/// Assessments in, failure risks out: prognostic assessment (ISO 13374, ISO 13381-1).
///
/// What comes in: one ``DeviceAssessment`` per closed window. What goes out: one ``ComponentRisk``
/// per component of the device's class. What always holds: no date without a trend that carries
/// it; quantiles in order; probabilities in [0, 1]. Deliberately absent: costs and policy.
package struct Prognosticator: Sendable {
    private var devices: [[ComponentPrognosis]] = []

    package init() {}

    /// Makes room for the next device; devices are added in order of their ids.
    package mutating func addDevice(_ policies: [PrognosisPolicy]) {
        devices.append(Self.components(policies))
    }

    /// Starts a device over under other policies: its class became known.
    package mutating func setPolicies(_ policies: [PrognosisPolicy], of device: DeviceID) {
        devices[device.index] = Self.components(policies)
    }

    /// A component begins a new life: its trends are those of the one before.
    package mutating func restart(_ component: Int, of device: DeviceID) {
        devices[device.index][component].restart()
    }

    private static func components(_ policies: [PrognosisPolicy]) -> [ComponentPrognosis] {
        policies.enumerated().map { ComponentPrognosis(policy: $1, component: $0) }
    }

    package mutating func update(_ assessment: DeviceAssessment) -> [ComponentRisk] {
        let device = assessment.device.index
        return devices[device].indices.map { devices[device][$0].update(assessment) }
    }
}

extension Prognosticator {
    package func encode(_ device: DeviceID, into state: inout StateWriter) {
        state.put(each: devices[device.index]) { $1.encode(into: &$0) }
    }

    /// Takes up the trends of a device; its class must have as many components as it had.
    package mutating func restore(
        _ device: DeviceID, from state: inout StateReader,
        signal: (Int) throws(StateFailure) -> SignalID
    ) throws(StateFailure) {
        guard try state.int() == devices[device.index].count else {
            throw .invalid("number of components")
        }
        var restored = devices[device.index]
        for component in restored.indices {
            try restored[component].restore(from: &state, signal: signal)
        }
        devices[device.index] = restored
    }
}
