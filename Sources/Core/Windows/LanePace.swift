import Primitives

/// How often the readings of a lane come. Needed when a window closes, not for every line.
struct LanePace: Sendable {
    /// Usual time between readings, in seconds; zero while unknown.
    private(set) var spacing = 0.0
    /// Time of the last reading of the windows that were closed; the least there is when none was.
    private(set) var last = Int64.min

    /// Times looked at when a window closes: those that are always still there.
    private static let timesMost = RecentReadings.kept
    /// How far one window moves the usual spacing, and how much of it counts at most of what is
    /// further off.
    private static let weight = 0.1
    private static let reach = 0.5

    /// Learns from the latest times of a window that closes, those of the first rows of a lane's
    /// table: the median of what lies between them (a gap now and then moves it little), over
    /// windows a mean whose outliers are cut off (P. J. Huber, Robust estimation of a location
    /// parameter, 1964).
    mutating func learn(_ words: borrowing [UInt64], _ lane: RecentReadings.Lane, rows: Int) {
        var gaps = InlineArray<8, Int64>(repeating: 0)  // as many as there are times at most
        var count = 0
        var previous = rows == 1 ? last : Int64.min
        for row in max(0, rows &- Self.timesMost)..<rows {
            let time = Int64(bitPattern: words[lane.start &+ row &* lane.stride])
            if previous > Int64.min, time > previous {
                // In order: there are few.
                var place = count
                while place > 0, gaps[place &- 1] > time &- previous {
                    gaps[place] = gaps[place &- 1]
                    place &-= 1
                }
                gaps[place] = time &- previous
                count &+= 1
            }
            previous = time
        }
        last = max(last, previous)
        guard count > 0 else { return }
        let gap = Double(gaps[count / 2]) / 1e9
        guard spacing > 0 else {
            spacing = gap
            return
        }
        let most = Self.reach * spacing
        spacing += Self.weight * min(max(gap - spacing, -most), most)
    }

    /// Readings a window of this many nanoseconds has when none is missing; `nil` while unknown.
    func expected(length: Int64) -> Int32? {
        guard spacing > 0 else { return nil }
        let number = Double(length) / 1e9 / spacing
        return number < 1e9 ? max(1, Int32(number.rounded())) : nil
    }
}

extension LanePace {
    func encode(into state: inout StateWriter) {
        state.put(spacing)
        state.put(last)
    }

    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        spacing = try state.double()
        last = try state.int64()
        guard spacing >= 0, spacing.isFinite else { throw .invalid("time between readings") }
    }
}
