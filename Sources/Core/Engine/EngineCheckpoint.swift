import Detection
package import Primitives
import Prognosis
import Tickets
import Windows

/// The engine's state as bytes: what makes a restart cheap.
///
/// Constraints. A checkpoint is an accelerator, never the truth: committed windows and tickets are
/// rows in the store, and everything here but the readings of open windows can be folded again
/// from them. So it may be lost, and it must never be half believed.
///
/// Layout, little-endian, see ``StateWriter``:
///
///     "FSTCKPT4"  8 bytes, the last one counts the format
///     sequence    number of the last step the state contains
///     advancedTo, event clock
///     input       where the replayed input stood (empty for live input)
///     newcomers   the devices that were new in the last minute
///     devices     name, class, attributes, first seen, last arrival, shelf, signals, then one
///                 section per room: name, version, bytes
///     silence     version, bytes: who is silent, over all devices
///     maintenance version, bytes: who is in work or retired, over all devices; files written
///                 before there were such events end without it
///     clocks      version, bytes: how the clocks of devices stand; likewise
///     backlogs    version, bytes: what backlogs brought up and nobody was told yet; likewise
///     checksum    ``ByteHash`` of all bytes before it
///
/// Reading. The checksum is tested before anything else. A section whose version is not ours, or
/// that no longer fits the configuration (another window length, other components), is dropped and
/// reported; what it held is learned again from windows. It is never reinterpreted. What a device
/// has run and how often it was started has a section of its own, apart from what was learned of
/// its signals; should it be lost, the store's count is taken up (``RecordedOperation``).
///
/// What a crash loses: readings that arrived after the newest checkpoint and whose window had not
/// been closed. Line protocol has no acknowledgement, so nobody was told otherwise.
package enum EngineCheckpoint {
    static let magic = Array("FSTCKPT4".utf8)

    /// Bumped when a room's bytes change their meaning.
    enum Section: String, CaseIterable {
        case windows
        case detection
        case prognosis
        case tickets
        case texts
        case operation

        var version: UInt8 {
            switch self {
            case .prognosis, .texts, .operation: 1
            case .tickets: 3
            case .windows, .detection: 4
            }
        }
    }

    static let silenceVersion: UInt8 = 2
    static let maintenanceVersion: UInt8 = 1
    static let clocksVersion: UInt8 = 1
    static let backlogsVersion: UInt8 = 1

    /// What a checkpoint brought back.
    package struct Restored: Equatable, Sendable {
        package var header: Header
        /// One sentence per piece of state that had to be dropped.
        package var dropped: [String]
    }

    /// What a checkpoint says about itself.
    package struct Header: Equatable, Sendable {
        package var sequence: Int
        /// Where the replayed input stood, as its writer described it; empty for live input.
        package var input: String
        /// The state was made with time taken from the telemetry.
        package var usesEventClock: Bool
    }

    /// The header of a checkpoint, or `nil` when the bytes are not a whole one.
    package static func header(of bytes: [UInt8]) -> Header? {
        guard var state = verified(bytes) else { return nil }
        do throws(StateFailure) {
            let sequence = try state.int()
            _ = try state.timestamp()
            let clock = try state.optionalTimestamp()
            return Header(
                sequence: sequence, input: try state.string(), usesEventClock: clock != nil)
        } catch {
            return nil
        }
    }

    /// So many bytes at the start of a checkpoint tell ``claimedSequence(of:)``.
    package static let claimBytes = magic.count + 8

    /// The last step that a checkpoint with this beginning would contain if it were whole; `nil`
    /// for what is no checkpoint of this format.
    package static func claimedSequence(of start: [UInt8]) -> Int? {
        guard start.count >= claimBytes, start.starts(with: magic) else { return nil }
        var state = StateReader(start, magic.count..<claimBytes)
        return try? state.int()
    }

    /// Reads what lies between magic and checksum, when both are right. A checkpoint of a large
    /// gateway has hundreds of megabytes, so nothing is copied.
    static func verified(_ bytes: [UInt8]) -> StateReader? {
        guard bytes.count >= magic.count + 8, bytes.starts(with: magic) else { return nil }
        let end = bytes.count - 8
        var checksum = StateReader(bytes, end..<bytes.count)
        guard let stored = try? checksum.uint64(),
            stored == ByteHash.hash(bytes.span, from: 0, to: end)
        else { return nil }
        return StateReader(bytes, magic.count..<end)
    }

    /// The bytes of a checkpoint whose writer began with the magic and has put everything else.
    static func sealed(_ state: consuming StateWriter) -> [UInt8] {
        state.put(ByteHash.hash(state.bytes.span, from: 0, to: state.bytes.count))
        return state.bytes
    }
}

