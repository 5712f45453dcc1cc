/// Latest readings into accumulators: when a lane's table is full, and when a window closes.
extension WindowStore {
    /// Makes room for a row. What is more than is kept of each window is summed up; the table grows
    /// when that is little.
    @usableFromInline @inline(never) mutating func makeRoom(in lane: Int, of device: DeviceID) {
        let first = recent.lanes[lane].first
        Self.relieve(
            &recent.lanes[lane], &recent.words, &recent.paces[lane], &offsets,
            &blocks.accumulators, &further, devices[device.index],
            signal: Int(signalPlaces[Int(first)]))
        let left = recent.lanes[lane]
        if 4 * left.used >= 3 * left.capacity { recent.grow(lane) }
    }

    /// Adds all but the latest rows of each window to the accumulators and closes up the others.
    /// Apart from the rest of `self`, so that each array is asked once whether it is shared.
    private static func relieve(
        _ lane: inout RecentReadings.Lane, _ words: inout [UInt64], _ pace: inout LanePace,
        _ offsets: inout [Double], _ accumulators: inout [Accumulator],
        _ further: inout [Int: FurtherSums], _ known: DeviceWindows, signal: Int
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
                    row..<row + leaving, of: lane, words,
                    to: Sums(
                        place: known.block.place(slot: slot, signal: signal), window: window,
                        slot: slot, length: length),
                    &pace, &offsets, &accumulators, &further)
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
        _ rows: Range<Int>, of lane: RecentReadings.Lane, _ words: borrowing [UInt64],
        to target: Sums, _ pace: inout LanePace, _ offsets: inout [Double],
        _ accumulators: inout [Accumulator], _ further: inout [Int: FurtherSums]
    ) {
        var times = pace.sums(slot: target.slot, window: target.window)
        let before = times.sum
        offsets.removeAll(keepingCapacity: true)
        for row in rows {
            let offset = TimeSums.offset(
                of: time(of: row, in: lane, words), middle: target.middle)
            offsets.append(offset)
            times.add(offset)
        }
        pace.set(times, slot: target.slot)
        let span = words.span
        let offsetSpan = offsets.span
        var room = accumulators.mutableSpan
        let stride = lane.stride
        let firstTime = time(of: rows.lowerBound, in: lane, words)
        for signal in 0..<Int(lane.width) {
            var sums = room[target.place &+ signal]
            let word = lane.start &+ rows.lowerBound &* stride &+ 1 &+ signal
            var from = 0
            if sums.isEmpty {
                sums.begin(Double(bitPattern: span[word]), at: firstTime)
                from = 1
            } else if firstTime < sums.firstTime {
                sums.shift(to: Double(bitPattern: span[word]), at: firstTime, offsets: before)
            }
            sums.addInOrder(
                span, from: word &+ from &* stride, every: stride, offsetSpan, from: from)
            room[target.place &+ signal] = sums
        }
        if pace.hasFurther { addFurther(rows, of: lane, words, to: target, &further) }
    }

    private static func addFurther(
        _ rows: Range<Int>, of lane: RecentReadings.Lane, _ words: borrowing [UInt64],
        to target: Sums, _ further: inout [Int: FurtherSums]
    ) {
        for index in 0..<Int(lane.width) where further[Int(lane.first) + index] != nil {
            for row in rows {
                further[Int(lane.first) + index]?.add(
                    Double(bitPattern: words[lane.start + row * lane.stride + 1 + index]),
                    at: time(of: row, in: lane, words), window: target.window, slot: target.slot,
                    middle: target.middle)
            }
        }
    }
}

extension Accumulator {
    /// Adds the readings of the times whose offsets are given from `from` on, none before the
    /// first; each is `stride` words after the one before.
    @inline(__always) fileprivate mutating func addInOrder(
        _ words: Span<UInt64>, from start: Int, every stride: Int, _ offsets: Span<Double>,
        from: Int
    ) {
        var word = start
        var sum = sum
        var squares = squares
        var products = products
        var minimum = minimum
        var maximum = maximum
        for index in from..<offsets.count {
            let value = Double(bitPattern: words[word])
            let distance = value - first
            sum += distance
            squares += distance * distance
            products += distance * offsets[index]
            minimum = value < minimum ? value : minimum
            maximum = value > maximum ? value : maximum
            word &+= stride
        }
        self.count &+= Int64(offsets.count &- from)
        self.sum = sum
        self.squares = squares
        self.products = products
        self.minimum = minimum
        self.maximum = maximum
    }
}
