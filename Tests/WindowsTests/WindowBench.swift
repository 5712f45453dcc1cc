import Primitives
import Testing
import Windows

/// A window store driven line by line, in the order of calls the engine uses.
///
/// Times are whole seconds unless they are given as ``Timestamp``.
final class WindowBench {
    private var store = WindowStore()
    private(set) var registry = Registry()
    private(set) var frames: [WindowFrame] = []
    /// Readings that replaced another.
    private(set) var repeats = 0

    /// Adds a device with `signals` signals.
    func addDevice(length: Int64, lateness: Int64, signals: Int = 1) -> DeviceID {
        addDevice(
            WindowPolicy(length: .seconds(length), lateness: .seconds(lateness)), signals: signals)
    }

    func addDevice(_ policy: WindowPolicy, signals: Int) -> DeviceID {
        let device = registry.addDevice(
            named: "D\(registry.devices.count)", machineClass: .generic,
            firstSeen: Timestamp(seconds: 0))
        store.addDevice(policy)
        for _ in 0..<signals { addSignal(of: device) }
        return device
    }

    func addSignal(of device: DeviceID) {
        _ = registry.addSignal(named: "s\(registry[device].signals.count)", of: device)
        store.addSignal(of: device)
    }

    func setStatistics(_ statistics: FurtherStatistics, of device: DeviceID, signal: Int = 0) {
        store.setStatistics(statistics, of: registry[device].signals[signal])
    }

    func statistics(of device: DeviceID, signal: Int = 0) -> FurtherStatistics {
        store.statistics(of: registry[device].signals[signal])
    }

    func takeLate(_ value: Double, at time: Int64, of device: DeviceID) -> Bool {
        store.takeLate(
            value, at: Timestamp(seconds: time), of: registry[device].signals[0])
    }

    /// A committed step has closed the window that starts at `start`.
    func forget(_ device: DeviceID, windowStarting start: Int64) {
        store.forget(
            device, signals: registry[device].signals, windowStarting: Timestamp(seconds: start))
    }

    func setPolicy(length: Int64, lateness: Int64, of device: DeviceID) {
        store.setPolicy(
            WindowPolicy(length: .seconds(length), lateness: .seconds(lateness)), of: device,
            signals: registry[device].signals)
    }

    /// One reading; arrival is its own time unless given, and it is a new one unless it may repeat
    /// another. `false` when it was refused as late.
    @discardableResult func send(
        _ value: Double, to device: DeviceID, signal: Int = 0, at time: Int64,
        arrival: Int64? = nil, mayRepeat: Bool = false
    ) -> Bool {
        send(
            value, to: device, signal: signal, at: Timestamp(seconds: time),
            arrival: Timestamp(seconds: arrival ?? time), mayRepeat: mayRepeat)
    }

    @discardableResult func send(
        _ value: Double, to device: DeviceID, signal: Int = 0, at time: Timestamp,
        arrival: Timestamp, mayRepeat: Bool = false
    ) -> Bool {
        while store.isDue(device, at: time, arrival: arrival) { close(device) }
        guard let open = store.admit(device, at: time, arrival: arrival) else { return false }
        repeats += store.add(
            [value], count: 1, from: registry[device].signals[signal], to: open,
            mayRepeat: mayRepeat)
        store.markOpen(open, of: device)
        return true
    }

    /// Values of signals that follow one another, in one line the long way; arrival is its own time
    /// unless given.
    func sendTogether(
        _ values: [Double], to device: DeviceID, from signal: Int = 0, at time: Int64,
        arrival: Int64? = nil
    ) {
        let time = Timestamp(seconds: time)
        let arrival = arrival.map(Timestamp.init(seconds:)) ?? time
        while store.isDue(device, at: time, arrival: arrival) { close(device) }
        guard let open = store.admit(device, at: time, arrival: arrival) else { return }
        repeats += store.add(
            values, count: values.count, from: registry[device].signals[signal], to: open)
        store.markOpen(open, of: device)
    }

    /// Takes up what is open in a store of its own, as after a restart. The class says again what
    /// is wanted of the first signal.
    func restart(
        _ device: DeviceID, _ policy: WindowPolicy,
        statistics: FurtherStatistics = FurtherStatistics()
    ) throws {
        var written = StateWriter()
        let signals = registry[device].signals
        store.encode(device, signals: signals, into: &written)
        store = WindowStore()
        store.addDevice(policy)
        for _ in signals { store.addSignal(of: device) }
        if let first = signals.first { store.setStatistics(statistics, of: first) }
        var state = StateReader(written.bytes)
        try store.restore(device, signals: signals, from: &state)
        #expect(state.isAtEnd)
    }

    /// The same value for the first `signals` signals, the plain way or not at all; arrival is its
    /// own time.
    func sendPlainly(
        _ value: Double, to device: DeviceID, signals: Int = 1, at time: Int64
    ) -> Bool {
        store.addPlainly(
            Array(repeating: value, count: signals), count: signals,
            from: registry[device].signals[0], of: device, time: Timestamp(seconds: time),
            arrival: Timestamp(seconds: time))
    }

    /// A line that brings no reading; `false` when it was refused as late.
    func admit(_ device: DeviceID, at time: Int64) -> Bool {
        store.admit(device, at: Timestamp(seconds: time), arrival: Timestamp(seconds: time)) != nil
    }

    func tick(_ now: Int64) { tick(Timestamp(seconds: now)) }

    func tick(_ now: Timestamp) {
        let mayClose = store.mayClose(atTick: now)
        for device in registry.devices.map(\.id) {
            while store.isDue(device, atTick: now) {
                #expect(mayClose, "the bound on ticks would have hidden a window that is due")
                close(device)
            }
        }
        store.tickDone()
    }

    func hasData(_ device: DeviceID) -> Bool { store.hasData(device) }

    var closingTime: Timestamp? { store.closingTime }

    /// Lets time pass until nothing is open.
    func finish() {
        if let end = closingTime { tick(end) }
    }

    private func close(_ device: DeviceID) {
        frames.append(store.closeNext(of: device, signals: registry[device].signals))
    }

    /// `0...60 2@5.0` per frame of `device`: start, end in seconds, then count and mean a signal.
    func closed(_ device: DeviceID) -> [String] {
        frames.filter { $0.device == device }.map { frame in
            let bounds = [frame.start, frame.end].map { $0.nanoseconds / 1_000_000_000 }
            let summaries = frame.summaries.map { " \($0.count)@\($0.mean)" }
            return "\(bounds[0])...\(bounds[1])" + summaries.joined()
        }
    }

    func summaries(of device: DeviceID) -> [WindowSummary] {
        frames.filter { $0.device == device }.flatMap(\.summaries)
    }
}
