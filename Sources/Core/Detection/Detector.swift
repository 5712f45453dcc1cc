package import Primitives
package import Windows

/// Closed windows in, assessments out: state detection and health assessment (ISO 13374).
///
/// What comes in: ``WindowFrame`` values, per device in order of time. What goes out: one
/// ``DeviceAssessment`` per frame. What always holds: an assessment depends only on the device's
/// own earlier frames (causal, no look-ahead, no other device); the baseline never moves once it is
/// learned. Deliberately absent: clocks, failure dates, tickets.
package struct Detector: Sendable {
    private var devices: [DeviceDetector] = []

    package init() {}

    /// Makes room for the next device; devices are added in order of their ids.
    package mutating func addDevice(_ policy: DetectionPolicy, window: TimeSpan) {
        devices.append(DeviceDetector(policy: policy, window: window))
    }

    /// Starts a device over under another policy: its class became known.
    package mutating func setPolicy(
        _ policy: DetectionPolicy, window: TimeSpan, of device: DeviceID,
        signals: [(SignalID, String)]
    ) {
        var detector = DeviceDetector(policy: policy, window: window)
        for (signal, name) in signals { detector.addSignal(signal, named: name) }
        devices[device.index] = detector
    }

    package mutating func addSignal(_ signal: SignalID, named name: String, of device: DeviceID) {
        devices[device.index].addSignal(signal, named: name)
    }

    /// While a device is in work its window is neither judged nor learned from.
    package mutating func assess(
        _ frame: WindowFrame, isInWork: Bool = false
    ) -> DeviceAssessment {
        devices[frame.device.index].assess(frame, isInWork: isInWork)
    }

    /// A component of the class begins a new life: its normal state is learned anew.
    package mutating func restart(_ component: Int, of device: DeviceID) {
        devices[device.index].restart(component)
    }

    // What is asked for often is asked here: a detector is large to hand out.

    /// See ``DeviceDetector/silence``.
    package func silence(of device: DeviceID) -> TimeSpan? { devices[device.index].silence }

    /// See ``DeviceDetector/usualGap``.
    package func usualGap(of device: DeviceID) -> TimeSpan { devices[device.index].usualGap }

    /// See ``DeviceDetector/lost``.
    package func lost(of device: DeviceID) -> (signals: [String], since: Timestamp)? {
        devices[device.index].lost
    }

    package func silentAfter(of device: DeviceID) -> TimeSpan {
        devices[device.index].silentAfter
    }

    /// See ``DeviceDetector/tally``.
    package func tally(of device: DeviceID) -> OperatingTally? { devices[device.index].tally }
}

extension Detector {
    package func encodeOperation(_ device: DeviceID, into state: inout StateWriter) {
        devices[device.index].encodeOperation(into: &state)
    }

    /// Goes on counting what a device does whose signals are already known here.
    package mutating func restoreOperation(
        _ device: DeviceID, from state: inout StateReader
    ) throws(StateFailure) {
        try devices[device.index].restoreOperation(from: &state)
    }

    /// Takes up what the store has counted; `false` when the same was counted here.
    package mutating func adopt(_ tally: OperatingTally, of device: DeviceID) -> Bool {
        devices[device.index].adopt(tally)
    }

    package func encode(_ device: DeviceID, into state: inout StateWriter) {
        devices[device.index].encode(into: &state)
    }

    /// Takes up what was learned about a device whose signals are already known here.
    package mutating func restore(
        _ device: DeviceID, from state: inout StateReader
    ) throws(StateFailure) {
        var restored = devices[device.index]
        try restored.restore(from: &state)
        devices[device.index] = restored
    }
}
