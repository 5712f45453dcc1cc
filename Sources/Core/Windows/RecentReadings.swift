import Primitives

/// The latest readings of open windows, kept as they came before they are summed up.
///
/// What they are for. A reading that comes twice replaces the first, as in InfluxDB, which can only
/// be told while the first is still there; and a window of few readings is summed up in order of
/// time whatever order they came in, to the same bits.
///
/// Layout. The signals of a device are divided into lanes: signals whose ids follow one another and
/// that have always come in the same lines. A lane has a table of its own among `words`, in order
/// of time and, within one instant, of arrival; a row is what one line brought: the time, then one
/// value for each signal. Behind the rows are ``TimeSums``, one for each window that may be open:
/// what the signals of a lane have in common. A line with only some of a lane's signals divides it
/// for good, so a device whose lines are never alike ends with a lane for each signal. A table that
/// is full is relieved of what is more than the last ``kept`` rows of a window, or moved to a
/// larger one; what it leaves behind is taken by the next lane of that size.
@usableFromInline struct RecentReadings: Sendable {
    /// Rows of a window that are kept while others come.
    static let kept = 8
    /// Rows that no lane comes to: 128 open windows with as many as are kept are a quarter. A
    /// checkpoint that says more is damaged.
    private static let rowsMost = 1 << 12

    /// Signals that come together, and their table.
    @usableFromInline struct Lane: Sendable {
        @usableFromInline var place: UInt32 = 0
        /// Of the rows, in words.
        @usableFromInline var capacity: Int32 = 0
        @usableFromInline var used: Int32 = 0
        /// The first of its signals, and their number.
        @usableFromInline var first: Int32
        @usableFromInline var width: Int32
        /// Windows of its device that may be open at once.
        @usableFromInline var slots: Int32
        /// Time of the last row; the least there is when there is none.
        @usableFromInline var newest = Int64.min

        @usableFromInline init(first: Int32, width: Int32, slots: Int32) {
            self.first = first
            self.width = width
            self.slots = slots
        }

        /// Place of the first row among `words`.
        @inlinable var start: Int {
            get { Int(place) }
            set { place = UInt32(newValue) }
        }
        /// Words of the whole table.
        var size: Int { Int(capacity) + TimeSums.words * Int(slots) }
        /// Place of the sums of the times of a window.
        func times(slot: Int) -> Int { start &+ Int(capacity) &+ TimeSums.words &* slot }

        /// Words from one row to the next.
        @inlinable var stride: Int { Int(width) &+ 1 }
        @inlinable var end: Int { start &+ Int(used) }
        @inlinable @inline(__always) var isFull: Bool { used == capacity }
        var rows: Int { Int(used) / stride }
        var isEmpty: Bool { used == 0 }
        /// The signal after its last.
        var next: Int { Int(first) + Int(width) }
    }

    @usableFromInline var words: [UInt64] = []
    /// The first has no signals; it stands for none.
    @usableFromInline var lanes = [Lane(first: -1, width: 0, slots: 0)]
    /// Place of each signal's lane, zero before its first reading.
    @usableFromInline var laneOfSignal: [Int32] = []
    /// By lane, as `lanes`.
    var paces = [LanePace()]
    /// Starts of tables nobody uses, by size.
    private var free: [Int: [Int]] = [:]

    @usableFromInline init() {}

    mutating func addSignal() { laneOfSignal.append(0) }

    /// Adds a row at the end; the caller knows that there is room and nothing newer.
    @inlinable @inline(__always) static func append(
        _ values: borrowing [Double], from offset: Int = 0, at time: Int64, to lane: inout Lane,
        in words: inout [UInt64]
    ) {
        var room = words.mutableSpan
        let place = lane.end
        room[place] = UInt64(bitPattern: time)
        for index in 0..<Int(lane.width) {
            room[place &+ 1 &+ index] = values[offset &+ index].bitPattern
        }
        lane.used &+= Int32(truncatingIfNeeded: lane.stride)
        lane.newest = time
    }

