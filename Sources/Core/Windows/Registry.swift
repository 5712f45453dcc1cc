package import Primitives

/// Dense index of a device, in order of discovery in this process. Never leaves the process:
/// everything that lasts goes by name.
@frozen public struct DeviceID: Hashable, Comparable, Sendable {
    public var rawValue: Int32

    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public var index: Int { Int(rawValue) }
    @inlinable public static func < (left: DeviceID, right: DeviceID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Dense index of a signal, in order of discovery in this process.
@frozen public struct SignalID: Hashable, Comparable, Sendable {
    public var rawValue: Int32

    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public var index: Int { Int(rawValue) }
    @inlinable public static func < (left: SignalID, right: SignalID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Index of a machine class in the configuration; 0 is `generic`.
package struct ClassID: Hashable, Sendable {
    package var rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let generic = ClassID(rawValue: 0)
}

/// A machine that sends telemetry.
package struct Device: Equatable, Sendable {
    package var id: DeviceID
    package var name: String
    package var machineClass: ClassID
    /// Attribute tags, in order of key.
    package var attributes: [Attribute]
    package var firstSeen: Timestamp
    /// In order of discovery.
    package var signals: [SignalID]

    package struct Attribute: Equatable, Sendable {
        package var key: String
        package var value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }
}

/// One measured quantity of one device.
package struct Signal: Equatable, Sendable {
    package var id: SignalID
    package var device: DeviceID
    /// `measurement.field`, then `,tag=value` for every tag that neither names nor describes the
    /// device, in order of tag key.
    package var name: String
}

/// Every device and signal seen so far. Grows only on the slow path of a series key never seen
/// before, and only up to the limits its caller enforces.
package struct Registry: Sendable {
    package private(set) var devices: [Device] = []
    package private(set) var signals: [Signal] = []
    private var deviceByName: [String: DeviceID] = [:]
    private var signalByName: [SignalKey: SignalID] = [:]

    private struct SignalKey: Hashable {
        var device: DeviceID
        var name: String
    }

    package init() {}

    package subscript(id: DeviceID) -> Device { devices[id.index] }
    package subscript(id: SignalID) -> Signal { signals[id.index] }

    package func device(named name: String) -> DeviceID? { deviceByName[name] }

    package func signal(named name: String, of device: DeviceID) -> SignalID? {
        signalByName[SignalKey(device: device, name: name)]
    }

    package mutating func addDevice(
        named name: String, machineClass: ClassID, firstSeen: Timestamp
    ) -> DeviceID {
        precondition(deviceByName[name] == nil, "BUG: device registered twice")
        let id = DeviceID(rawValue: Int32(devices.count))
        devices.append(
            Device(
                id: id, name: name, machineClass: machineClass, attributes: [],
                firstSeen: firstSeen, signals: []))
        deviceByName[name] = id
        return id
    }

    package mutating func addSignal(named name: String, of device: DeviceID) -> SignalID {
        let key = SignalKey(device: device, name: name)
        precondition(signalByName[key] == nil, "BUG: signal registered twice")
        let id = SignalID(rawValue: Int32(signals.count))
        signals.append(Signal(id: id, device: device, name: name))
        devices[device.index].signals.append(id)
        signalByName[key] = id
        return id
    }

    package mutating func setClass(_ machineClass: ClassID, of device: DeviceID) {
        devices[device.index].machineClass = machineClass
    }

    /// Adds the attribute or replaces its value; `true` when something changed.
    package mutating func setAttribute(
        _ key: String, _ value: String, of device: DeviceID
    ) -> Bool {
        let attributes = devices[device.index].attributes
        if let index = attributes.firstIndex(where: { $0.key == key }) {
            if attributes[index].value == value { return false }
            devices[device.index].attributes[index].value = value
            return true
        }
        let place = attributes.firstIndex { $0.key > key } ?? attributes.count
        devices[device.index].attributes.insert(
            Device.Attribute(key: key, value: value), at: place)
        return true
    }
}
