import Detection
import Primitives
import Windows

/// What backlogs have brought up of devices' conditions and faults and what nobody was told yet.
///
/// An alarm list is about now (ISA-18.2): of what came and went while a device could not be heard
/// nothing is told, and what still stands at the end of it is told once.
struct BacklogDesk: Sendable {
    /// What is held of one device.
    struct Hold: Equatable, Sendable {
        /// When the first of it came up, on the clock of the gateway.
        var since: Timestamp
        /// The condition is another one than was told.
        var alert: ConditionAlert?
        /// By name of the text, the fault codes that stand.
        var faults: [String: TextChange] = [:]

        var isEmpty: Bool { alert == nil && faults.isEmpty }
    }

    private(set) var holds: [DeviceID: Hold] = [:]

    var isEmpty: Bool { holds.isEmpty }

    /// Holds a change of condition. Two in a row cancel each other.
    mutating func hold(_ alert: ConditionAlert, since now: Timestamp) {
        change(alert.device, since: now) { $0.alert = $0.alert == nil ? alert : nil }
    }

    mutating func hold(_ fault: TextChange, since now: Timestamp) {
        change(fault.device, since: now) { $0.faults[fault.name] = fault }
    }

    /// Another text has taken the place of the fault.
    mutating func drop(_ name: String, of device: DeviceID) {
        guard holds[device] != nil else { return }
        change(device, since: .distantPast) { $0.faults[name] = nil }
    }

    mutating func take(_ device: DeviceID) -> Hold? { holds.removeValue(forKey: device) }

    /// Devices with something held since `time` or longer.
    func due(since time: Timestamp) -> [DeviceID] {
        holds.filter { $0.value.since <= time }.map(\.key).sorted { $0.rawValue < $1.rawValue }
    }

    mutating func adopt(_ hold: Hold, of device: DeviceID) { holds[device] = hold }

    private mutating func change(
        _ device: DeviceID, since now: Timestamp, _ body: (inout Hold) -> Void
    ) {
        var hold = holds[device] ?? Hold(since: now)
        body(&hold)
        holds[device] = hold.isEmpty ? nil : hold
    }
}
