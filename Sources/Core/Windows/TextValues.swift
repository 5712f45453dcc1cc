package import Primitives

/// Dense index of a text of a device, in order of discovery in this process.
package struct TextID: Hashable, Sendable {
    package var rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }
    var index: Int { Int(rawValue) }
}

/// A text of a device is another than before.
package struct TextChange: Equatable, Sendable {
    package var device: DeviceID
    /// Named like a signal: `measurement.field[,tag=value...]`.
    package var name: String
    package var value: String
    /// `nil` for the first one, and for a change that is no event.
    package var previous: String?
    package var time: Timestamp
    package var isFaultCode: Bool
    /// Kept in the device's history; false for one too many within an hour, which only becomes the
    /// last known value.
    package var isEvent: Bool
    /// A fault of a backlog is kept as an event at once, and told later if it still stands.
    package var isTold: Bool

    package init(
        device: DeviceID, name: String, value: String, previous: String?, time: Timestamp,
        isFaultCode: Bool, isEvent: Bool, isTold: Bool = true
    ) {
        self.device = device
        self.name = name
        self.value = value
        self.previous = previous
        self.time = time
        self.isFaultCode = isFaultCode
        self.isEvent = isEvent
        self.isTold = isTold
    }

    /// Somebody is to be told of it.
    package var isAlert: Bool { isFault && isTold }

    /// A new fault, not the end of one.
    package var isFault: Bool { isFaultCode && !TextValues.saysNoFault(value) }
}

/// The last known texts of devices: status words, firmware versions, fault codes.
///
/// What comes in: texts, and numbers that are fault codes, each with its event time. What goes out:
/// a ``TextChange`` for each that differs from the last one. What always holds: a text older than
/// the known one changes nothing, and one that is the same costs no memory. What is deliberately
/// absent: limits on the number of texts, which the caller enforces as for signals.
package struct TextValues: Sendable {
    /// Longer texts are cut off here, at a whole character.
    package static let bytesMost = 256
    /// Changes of one text in one hour of event time that are kept as events.
    package static let eventsPerHour = 60

    private static let hour = TimeSpan.hours(1)

    private struct Slot: Sendable {
        var device: DeviceID
        var name: String
        var isFaultCode: Bool
        /// Of the newest text as sent: the same one again need not be looked at.
        var hash: UInt64 = 0
        /// `nil` before the first.
        var value: String?
        /// Event time of the newest text, whether it was a change or not.
        var newest = Timestamp.distantPast
        var hourStart = Timestamp.distantPast
        var eventsThisHour = 0
        /// A change that is no event waits to be told.
        var isUntold = false
    }

    private struct Key: Hashable {
        var device: DeviceID
        var name: String
    }

    private var slots: [Slot] = []
    private var places: [Key: TextID] = [:]
    /// Per device, its texts in order of discovery.
    private var texts: [[TextID]] = []
    /// Texts whose last change is no event and was not told yet: only the last known value of each
    /// matters, however often it changes.
    private var untold: [TextID] = []

    package init() {}

    /// Devices must be added in the order of their ids.
    package mutating func addDevice() { texts.append([]) }

    package func count(of device: DeviceID) -> Int { texts[device.index].count }

    package func text(named name: String, of device: DeviceID) -> TextID? {
        places[Key(device: device, name: name)]
    }

    package mutating func add(
        named name: String, of device: DeviceID, isFaultCode: Bool
    ) -> TextID {
        let id = TextID(rawValue: Int32(slots.count))
        slots.append(Slot(device: device, name: name, isFaultCode: isFaultCode))
        places[Key(device: device, name: name)] = id
        texts[device.index].append(id)
        return id
    }

    /// Says anew which of a device's texts are fault codes.
    package mutating func classify(_ device: DeviceID, isFaultCode: (String) -> Bool) {
        for id in texts[device.index] {
            slots[id.index].isFaultCode = isFaultCode(slots[id.index].name)
        }
    }

    /// Takes up the last known value of a text an earlier process has committed.
    package mutating func adopt(_ id: TextID, value: String, since time: Timestamp) {
        guard time >= slots[id.index].newest else { return }
        slots[id.index].value = value
        slots[id.index].newest = time
        slots[id.index].hash = 0
    }

    /// Takes a text. `hash` tells two texts apart; `value` is asked for only when it is another one
    /// than before. A change that is no event comes again from ``takeUntold()``.
    package mutating func take(
        _ id: TextID, hash: UInt64, at time: Timestamp, value: () -> String
    ) -> TextChange? {
        guard time >= slots[id.index].newest else { return nil }
        slots[id.index].newest = time
        guard slots[id.index].value == nil || slots[id.index].hash != hash else { return nil }
        slots[id.index].hash = hash
        let new = Self.cut(value())
        var slot = slots[id.index]
        let previous = slot.value
        guard new != previous else { return nil }
        slot.value = new
        if time - slot.hourStart >= Self.hour {
            slot.hourStart = time
            slot.eventsThisHour = 0
        }
        let isEvent = slot.eventsThisHour < Self.eventsPerHour
        if isEvent {
            slot.eventsThisHour += 1
        } else if !slot.isUntold {
            slot.isUntold = true
            untold.append(id)
        }
        slots[id.index] = slot
        return TextChange(
            device: slot.device, name: slot.name, value: new, previous: previous, time: time,
            isFaultCode: slot.isFaultCode, isEvent: isEvent)
    }

    package var hasUntold: Bool { !untold.isEmpty }

    /// The last known values of the texts that changed without an event, each once.
    package mutating func takeUntold() -> [TextChange] {
        defer { untold.removeAll(keepingCapacity: true) }
        return untold.map { id in
            slots[id.index].isUntold = false
            let slot = slots[id.index]
            return TextChange(
                device: slot.device, name: slot.name, value: slot.value ?? "", previous: nil,
                time: slot.newest, isFaultCode: slot.isFaultCode, isEvent: false, isTold: false)
        }
    }

    /// A fault code by which a machine says that nothing is wrong: none, zero or false.
    package static func saysNoFault(_ code: String) -> Bool {
        code.isEmpty || code == "0" || code == "false" || code.lowercased() == "none"
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > bytesMost else { return text }
        var short = ""
        var count = 0
        for character in text {
            count += character.utf8.count
            if count > bytesMost { break }
            short.append(character)
        }
        return short
    }
}

extension TextValues {
    package func encode(_ device: DeviceID, into state: inout StateWriter) {
        state.put(each: texts[device.index].map { slots[$0.index] }) { state, slot in
            state.put(slot.name)
            state.put(slot.isFaultCode)
            state.put(slot.hash)
            state.put(slot.value) { $0.put($1) }
            state.put(slot.newest)
            state.put(slot.hourStart)
            state.put(slot.eventsThisHour)
        }
    }

    /// Takes up the texts of a device that has none yet.
    package mutating func restore(
        _ device: DeviceID, from state: inout StateReader
    ) throws(StateFailure) {
        var restored: [Slot] = []
        for _ in 0..<(try state.count()) {
            var slot = Slot(
                device: device, name: try state.string(), isFaultCode: try state.bool())
            slot.hash = try state.uint64()
            slot.value = try state.optional { (state) throws(StateFailure) in try state.string() }
            slot.newest = try state.timestamp()
            slot.hourStart = try state.timestamp()
            slot.eventsThisHour = try state.int()
            restored.append(slot)
        }
        for slot in restored {
            let id = add(named: slot.name, of: device, isFaultCode: slot.isFaultCode)
            slots[id.index] = slot
        }
    }
}
