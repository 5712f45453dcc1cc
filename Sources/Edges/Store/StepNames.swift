import Detection
import Engine
import Windows

/// What the ids inside steps are called, gathered from the steps themselves.
///
/// Steps must be given in order and from the first one of the process: ids are per process, and
/// each step only introduces what is new.
struct StepNames: Sendable {
    private let classes: [MachineClass]
    private var devices: [Device?] = []
    private var signals: [Signal?] = []

    init(_ configuration: EngineConfiguration) {
        classes = configuration.classes
    }

    mutating func learn(_ step: EngineStep) {
        learn(devices: step.devices, signals: step.signals)
    }

    mutating func learn(devices: [Device], signals: [Signal]) {
        for device in devices {
            StepNames.place(device, at: device.id.index, in: &self.devices)
        }
        for signal in signals {
            StepNames.place(signal, at: signal.id.index, in: &self.signals)
        }
    }

    /// Everything introduced so far.
    var introduced: (devices: [Device], signals: [Signal]) {
        (devices.compactMap(\.self), signals.compactMap(\.self))
    }

    subscript(id: DeviceID) -> String { known(id).name }

    subscript(id: SignalID) -> String { known(id).name }

    func className(of id: DeviceID) -> String { machineClass(of: id)?.name ?? "generic" }

    /// A class without declared components is watched as one, called `machine`.
    func component(_ place: Int, of id: DeviceID) -> String {
        guard let components = machineClass(of: id)?.detection.components,
            components.indices.contains(place)
        else { return "machine" }
        return components[place].name
    }

    /// `nil` when the class of the signal's device says nothing about it.
    func unit(of id: SignalID) -> String? {
        let signal = known(id)
        let policy = machineClass(of: signal.device)?.detection.signals
            .first { $0.matches(signal: signal.name) }
        guard let unit = policy?.unit, !unit.isEmpty else { return nil }
        return unit
    }

    private func machineClass(of id: DeviceID) -> MachineClass? {
        let place = known(id).machineClass.rawValue
        return classes.indices.contains(place) ? classes[place] : nil
    }

    private func known(_ id: DeviceID) -> Device {
        guard devices.indices.contains(id.index), let device = devices[id.index] else {
            preconditionFailure("BUG: a step names a device that no step has introduced")
        }
        return device
    }

    private func known(_ id: SignalID) -> Signal {
        guard signals.indices.contains(id.index), let signal = signals[id.index] else {
            preconditionFailure("BUG: a step names a signal that no step has introduced")
        }
        return signal
    }

    private static func place<Value>(_ value: Value, at index: Int, in list: inout [Value?]) {
        while list.count <= index { list.append(nil) }
        list[index] = value
    }
}
