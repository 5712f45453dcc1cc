/// Latest readings into accumulators: when a lane's table is full, and when a window closes.
extension WindowStore {
    /// Makes room for a row. What is more than is kept of each window is summed up; the table grows
    /// when that is little.
    @usableFromInline @inline(never) mutating func makeRoom(in lane: Int, of device: DeviceID) {
        let first = recent.lanes[lane].first
        Self.relieve(
            &recent.lanes[lane], &recent.words, &blocks.accumulators, &further,
            devices[device.index], signal: Int(signalPlaces[Int(first)]))
        let left = recent.lanes[lane]
        if 4 * left.used >= 3 * left.capacity { recent.grow(lane) }
    }

    /// Adds all but the latest rows of each window to the accumulators and closes up the others.
    /// Apart from the rest of `self`, so that each array is asked once whether it is shared.
    private static func relieve(
        _ lane: inout RecentReadings.Lane, _ words: inout [UInt64],
        _ accumulators: inout [Accumulator], _ further: inout FurtherSignals,
        _ known: DeviceWindows, signal: Int
    ) {
        let rows = lane.rows
        let stride = lane.stride
        let length = known.watermark.length
        var row = 0
        var used = 0
        while row < rows {
            let window = windowIndex(of: time(of: row, in: lane, words), length: length)
            let end = (window &+ 1) &* length
            var next = row + 1
            // Nearly always all that follow are of it.
            if lane.newest < end { next = rows }
            while next < rows, time(of: next, in: lane, words) < end { next += 1 }
            let leaving = max(0, next - row - RecentReadings.kept)
            if leaving > 0 {
                let slot = Int(window & known.slotMask)
                add(
                    row..<row + leaving, of: lane, &words,
                    to: Sums(
                        place: known.block.place(slot: slot, signal: signal), window: window,
                        slot: slot, length: length),
                    &accumulators, &further)
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
        of row: Int, in lane: RecentReadings.Lane, _ words: borrowing [UInt64]
    ) -> Int64 {
        Int64(bitPattern: words[lane.start &+ row &* lane.stride])
    }

    /// Where rows of one window are summed up.
    struct Sums {
        /// Of the accumulator of the lane's first signal.
        var place: Int
        /// Index of the window, and its slot.
        var window: Int64
        var slot: Int
        var length: Int64

        var middle: Int64 { window &* length &+ length / 2 }
    }

    /// Adds rows of one window, in order of time: signal after signal, so that each is read and
    /// written once.
    static func add(
        _ rows: Range<Int>, of lane: RecentReadings.Lane, _ words: inout [UInt64],
        to target: Sums, _ accumulators: inout [Accumulator], _ further: inout FurtherSignals
    ) {
        let stride = lane.stride
        let first = lane.start &+ rows.lowerBound &* stride
        let firstTime = Int64(bitPattern: words[first])
        let middle = target.middle
        var times = TimeSums()
        if !accumulators[target.place].isEmpty {
            times = TimeSums(words, at: lane.times(slot: target.slot))
        }
        let before = times.sum
        for row in 0..<rows.count {
            times.add(
                TimeSums.offset(
                    of: Int64(bitPattern: words[first &+ row &* stride]), middle: middle))
        }
        times.write(to: &words, at: lane.times(slot: target.slot))
        var room = accumulators.mutableSpan
        let span = words.span
        for signal in 0..<Int(lane.width) {
            var sums = room[target.place &+ signal]
            let begins = sums.isEmpty
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
            room[target.place &+ signal] = sums
        }
        if !further.isEmpty { addFurther(rows, of: lane, words, to: target, &further) }
    }

    private static func addFurther(
        _ rows: Range<Int>, of lane: RecentReadings.Lane, _ words: borrowing [UInt64],
        to target: Sums, _ further: inout FurtherSignals
    ) {
        for index in 0..<Int(lane.width) where further.has(Int(lane.first) + index) {
            for row in rows {
                let value = Double(
                    bitPattern: words[lane.start + row * lane.stride + 1 + index])
                let time = time(of: row, in: lane, words)
                further.update(Int(lane.first) + index) {
                    $0.add(
                        value, at: time, window: target.window, slot: target.slot,
                        middle: target.middle)
                }
            }
        }
    }
}

extension Accumulator {
    /// Adds the readings of `count` rows from `start` on, none before the first reading; each row
    /// is `stride` words after the one before, begins with its time, and has the reading `value`
    /// words after that.
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
            let offset = TimeSums.offset(of: Int64(bitPattern: words[word]), middle: middle)
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