    /// Adds a row of `values` from `offset` on in order of time; there must be room.
    mutating func insert(_ values: [Double], from offset: Int, at time: Int64, to lane: Int) {
        let table = lanes[lane]
        Self.append(values, from: offset, at: time, to: &lanes[lane], in: &words)
        var place = table.end
        while place > table.start, self.time(place - table.stride) > time {
            place -= table.stride
        }
        for word in (place..<table.end).reversed() { words[word + table.stride] = words[word] }
        words[place] = UInt64(bitPattern: time)
        for index in 0..<Int(table.width) {
            words[place + 1 + index] = values[offset + index].bitPattern
        }
        lanes[lane].newest = max(table.newest, time)
    }

    /// Place of the row of this time, or -1.
    func row(at time: Int64, in lane: Lane) -> Int {
        var place = lane.end
        while place > lane.start {
            place -= lane.stride
            let other = self.time(place)
            if other <= time { return other == time ? place : -1 }
        }
        return -1
    }

    /// Puts `count` values into a row, from that of this signal on.
    mutating func replace(
        _ values: [Double], from offset: Int, count: Int, of signal: Int, in lane: Lane, row: Int
    ) {
        for index in 0..<count {
            words[row + 1 + signal - Int(lane.first) + index] = values[offset + index].bitPattern
        }
    }

    /// Time of the row at this place.
    func time(_ place: Int) -> Int64 { Int64(bitPattern: words[place]) }

    /// How many rows, all at the beginning, are before `end`.
    func rows(before end: Int64, in lane: Lane) -> Int {
        if lane.newest < end { return lane.rows }
        var rows = 0
        while time(lane.start + rows * lane.stride) < end { rows += 1 }
        return rows
    }

    /// Takes out the first rows.
    mutating func drop(_ rows: Int, of lane: Int) {
        let table = lanes[lane]
        let dropped = rows * table.stride
        for word in table.start + dropped..<table.end { words[word - dropped] = words[word] }
        lanes[lane].used -= Int32(dropped)
        if lanes[lane].isEmpty { lanes[lane].newest = Int64.min }
    }

    /// Time of the first row.
    func oldest(of lane: Lane) -> Int64? { lane.isEmpty ? nil : time(lane.start) }

    /// Times of the rows.
    func times(of lane: Lane) -> [Int64] {
        stride(from: lane.start, to: lane.end, by: lane.stride).map(time)
    }

    // MARK: Lanes

    /// The lane of the first of these signals, without others than these: it is divided when it has
    /// such, and made when there is none.
    mutating func lane(of signals: Range<Int>, slots: Int) -> Int {
        let lane = Int(laneOfSignal[signals.lowerBound])
        guard lane > 0 else {
            let end = signals.first { laneOfSignal[$0] > 0 } ?? signals.upperBound
            return addLane(signals.lowerBound..<end, slots: slots)
        }
        let apart = divide(lane, before: signals.lowerBound)
        _ = divide(apart, before: signals.upperBound)
        return apart
    }

    private mutating func addLane(_ signals: Range<Int>, slots: Int) -> Int {
        for signal in signals { laneOfSignal[signal] = Int32(lanes.count) }
        lanes.append(
            Lane(
                first: Int32(signals.lowerBound), width: Int32(signals.count),
                slots: Int32(slots)))
        paces.append(LanePace())
        return lanes.count - 1
    }

    /// Divides a lane before one of its signals; the lane from there on. When all or none of them
    /// come before it nothing is divided.
    private mutating func divide(_ lane: Int, before signal: Int) -> Int {
        let whole = lanes[lane]
        guard whole.first < signal, signal < whole.next else { return lane }
        let later = addLane(signal..<whole.next, slots: Int(whole.slots))
        lanes[lane] = Lane(
            first: whole.first, width: Int32(signal) - whole.first, slots: whole.slots)
        paces[later] = paces[lane]
        for part in [lane, later] {
            resize(part, rows: Int(whole.capacity) / whole.stride)
            let offset = Int(lanes[part].first - whole.first) + 1
            for row in stride(from: whole.start, to: whole.end, by: whole.stride) {
                let place = lanes[part].end
                words[place] = words[row]
                for index in 0..<Int(lanes[part].width) {
                    words[place + 1 + index] = words[row + offset + index]
                }
                lanes[part].used += Int32(lanes[part].stride)
            }
            lanes[part].newest = whole.newest
            copyTimes(of: whole, to: lanes[part])
        }
        release(whole)
        return later
    }

