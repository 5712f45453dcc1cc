/// `RecentReadings` as far as the plain way goes, copied for ``OneModuleWindows``.
struct OneModuleReadings {
    /// Rows of a window that are kept while others come.
    static let kept = 8

    /// Signals that come together, and their table.
    struct Lane {
        var start = 0
        var capacity: Int32 = 0
        var used: Int32 = 0
        var first: Int32
        var width: Int32
        var newest = Int64.min

        var stride: Int { Int(width) &+ 1 }
        var end: Int { start &+ Int(used) }
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
        if let start = free[capacity]?.popLast() {
            lanes[lane].start = start
        } else {
            lanes[lane].start = words.count
            for _ in 0..<capacity { words.append(0) }
        }
        for word in 0..<Int(old.used) { words[lanes[lane].start + word] = words[old.start + word] }
        if old.capacity > 0 { free[Int(old.capacity), default: []].append(old.start) }
    }
}
