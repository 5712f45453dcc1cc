/// `RecentReadings` as far as the plain way goes, copied for ``OneModuleWindows``.
struct OneModuleReadings {
    /// Rows of a window that are kept while others come.
    static let kept = 8

    /// Signals that come together, and their table.
    struct Lane {
        /// Windows that may be open at once; for each there are two words behind the rows.
        static let slots = 2

        var start = 0
        var capacity: Int32 = 0
        var used: Int32 = 0
        var first: Int32
        var width: Int32
        var newest = Int64.min

        var stride: Int { Int(width) &+ 1 }
        var end: Int { start &+ Int(used) }
        var size: Int { Int(capacity) + 2 * Self.slots }
        func times(slot: Int) -> Int { start &+ Int(capacity) &+ 2 &* slot }
        @inline(__always) var isFull: Bool { used == capacity }
    }

    var words: [UInt64] = []
    var lanes = [Lane(first: -1, width: 0)]
    var laneOfSignal: [Int32] = []
    private var free: [Int: [Int]] = [:]

    init() {}

    @inline(__always) static func append(
        _ values: borrowing [Double], at time: Int64, to lane: inout Lane, in words: inout [UInt64]
    ) {
        var room = words.mutableSpan
        let place = lane.end
        room[place] = UInt64(bitPattern: time)
        for index in 0..<Int(lane.width) { room[place &+ 1 &+ index] = values[index].bitPattern }
        lane.used &+= Int32(truncatingIfNeeded: lane.stride)
        lane.newest = time
    }

    mutating func addLane(_ signals: Range<Int>) {
        for signal in signals { laneOfSignal[signal] = Int32(lanes.count) }
        lanes.append(Lane(first: Int32(signals.lowerBound), width: Int32(signals.count)))
    }

    /// Moves a lane to a table of twice the size.
    mutating func grow(_ lane: Int) {
        let old = lanes[lane]
        let capacity = max(2, 2 * Int(old.capacity) / old.stride) * old.stride
        lanes[lane].capacity = Int32(capacity)
        let size = lanes[lane].size
        if let start = free[size]?.popLast() {
            lanes[lane].start = start
        } else {
            lanes[lane].start = words.count
            for _ in 0..<size { words.append(0) }
        }
        for word in 0..<Int(old.used) { words[lanes[lane].start + word] = words[old.start + word] }
        guard old.capacity > 0 else { return }
        for word in 0..<2 * Lane.slots {
            words[lanes[lane].times(slot: 0) + word] = words[old.times(slot: 0) + word]
        }
        free[old.size, default: []].append(old.start)
    }
}
