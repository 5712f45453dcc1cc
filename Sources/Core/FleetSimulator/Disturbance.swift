internal import Primitives

/// What can be wrong with the telemetry of a machine that is well, as the command line spells it.
package enum Disturbance: String, CaseIterable, Sendable {
    /// One sensor repeats its last reading.
    case stuckSensor = "stuck-sensor"
    /// The device's clock is off by minutes to more than a day.
    case clockSkew = "clock-skew"
    /// Some lines are sent twice.
    case duplicateLines = "duplicate-lines"
    /// Some lines arrive minutes later, behind newer ones.
    case lateLines = "late-lines"
    /// The device sends nothing.
    case silent

    /// What the ground truth calls a disturbance of the transmission. The words for the clock and
    /// for silence are those of tickets that are not about wear.
    var identity: FaultIdentity {
        let mode = rawValue.split(separator: "-").joined(separator: "_")
        return FaultIdentity(component: "telemetry", failureMode: mode, name: mode)
    }
}

/// A disturbance of one device and its time.
struct DisturbancePlan: Sendable {
    let kind: Disturbance
    let onset: Timestamp
    /// The far future when it lasts to the end of the recording.
    let end: Timestamp

    func isActive(at time: Timestamp) -> Bool { time >= onset && time < end }
}