extension TelemetryEngine {
    /// `true` when nothing waits that a checkpoint would lose: call ``flush(emit:)`` first.
    package var canCheckpoint: Bool { hold.isEmpty && pending.isEmpty && !texts.hasUntold }

    /// The state after the last emitted step. `input` describes where a replay stands.
    package func checkpoint(input: String = "") -> [UInt8] {
        precondition(canCheckpoint, "BUG: checkpoint with an unsealed step")
        var state = StateWriter(EngineCheckpoint.magic)
        state.put(pending.sequence - 1)
        state.put(advancedTo)
        state.put(clock.now) { $0.put($1) }
        state.put(input)
        newcomers.encode(into: &state)
        state.put(registry.devices.count)
        for device in registry.devices { encode(device, into: &state) }
        let names = registry
        state.put(EngineCheckpoint.silenceVersion)
        state.put { silence.encode(into: &$0) { names[$0].name } }
        state.put(EngineCheckpoint.maintenanceVersion)
        state.put { maintenance.encode(into: &$0) }
        state.put(EngineCheckpoint.clocksVersion)
        state.put { encodeClocks(into: &$0) }
        state.put(EngineCheckpoint.backlogsVersion)
        state.put { encodeBacklogs(into: &$0) }
        return EngineCheckpoint.sealed(state)
    }

    private func encode(_ device: Device, into state: inout StateWriter) {
        state.put(device.name)
        state.put(configuration.classes[device.machineClass.rawValue].name)
        state.put(each: device.attributes) { state, attribute in
            state.put(attribute.key)
            state.put(attribute.value)
        }
        state.put(device.firstSeen)
        state.put(lastArrivals[device.id.index])
        state.put(shelves[device.id.index]) { state, shelf in
            state.put(shelf.from)
            state.put(shelf.until)
        }
        state.put(each: device.signals.map { registry[$0] }) { state, signal in
            state.put(Int(signal.id.rawValue))
            state.put(signal.name)
        }
        for section in EngineCheckpoint.Section.allCases {
            state.put(section.rawValue)
            state.put(section.version)
            state.put { room in
                switch section {
                case .windows: windows.encode(device.id, signals: device.signals, into: &room)
                case .detection:
                    detector.encode(device.id, into: &room)
                    alertMachines[device.id.index].encode(into: &room)
                case .prognosis: prognosticator.encode(device.id, into: &room)
                case .tickets: desk.encode(device.id, into: &room)
                case .texts: texts.encode(device.id, into: &room)
                case .operation: detector.encodeOperation(device.id, into: &room)
                }
            }
        }
    }

    /// Takes up the state of an earlier process. Must be called before anything else; on failure
    /// the engine must be thrown away and made anew.
    package mutating func restore(
        _ bytes: [UInt8]
    ) throws(StateFailure) -> EngineCheckpoint.Restored {
        precondition(registry.devices.isEmpty, "BUG: restore into a used engine")
        guard var state = EngineCheckpoint.verified(bytes) else { throw .invalid("checksum") }
        let sequence = try state.int()
        advancedTo = try state.timestamp()
        let clockTime = try state.optionalTimestamp()
        clock.restore(now: clockTime)
        let input = try state.string()
        try newcomers.restore(from: &state)
        var dropped: [String] = []
        for _ in 0..<(try state.count()) { try restoreDevice(from: &state, &dropped) }
        try restoreSilence(from: &state, &dropped)
        if !state.isAtEnd { try restoreMaintenance(from: &state) }
        if !state.isAtEnd {
            try restore("clock", EngineCheckpoint.clocksVersion, from: &state, &dropped) {
                (engine, room) throws(StateFailure) in try engine.restoreClocks(from: &room)
            }
        }
        if !state.isAtEnd {
            try restore("backlog", EngineCheckpoint.backlogsVersion, from: &state, &dropped) {
                (engine, room) throws(StateFailure) in try engine.restoreBacklogs(from: &room)
            }
        }
        guard state.isAtEnd else { throw .invalid("trailing bytes") }
        pending.sequence = sequence + 1
        pending.devices = []
        pending.signals = []
        return EngineCheckpoint.Restored(
            header: EngineCheckpoint.Header(
                sequence: sequence, input: input, usesEventClock: clockTime != nil),
            dropped: dropped)
    }

