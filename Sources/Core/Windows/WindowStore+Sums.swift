/// Latest readings into accumulators: when a lane's table is full, and when a window closes.
extension WindowStore {
    /// Makes room for a row. What is more than is kept of each window is summed up; the table grows
    /// when that is little.
    @usableFromInline @inline(never) mutating func makeRoom(in lane: Int, of device: DeviceID) {
        let first = recent.lanes[lane].first
        Self.relieve(
            &recent.lanes[lane], &recent.words, &blocks.accumulators, devices[device.index],
            signal: Int(signalPlaces[Int(first)]))
        let left = recent.lanes[lane]
        if 4 * left.used >= 3 * left.capacity { recent.grow(lane) }
    }

    /// Sums up the readings of a lane in the lowest open window, which ends before `end`. Its last
    /// ones, which are always among them because only older ones have been summed up before, are
    /// in ``lasts``.
    mutating func sumUp(_ lane: Int, of device: DeviceID, window: Int64, before end: Int64) {
        lasts.removeAll(keepingCapacity: true)
        let known = devices[device.index]
        let table = recent.lanes[lane]
        let rows = recent.rows(before: end, in: table)
        guard rows > 0 else { return }
        let place = known.block.place(
            slot: Int(window & known.slotMask), signal: Int(signalPlaces[Int(table.first)]))
        Self.add(
            0..<rows, of: table, recent.words, at: place, window: window, &blocks.accumulators)
        for index in 0..<Int(table.width) {
            let word = table.start + (rows - 1) * table.stride + 1 + index
            lasts.append(Double(bitPattern: recent.words[word]))
        }
        recent.drop(rows, of: lane)
    }

    /// Adds all but the latest rows of each window to the accumulators and closes up the others.
    /// Apart from the rest of `self`, so that each array is asked once whether it is shared.
    private static func relieve(
        _ lane: inout RecentReadings.Lane, _ words: inout [UInt64],
        _ accumulators: inout [Accumulator], _ known: DeviceWindows, signal: Int
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
                add(
                    row..<row + leaving, of: lane, words,
                    at: known.block.place(slot: Int(window & known.slotMask), signal: signal),
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
        of row: Int, in lane: RecentReadings.Lane, _ words: borrowing [UInt64]
    ) -> Int64 {
        Int64(bitPattern: words[lane.start &+ row &* lane.stride])
    }

    /// Adds rows of one window, in order of time, to the accumulators from `place` on: signal after
    /// signal, so that each is read and written once.
    private static func add(
        _ rows: Range<Int>, of lane: RecentReadings.Lane, _ words: borrowing [UInt64],
        at place: Int, window: Int64, _ accumulators: inout [Accumulator]
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

extension Accumulator {
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
