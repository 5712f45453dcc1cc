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
                let slot = Int(window & known.slotMask)
                add(
                    row..<row + leaving, of: lane, &words, slot: slot,
                    middle: window &* length &+ length / 2,
                    at: known.place(slot: slot, signal: signal), &accumulators)
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
        _ rows: Range<Int>, of lane: OneModuleReadings.Lane, _ words: inout [UInt64], slot: Int,
        middle: Int64, at place: Int, _ accumulators: inout [OneModuleAccumulator]
    ) {
        let stride = lane.stride
        let first = lane.start &+ rows.lowerBound &* stride
        let firstTime = Int64(bitPattern: words[first])
        var times = OneModuleTimes()
        if accumulators[place].count > 0 {
            times = OneModuleTimes(words, at: lane.times(slot: slot))
        }
        let before = times.sum
        for row in 0..<rows.count {
            times.add(
                OneModuleTimes.offset(
                    of: Int64(bitPattern: words[first &+ row &* stride]), middle: middle))
        }
        times.write(to: &words, at: lane.times(slot: slot))
        var room = accumulators.mutableSpan
        let span = words.span
        for signal in 0..<Int(lane.width) {
            var sums = room[place &+ signal]
            let begins = sums.count == 0
            let value = Double(bitPattern: span[first &+ 1 &+ signal])
            if begins {
                sums.begin(value, at: firstTime)
            } else if firstTime < sums.firstTime {
                sums.shift(to: value, at: firstTime, offsets: before)
            }
            let skipped = begins ? 1 : 0
            sums.addInOrder(
                span, from: first &+ skipped &* stride, rows.count &- skipped, every: stride,
                value: 1 &+ signal, middle: middle)
            room[place &+ signal] = sums
        }
    }
}

/// `TimeSums`, copied.
private struct OneModuleTimes {
    var sum = 0.0
    var squares = 0.0

    init() {}

    init(_ words: borrowing [UInt64], at place: Int) {
        sum = Double(bitPattern: words[place])
        squares = Double(bitPattern: words[place &+ 1])
    }

    func write(to words: inout [UInt64], at place: Int) {
        words[place] = sum.bitPattern
        words[place &+ 1] = squares.bitPattern
    }

    @inline(__always) mutating func add(_ offset: Double) {
        sum += offset
        squares += offset * offset
    }

    @inline(__always) static func offset(of time: Int64, middle: Int64) -> Double {
        Double(time &- middle) * 1e-9
    }
}

/// `Accumulator`, copied.
private struct OneModuleAccumulator {
    var count: Int64 = 0
    var sum: Double = 0
    var squares: Double = 0
    var products: Double = 0
    var minimum: Double = 0
    var maximum: Double = 0
    var first: Double = 0
    var firstTime: Int64 = 0

    mutating func begin(_ value: Double, at time: Int64) {
        count = 1
        sum = 0
        squares = 0
        products = 0
        minimum = value
        maximum = value
        first = value
        firstTime = time
    }

    @inline(never) mutating func shift(to value: Double, at time: Int64, offsets: Double) {
        let distance = first - value
        let number = Double(count)
        squares += distance * (2 * sum + number * distance)
        products += distance * offsets
        sum += number * distance
        first = value
        firstTime = time
    }
}

extension OneModuleAccumulator {
    /// Adds the readings of `count` rows from `start` on, none before the first.
    @inline(__always) fileprivate mutating func addInOrder(
        _ words: Span<UInt64>, from start: Int, _ count: Int, every stride: Int, value place: Int,
        middle: Int64
    ) {
        var word = start
        var sum = sum
        var squares = squares
        var products = products
        var minimum = minimum
        var maximum = maximum
        for _ in 0..<count {
            let offset = OneModuleTimes.offset(of: Int64(bitPattern: words[word]), middle: middle)
            let value = Double(bitPattern: words[word &+ place])
            let distance = value - first
            sum += distance
            squares += distance * distance
            products += distance * offset
            minimum = value < minimum ? value : minimum
            maximum = value > maximum ? value : maximum
            word &+= stride
        }
        self.count &+= Int64(count)
        self.sum = sum
        self.squares = squares
        self.products = products
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
