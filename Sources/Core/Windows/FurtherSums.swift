import Primitives

/// What is kept of a signal with ``FurtherStatistics`` in its open windows.
///
/// Changes and rates are about readings that follow one another, so a reading that comes after
/// later ones of its window were summed up has no part in them; among the latest readings, which
/// are summed up in order of time, none does. The step from the last reading of a closed window to
/// the first of the next one is the next one's.
struct FurtherSums: Sendable {
    static let none = Int64.min

    struct Reading: Sendable {
        var time: Int64
        var value: Double
    }

    /// Of one open window.
    struct Window: Sendable {
        /// Its index; ``none`` when unused.
        var index = FurtherSums.none
        var first = Reading(time: Int64.max, value: .nan)
        var last = Reading(time: Int64.min, value: .nan)
        var changes = 0
        var rates = Accumulator()
        var rateTimes = TimeSums()
        /// The latest rate.
        var lastRate = Double.nan
        var sketch = QuantileSketch()
    }

    let statistics: FurtherStatistics
    /// The last reading of the windows that were closed.
    private(set) var previous: Reading?
    private var windows: [Window] = []

    init(_ statistics: FurtherStatistics) { self.statistics = statistics }

    /// Adds a reading that is not before those added already, unless that cannot be told any more.
    /// `middle` is that of its window.
    mutating func add(_ value: Double, at time: Int64, window: Int64, slot: Int, middle: Int64) {
        while windows.count <= slot { windows.append(Window()) }
        if windows[slot].index != window {
            windows[slot] = Window()
            windows[slot].index = window
        }
        let reading = Reading(time: time, value: value)
        if time < windows[slot].first.time { windows[slot].first = reading }
        let before = windows[slot].last
        // Readings of one instant are changes of a state, but have no rate.
        if statistics.isCounter ? time > before.time : time >= before.time {
            if before.time > Int64.min { pass(from: before, to: reading, slot, middle) }
            windows[slot].last = reading
        }
        if statistics.wantsQuantiles, !statistics.isCounter { windows[slot].sketch.add(value) }
    }

    private mutating func pass(
        from before: Reading, to reading: Reading, _ slot: Int, _ middle: Int64
    ) {
        if changes(before.value, reading.value) { windows[slot].changes += 1 }
        guard statistics.isCounter else { return }
        let rate = Self.rate(from: before, to: reading)
        windows[slot].addRate(
            rate, at: reading.time, middle: middle, isSketched: statistics.wantsQuantiles)
    }

    private func changes(_ before: Double, _ value: Double) -> Bool {
        if let level = statistics.crossingsOf { return (before >= level) != (value >= level) }
        return statistics.countsChanges && before != value
    }

    /// Per second. A counter that is lower than before has begun again at zero meanwhile.
    private static func rate(from before: Reading, to reading: Reading) -> Double {
        let increase =
            reading.value >= before.value ? reading.value - before.value : max(0, reading.value)
        return increase * 1e9 / Double(reading.time &- before.time)
    }

    /// What a window that closes says.
    struct Closed {
        var changes: Int32?
        var quantiles: QuantileSketch?
        /// Of a counter; empty when there is no second reading.
        var rates: Accumulator?
        var rateTimes = TimeSums()
        var lastRate = Double.nan
    }

    /// Closes a window all of whose readings were added.
    mutating func close(window: Int64, slot: Int, middle: Int64) -> Closed {
        var closed = Closed()
        guard slot < windows.count, windows[slot].index == window else { return closed }
        var known = windows[slot]
        if let previous, previous.time < known.first.time {
            if changes(previous.value, known.first.value) { known.changes += 1 }
            if statistics.isCounter {
                known.addFirstRate(
                    Self.rate(from: previous, to: known.first), at: known.first.time,
                    middle: middle, isSketched: statistics.wantsQuantiles)
            }
        }
        if statistics.countsChanges || statistics.crossingsOf != nil {
            closed.changes = Int32(clamping: known.changes)
        }
        if statistics.isCounter {
            closed.rates = known.rates
            closed.rateTimes = known.rateTimes
            closed.lastRate = known.lastRate
        }
        if statistics.wantsQuantiles, !known.sketch.isEmpty { closed.quantiles = known.sketch }
        notePrevious(known.last)
        windows[slot] = Window()
        return closed
    }

    /// Forgets windows up to this index: a committed step has closed them.
    mutating func forget(through index: Int64) {
        for slot in windows.indices where windows[slot].index <= index {
            if windows[slot].last.time > Int64.min { notePrevious(windows[slot].last) }
            windows[slot] = Window()
        }
    }

    /// A reading of a closed window came to be known.
    mutating func notePrevious(_ reading: Reading) {
        if reading.time > previous?.time ?? Int64.min { previous = reading }
    }
}

extension FurtherSums.Window {
    fileprivate mutating func addRate(
        _ rate: Double, at time: Int64, middle: Int64, isSketched: Bool
    ) {
        let offset = TimeSums.offset(of: time, middle: middle)
        if rates.isEmpty {
            rates.begin(rate, at: time)
        } else {
            rates.add(rate, offset: offset)
        }
        rateTimes.add(offset)
        lastRate = rate
        if isSketched { sketch.add(rate) }
    }

    /// Adds a rate before all others.
    fileprivate mutating func addFirstRate(
        _ rate: Double, at time: Int64, middle: Int64, isSketched: Bool
    ) {
        let latest = lastRate
        let isOnly = rates.isEmpty
        if !isOnly { rates.shift(to: rate, at: time, offsets: rateTimes.sum) }
        addRate(rate, at: time, middle: middle, isSketched: isSketched)
        if !isOnly { lastRate = latest }
    }
}

extension FurtherSums {
    func encode(into state: inout StateWriter) {
        state.put(previous?.time ?? Int64.min)
        state.put(previous?.value ?? .nan)
        state.put(each: windows.filter { $0.index != FurtherSums.none }) { state, window in
            state.put(window.index)
            for reading in [window.first, window.last] {
                state.put(reading.time)
                state.put(reading.value)
            }
            state.put(window.changes)
            state.put(!window.rates.isEmpty)
            if !window.rates.isEmpty {
                window.rates.encode(into: &state)
                state.put(window.rateTimes.sum)
                state.put(window.rateTimes.squares)
            }
            state.put(window.lastRate)
            window.sketch.encode(into: &state)
        }
    }

    init(
        _ statistics: FurtherStatistics, slots: Int, from state: inout StateReader
    ) throws(StateFailure) {
        self.statistics = statistics
        let last = Reading(time: try state.int64(), value: try state.double())
        if last.time > Int64.min { previous = last }
        let open = try state.array { (state) throws(StateFailure) in
            var window = Window()
            window.index = try state.int64()
            window.first = Reading(time: try state.int64(), value: try state.double())
            window.last = Reading(time: try state.int64(), value: try state.double())
            window.changes = try state.int()
            if try state.bool() {
                window.rates = try Accumulator(from: &state)
                window.rateTimes.sum = try state.double()
                window.rateTimes.squares = try state.double()
            }
            window.lastRate = try state.double()
            window.sketch = try QuantileSketch(from: &state)
            return window
        }
        for window in open {
            let slot = Int(window.index & Int64(slots - 1))
            while windows.count <= slot { windows.append(Window()) }
            windows[slot] = window
        }
    }
}
