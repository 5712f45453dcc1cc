import Primitives

/// What is kept of a lane beside its table: needed when its readings are summed up, not for every
/// line.
struct LanePace: Sendable {
    /// Of what was summed up before it was closed, by slot.
    var times: [TimeSums] = []
    /// Some of its signals have ``FurtherSums``.
    var hasFurther = false
    /// Usual time between readings, in seconds; zero while unknown.
    private(set) var spacing = 0.0
    /// Time of the last reading of the windows that were closed; the least there is when none was.
    private(set) var last = Int64.min

    init() {}

    /// Of a slot whose device may have been given another number of them.
    func sums(slot: Int, window: Int64) -> TimeSums {
        if slot < times.count, times[slot].window == window { return times[slot] }
        var fresh = TimeSums()
        fresh.window = window
        return fresh
    }

    mutating func set(_ sums: TimeSums, slot: Int) {
        while times.count <= slot { times.append(TimeSums()) }
        times[slot] = sums
    }

    mutating func clear(slot: Int) {
        if slot < times.count { times[slot] = TimeSums() }
    }

    /// Forgets windows up to this index.
    mutating func clear(slot: Int, through index: Int64) {
        if slot < times.count, times[slot].window <= index { times[slot] = TimeSums() }
    }

    /// Times looked at when a window closes: as many as are kept while others come, and one.
    private static let timesMost = RecentReadings.kept + 1
    /// How far one window moves the usual spacing, and how much of it counts at most of what is
    /// further off.
    private static let weight = 0.1
    private static let reach = 0.5

    /// Learns from the latest times of a window that closes, in order: the median of what lies
    /// between them (a gap now and then moves it little), over windows a mean whose outliers are
    /// cut off (P. J. Huber, Robust estimation of a location parameter, 1964).
    mutating func learn(_ latest: some BidirectionalCollection<Int64>) {
        guard let end = latest.last else { return }
        defer { last = max(last, end) }
        var previous = latest.count == 1 ? last : Int64.min
        var gaps: [Double] = []
        for time in latest.suffix(Self.timesMost) {
            if previous > Int64.min, time > previous {
                gaps.append(Double(time &- previous) * 1e-9)
            }
            previous = time
        }
        guard !gaps.isEmpty else { return }
        gaps.sort()
        let gap = gaps[gaps.count / 2]
        guard spacing > 0 else {
            spacing = gap
            return
        }
        let most = Self.reach * spacing
        spacing += Self.weight * min(max(gap - spacing, -most), most)
    }

    /// Readings a window of this many nanoseconds has when none is missing; `nil` while unknown.
    func expected(length: Int64) -> Int? {
        guard spacing > 0 else { return nil }
        let number = Double(length) * 1e-9 / spacing
        return number < 1e9 ? max(1, Int(number.rounded())) : nil
    }
}

extension LanePace {
    func encode(into state: inout StateWriter) {
        state.put(spacing)
        state.put(last)
        state.put(each: times.filter { $0.window != TimeSums.none }) { $1.encode(into: &$0) }
    }

    /// What the lane's signals are is known already. The slot of a window is its index under a
    /// mask.
    mutating func restore(
        slots: Int, from state: inout StateReader
    ) throws(StateFailure) {
        spacing = try state.double()
        last = try state.int64()
        guard spacing >= 0, spacing.isFinite else { throw .invalid("time between readings") }
        for sums in try state.array({ (state) throws(StateFailure) in
            try TimeSums(from: &state)
        }) {
            set(sums, slot: Int(sums.window & Int64(slots - 1)))
        }
    }
}
