internal import Primitives

/// A sensor that repeats the reading it had when it got stuck: a frozen transmitter, or a gateway
/// that goes on sending its last value.
struct StuckSensor: SensorDefect {
    let identity: FaultIdentity
    let onset: Timestamp

    private let end: Timestamp
    private var held: Double?

    init(sensor name: String, plan: DisturbancePlan) {
        identity = FaultIdentity(
            component: "\(name)_sensor", failureMode: "AIR", name: "stuck_sensor")
        onset = plan.onset
        end = plan.end
    }

    mutating func distort(_ reading: Double, noise: Double, at time: Timestamp) -> Double {
        guard time >= onset, time < end else { return reading }
        let value = held ?? reading
        held = value
        return value
    }
}