    private mutating func restoreDevice(
        from state: inout StateReader, _ dropped: inout [String]
    ) throws(StateFailure) {
        let name = try state.string()
        let className = try state.string()
        guard registry.device(named: name) == nil else { throw .invalid("device twice") }
        let machineClass =
            configuration.classes.firstIndex { $0.name == className }.map {
                ClassID(rawValue: $0)
            } ?? .generic
        var attributes: [(String, String)] = []
        for _ in 0..<(try state.count()) {
            attributes.append((try state.string(), try state.string()))
        }
        let id = addDevice(name, machineClass: machineClass, at: try state.timestamp())
        for (key, value) in attributes { _ = registry.setAttribute(key, value, of: id) }
        lastArrivals[id.index] = try state.timestamp()
        shelves[id.index] = try state.optional { (state) throws(StateFailure) in
            Shelf(from: try state.timestamp(), until: try state.timestamp())
        }
        var translated: [Int: SignalID] = [:]
        for _ in 0..<(try state.count()) {
            let old = try state.int()
            translated[old] = addSignal(named: try state.string(), of: id)
        }
        for _ in EngineCheckpoint.Section.allCases {
            let section = try state.string()
            let version = try state.uint8()
            var room = try state.piece()
            do throws(StateFailure) {
                try restore(section, version: version, of: id, from: &room, translated)
            } catch {
                dropped.append("\(section) state of \(name): \(error)")
            }
        }
    }

    private mutating func restoreSilence(
        from state: inout StateReader, _ dropped: inout [String]
    ) throws(StateFailure) {
        let version = try state.uint8()
        var room = try state.piece()
        do throws(StateFailure) {
            // The first version knew no faults that a person had closed.
            guard (1...EngineCheckpoint.silenceVersion).contains(version) else {
                throw .invalid("version \(version)")
            }
            let names = registry
            try silence.restore(from: &room, knowsFaults: version > 1) {
                (name) throws(StateFailure) in
                guard let device = names.device(named: name) else {
                    throw .invalid("device \(name)")
                }
                return device
            }
        } catch {
            dropped.append("silence state: \(error)")
        }
    }

    /// Takes up a section over all devices, or drops it and says so.
    private mutating func restore(
        _ name: String, _ known: UInt8, from state: inout StateReader, _ dropped: inout [String],
        _ body: (inout TelemetryEngine, inout StateReader) throws(StateFailure) -> Void
    ) throws(StateFailure) {
        let version = try state.uint8()
        var room = try state.piece()
        do throws(StateFailure) {
            guard version == known else { throw .invalid("version \(version)") }
            try body(&self, &room)
        } catch {
            dropped.append("\(name) state: \(error)")
        }
    }

    /// Windows do not say what was done to a machine: without this the checkpoint is of no use, and
    /// all committed steps are folded again.
    private mutating func restoreMaintenance(
        from state: inout StateReader
    ) throws(StateFailure) {
        let version = try state.uint8()
        guard version == EngineCheckpoint.maintenanceVersion else {
            throw .invalid("maintenance version \(version)")
        }
        var room = try state.piece()
        let names = registry
        try maintenance.restore(from: &room) { (name) throws(StateFailure) in
            guard let device = names.device(named: name) else { throw .invalid("device \(name)") }
            return device
        }
    }

    private mutating func restore(
        _ section: String, version: UInt8, of device: DeviceID, from room: inout StateReader,
        _ translated: [Int: SignalID]
    ) throws(StateFailure) {
        // The second version of tickets knew no held ones.
        guard let known = EngineCheckpoint.Section(rawValue: section),
            known.version == version || (known == .tickets && version == 2)
        else { throw .invalid("version \(version)") }
        let signals = registry[device].signals
        func signal(_ old: Int) throws(StateFailure) -> SignalID {
            guard let new = translated[old] else { throw .invalid("signal \(old)") }
            return new
        }
        // Each room takes a device's state as a whole or not at all.
        switch known {
        case .windows: try windows.restore(device, signals: signals, from: &room)
        case .detection:
            try detector.restore(device, from: &room)
            alertMachines[device.index] = try ConditionAlertMachine(from: &room)
        case .prognosis: try prognosticator.restore(device, from: &room, signal: signal)
        case .tickets:
            let advice = configuration.classes[registry[device].machineClass.rawValue].advice
            try desk.restore(device, advice: advice, knowsHeld: version > 2, from: &room)
        case .texts: try texts.restore(device, from: &room)
        case .operation: try detector.restoreOperation(device, from: &room)
        }
    }
}
