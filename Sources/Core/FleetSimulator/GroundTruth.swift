package import Primitives

/// What a fault is called.
package struct FaultIdentity: Hashable, Sendable {
    /// Maintainable item, or the sensor.
    package let component: String
    /// Failure mode code of ISO 14224: VIB (vibration), ELP and ELU (external leakage of process
    /// medium and of utility medium), PLU (plugged), LOO (low output), AIR (abnormal instrument
    /// reading); for the component `telemetry` the word of its disturbance.
    package let failureMode: String
    /// The simulator's own word for the mechanism.
    package let name: String
}

/// A fault that has begun, as only the simulator can know it.
package struct GroundTruthEvent: Hashable, Sendable {
    package let device: String
    package let fault: FaultIdentity
    /// When the fault begins; nothing can be seen before it.
    package let onset: Timestamp
    /// From onset to nominal failure; nil for a fault that does not stop the machine. A planned
    /// repair in between leaves `failure` nil for ever.
    package let pfInterval: TimeSpan?
    /// The instant of the first reading after failure; nil if it had not happened yet.
    package internal(set) var failure: Timestamp?

    /// `device,component,failure_mode,onset,failure`, one row per fault.
    package static func csv(_ events: [GroundTruthEvent]) -> String {
        var text = "device,component,failure_mode,onset,failure\n"
        for event in events {
            text += "\(event.device),\(event.fault.component),\(event.fault.failureMode),"
            text += "\(event.onset.rfc3339),\(event.failure?.rfc3339 ?? "")\n"
        }
        return text
    }
}

/// What the maintenance log of the plant would hold: it knows failures, not onsets.
package struct MaintenanceEvent: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case failure, replacement, repair
    }

    package let time: Timestamp
    package let device: String
    package let component: String
    package let kind: Kind
    /// Part number; empty when no part was used.
    package let part: String
    /// In units of the plant's currency.
    package let cost: Int
    package let note: String

    /// `time,device,component,event,part,cost,note`; no value needs quotes.
    package static func csv(_ events: [MaintenanceEvent]) -> String {
        var text = "time,device,component,event,part,cost,note\n"
        for event in events {
            text += "\(event.time.rfc3339),\(event.device),\(event.component),"
            text += "\(event.kind.rawValue),\(event.part),\(event.cost),\(event.note)\n"
        }
        return text
    }
}
