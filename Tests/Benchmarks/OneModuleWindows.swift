import Primitives
import Windows

/// The per-reading part of `WindowStore`, copied into this module: the other side of the
/// comparison in ``OneModuleBenchmark``. Same storage, same order of work.
struct OneModuleWindows: ~Copyable {
    private struct DeviceWindows {
        var watermark: OneModuleWatermark
        var slotMask: Int64
        var start: Int
        var capacity: Int
        var signals = 0

        @inline(__always) func place(slot: Int, signal: Int) -> Int {
            start &+ slot &* capacity &+ signal
        }
    }

    private var accumulators: [OneModuleAccumulator] = []
    private var devices: [DeviceWindows] = []
    private var signalPlaces: [Int32] = []
    private var earliestClose: Int64 = Int64.max

    struct Open {
        let device: DeviceID
        let index: Int64
        let slot: Int
        let time: Int64
    }

    init() {}

    mutating func addDevice(length: Int64, lateness: Int64, slots: Int64, signals: Int) {
        devices.append(
            DeviceWindows(
                watermark: OneModuleWatermark(length: length, lateness: lateness),
                slotMask: slots - 1, start: accumulators.count, capacity: signals))
        for _ in 0..<signals * Int(slots) { accumulators.append(OneModuleAccumulator()) }
    }

    mutating func addSignal(of device: DeviceID) {
        signalPlaces.append(Int32(devices[device.index].signals))
        devices[device.index].signals += 1
    }

    func isDue(_ device: DeviceID, at time: Timestamp, arrival: Timestamp) -> Bool {
        devices[device.index].watermark.isDue(
            at: time.nanoseconds, arrival: arrival.nanoseconds)
    }

    mutating func admit(_ device: DeviceID, at time: Timestamp, arrival: Timestamp) -> Open? {
        let index = devices[device.index].watermark.index(of: time.nanoseconds)
        devices[device.index].watermark.noteArrival(
            of: time.nanoseconds, at: arrival.nanoseconds)
        if devices[device.index].watermark.isLate(index) { return nil }
        return Open(
            device: device, index: index, slot: Int(index & devices[device.index].slotMask),
            time: time.nanoseconds)
    }

    mutating func markOpen(_ open: Open, of device: DeviceID) {
        let wasLow = devices[device.index].watermark.openLow
        devices[device.index].watermark.open(open.index)
        if open.index < wasLow {
            earliestClose = min(earliestClose, devices[device.index].watermark.nextClose)
        }
    }

    mutating func add(_ value: Double, of signal: SignalID, to open: Open) {
        let place = devices[open.device.index].place(
            slot: open.slot, signal: Int(signalPlaces[signal.index]))
        accumulators[place].add(value, at: open.time, window: open.index)
    }
}

/// `Accumulator`, copied.
private struct OneModuleAccumulator {
    var window: Int64 = .min
    var count: Int64 = 0
    var sum: Double = 0
    var squares: Double = 0
    var minimum: Double = 0
    var maximum: Double = 0
    var first: Double = 0
    var last: Double = 0
    var firstTime: Int64 = 0
    var lastTime: Int64 = 0

    @inline(__always) mutating func add(_ value: Double, at time: Int64, window: Int64) {
        if self.window != window || count == 0 {
            return begin(value, at: time, window: window)
        }
        if time < firstTime { shift(to: value, at: time) }
        let distance = value - first
        count &+= 1
        sum += distance
        squares += distance * distance
        minimum = value < minimum ? value : minimum
        maximum = value > maximum ? value : maximum
        if time >= lastTime {
            lastTime = time
            last = value
        }
    }

    mutating func begin(_ value: Double, at time: Int64, window: Int64) {
        self.window = window
        count = 1
        sum = 0
        squares = 0
        minimum = value
        maximum = value
        first = value
        last = value
        firstTime = time
        lastTime = time
    }

    @inline(never) mutating func shift(to value: Double, at time: Int64) {
        let distance = first - value
        let number = Double(count)
        squares += distance * (2 * sum + number * distance)
        sum += number * distance
        first = value
        firstTime = time
    }
}

/// The per-reading part of `Watermark`, copied.
private struct OneModuleWatermark {
    let length: Int64
    let lateness: Int64
    var closedThrough: Int64 = .min
    var openLow: Int64 = .max
    var openHigh: Int64 = .min
    var greatestEvent: Int64 = .min
    var lastArrival: Int64 = .min
    var nextClose: Int64 = .max
    var cachedIndex: Int64 = .min
    var cachedStart: Int64 = 0

    init(length: Int64, lateness: Int64) {
        self.length = length
        self.lateness = lateness
    }

    mutating func index(of time: Int64) -> Int64 {
        if cachedIndex != Int64.min, time >= cachedStart, time - cachedStart < length {
            return cachedIndex
        }
        var index = time / length
        if time % length < 0 { index -= 1 }
        cachedIndex = index
        cachedStart = index &* length
        return index
    }

    func isDue(at time: Int64, arrival: Int64) -> Bool {
        let own = min(max(greatestEvent, time), arrival)
        return own >= nextClose
    }

    func isLate(_ index: Int64) -> Bool {
        if index < closedThrough { return true }
        return (index &+ 1) &* length &+ lateness <= min(greatestEvent, lastArrival)
    }

    mutating func noteArrival(of time: Int64, at arrival: Int64) {
        if time > greatestEvent { greatestEvent = time }
        if arrival > lastArrival { lastArrival = arrival }
    }

    mutating func open(_ index: Int64) {
        if index < openLow {
            openLow = index
            nextClose = (index + 1) &* length &+ lateness
        }
        if index > openHigh { openHigh = index }
    }
}