    /// Moves a lane to a table of twice the size.
    mutating func grow(_ lane: Int) {
        resize(lane, rows: max(2, 2 * Int(lanes[lane].capacity) / lanes[lane].stride))
    }

    /// Moves a lane to a table of so many rows, which are enough.
    private mutating func resize(_ lane: Int, rows: Int) {
        let old = lanes[lane]
        let capacity = rows * old.stride
        lanes[lane].capacity = Int32(capacity)
        let size = lanes[lane].size
        if let start = free[size]?.popLast() {
            lanes[lane].start = start
        } else {
            lanes[lane].start = words.count
            for _ in 0..<size { words.append(0) }
        }
        for word in 0..<Int(old.used) { words[lanes[lane].start + word] = words[old.start + word] }
        if old.capacity > 0 { copyTimes(of: old, to: lanes[lane]) }
        release(old)
    }

    private mutating func copyTimes(of old: Lane, to new: Lane) {
        for word in 0..<TimeSums.words * Int(old.slots) {
            words[new.times(slot: 0) + word] = words[old.times(slot: 0) + word]
        }
    }

    private mutating func release(_ lane: Lane) {
        if lane.capacity > 0 { free[lane.size, default: []].append(lane.start) }
    }

    /// Another number of windows of a device may be open; none is.
    mutating func setSlots(_ slots: Int, of signals: [SignalID]) {
        for signal in signals {
            let lane = Int(laneOfSignal[signal.index])
            guard lane > 0, lanes[lane].first == signal.rawValue else { continue }
            release(lanes[lane])
            lanes[lane] = Lane(
                first: lanes[lane].first, width: lanes[lane].width, slots: Int32(slots))
        }
    }
}

extension RecentReadings {
    /// With the size of the table, which decides when the next readings are summed up. Zero for
    /// none.
    func encode(_ lane: Lane, into state: inout StateWriter) {
        state.put(Int(lane.width))
        guard lane.width > 0 else { return }
        state.put(Int(lane.capacity) / lane.stride)
        state.put(lane.rows)
        for word in lane.start..<lane.end { state.put(words[word]) }
        for word in lane.times(slot: 0)..<lane.start + lane.size { state.put(words[word]) }
        paces[Int(laneOfSignal[Int(lane.first)])].encode(into: &state)
    }

    /// Takes up what ``encode(_:into:)`` has written of the lane that begins with the first of
    /// these signals of a device with so many slots; how many of them that was about.
    mutating func restore(
        _ signals: ArraySlice<SignalID>, slots: Int, from state: inout StateReader
    ) throws(StateFailure) -> Int {
        let width = try state.int()
        if width == 0 { return 1 }
        let capacity = try state.int()
        let rows = try state.int()
        guard 1...signals.count ~= width, let first = signals.first?.index,
            signals[signals.startIndex + width - 1].index == first + width - 1,
            1...Self.rowsMost ~= capacity, 0...capacity ~= rows
        else { throw .invalid("latest readings") }
        let lane = addLane(first..<first + width, slots: slots)
        resize(lane, rows: capacity)
        for _ in 0..<rows * (width + 1) {
            words[lanes[lane].end] = try state.uint64()
            lanes[lane].used += 1
        }
        let times = times(of: lanes[lane])
        guard zip(times, times.dropFirst()).allSatisfy({ $0 <= $1 }) else {
            throw .invalid("latest readings")
        }
        lanes[lane].newest = times.last ?? Int64.min
        for word in lanes[lane].times(slot: 0)..<lanes[lane].start + lanes[lane].size {
            words[word] = try state.uint64()
        }
        try paces[lane].restore(from: &state)
        return width
    }
}
