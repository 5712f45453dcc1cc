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

    private var recent = OneModuleReadings()
    private var accumulators: [OneModuleAccumulator] = []
    private var devices: [DeviceWindows] = []
    private var signalPlaces: [Int32] = []

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
        recent.laneOfSignal.append(0)
        devices[device.index].signals += 1
    }

    /// Takes a device's first line, with a number for each of its signals.
    mutating func open(_ device: DeviceID, _ values: [Double], from first: Int, at time: Timestamp)
    {
        let index = devices[device.index].watermark.index(of: time.nanoseconds)
        recent.addLane(first..<first + values.count)
        let lane = Int(recent.laneOfSignal[first])
        makeRoom(in: lane, of: device)
        OneModuleReadings.append(
            values, at: time.nanoseconds, to: &recent.lanes[lane], in: &recent.words)
        devices[device.index].watermark.open(index)
    }

    @inline(__always) mutating func addPlainly(
        _ values: [Double], count: Int, from first: SignalID, of device: DeviceID,
        time: Timestamp, arrival: Timestamp
    ) -> Bool {
        let lane = Int(recent.laneOfSignal[first.index])
        let known = recent.lanes[lane]
        guard known.first == first.rawValue, Int(known.width) == count,
            time.nanoseconds > known.newest,
            devices[device.index].watermark.takePlainly(
                time.nanoseconds, arrival: arrival.nanoseconds)
        else { return false }
        if known.isFull { makeRoom(in: lane, of: device) }
        OneModuleReadings.append(
            values, at: time.nanoseconds, to: &recent.lanes[lane], in: &recent.words)
        return true
    }

    @inline(never) private mutating func makeRoom(in lane: Int, of device: DeviceID) {
        let first = Int(recent.lanes[lane].first)
        Self.relieve(
            &recent.lanes[lane], &recent.words, &accumulators, devices[device.index],
            signal: Int(signalPlaces[first]))
        let left = recent.lanes[lane]
        if 4 * left.used >= 3 * left.capacity { recent.grow(lane) }
    }

    /// Adds all but the latest rows of each window to the accumulators and closes up the others.
    /// Apart from the rest of `self`, so that each array is asked once whether it is shared.
    private static func relieve(
        _ lane: inout OneModuleReadings.Lane, _ words: inout [UInt64],
        _ accumulators: inout [OneModuleAccumulator], _ known: DeviceWindows, signal: Int
    ) {
        let rows = Int(lane.used) / lane.stride
        let stride = lane.stride
        let length = known.watermark.length
        var row = 0
        var used = 0
        while row < rows {
            let window = time(of: row, in: lane, words) / length
            let end = (window &+ 1) &* length
            var next = row + 1
            // Nearly always all that follow are of it.
            if lane.newest < end { next = rows }
            while next < rows, time(of: next, in: lane, words) < end { next += 1 }
            let leaving = max(0, next - row - OneModuleReadings.kept)
            if leaving > 0 {
                add(
                    row..<row + leaving, of: lane, words,
                    at: known.place(slot: Int(window & known.slotMask), signal: signal),
                    window: window, &accumulators)
            }
            var room = words.mutableSpan
            for word in (row + leaving) &* stride..<next &* stride {
                room[lane.start &+ used] = room[lane.start &+ word]
                used &+= 1
            }
            row = next
        }
        lane.used = Int32(used)
    }

    private static func time(
        of row: Int, in lane: OneModuleReadings.Lane, _ words: borrowing [UInt64]
    ) -> Int64 {
        Int64(bitPattern: words[lane.start &+ row &* lane.stride])
    }

    /// Adds rows of one window, in order of time, to the accumulators from `place` on: signal after
    /// signal, so that each is read and written once.
    private static func add(
        _ rows: Range<Int>, of lane: OneModuleReadings.Lane, _ words: borrowing [UInt64],
        at place: Int, window: Int64, _ accumulators: inout [OneModuleAccumulator]
    ) {
        let span = words.span
        var room = accumulators.mutableSpan
        let stride = lane.stride
        let firstTime = time(of: rows.lowerBound, in: lane, words)
        for signal in 0..<Int(lane.width) {
            var sums = room[place &+ signal]
            var word = lane.start &+ rows.lowerBound &* stride &+ 1 &+ signal
            var left = rows.count
            if sums.window != window || sums.count == 0 {
                sums.begin(Double(bitPattern: span[word]), at: firstTime, window: window)
                left &-= 1
                word &+= stride
            } else if firstTime < sums.firstTime {
                sums.shift(to: Double(bitPattern: span[word]), at: firstTime)
            }
            sums.addInOrder(span, from: word, left, every: stride)
            room[place &+ signal] = sums
        }
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
    var firstTime: Int64 = 0

    mutating func begin(_ value: Double, at time: Int64, window: Int64) {
        self.window = window
        count = 1
        sum = 0
        squares = 0
        minimum = value
        maximum = value
        first = value
        firstTime = time
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

extension OneModuleAccumulator {
    /// Adds `count` readings, none before the first; each is `stride` words after the one before.
    @inline(__always) fileprivate mutating func addInOrder(
        _ words: Span<UInt64>, from start: Int, _ count: Int, every stride: Int
    ) {
        var word = start
        var sum = sum
        var squares = squares
        var minimum = minimum
        var maximum = maximum
        for _ in 0..<count {
            let value = Double(bitPattern: words[word])
            let distance = value - first
            sum += distance
            squares += distance * distance
            minimum = value < minimum ? value : minimum
            maximum = value > maximum ? value : maximum
            word &+= stride
        }
        self.count &+= Int64(count)
        self.sum = sum
        self.squares = squares
        self.minimum = minimum
        self.maximum = maximum
    }
}

/// The per-reading part of `Watermark`, copied.
private struct OneModuleWatermark {
    let length: Int64
    let lateness: Int64
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
        var index = time / length
        if time % length < 0 { index -= 1 }
        cachedIndex = index
        cachedStart = index &* length
        return index
    }

    @inline(__always) mutating func takePlainly(_ time: Int64, arrival: Int64) -> Bool {
        let distance = UInt64(bitPattern: time &- cachedStart)
        let greatest = max(greatestEvent, time)
        guard distance < UInt64(bitPattern: length),
            cachedIndex >= openLow, cachedIndex <= openHigh,
            min(greatest, arrival) < nextClose
        else { return false }
        greatestEvent = greatest
        lastArrival = max(lastArrival, arrival)
        return true
    }

    mutating func open(_ index: Int64) {
        if index < openLow {
            openLow = index
            nextClose = (index + 1) &* length &+ lateness
        }
        if index > openHigh { openHigh = index }
    }
}
