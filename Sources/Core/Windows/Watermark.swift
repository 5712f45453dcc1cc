import Primitives

/// Index of the window of `length` that contains `time`: the quotient, rounded down.
@inlinable func windowIndex(of time: Int64, length: Int64) -> Int64 {
    let index = time / length
    return time % length < 0 ? index - 1 : index
}

/// Which windows of one device are open, and when the next one closes.
///
/// Two clocks decide. The *own clock* is the greatest event time the device has sent, but never
/// more than arrival time: when it is `lateness` past a window's end, the window closes. This is
/// what keeps a backlog in order: readings of last night are windowed at their own times, whatever
/// the wall clock says. The *arrival clock* closes windows of a device that has gone quiet: nothing
/// arrived for a window's length and `lateness`, and arrival time is `lateness` past the window's
/// end. (Less than a length of silence would close the windows of a device whose clock is behind
/// after every single reading.) A device with a wrong clock therefore closes nobody else's windows,
/// and a backlog closes no window early.
///
/// A reading is late when its window has been closed with data in it, or when the own clock has
/// passed that window. Stretches the device was merely silent for are never "closed": a backlog for
/// them is welcome when it comes in order.
@frozen @usableFromInline struct Watermark {
    @usableFromInline let length: Int64
    @usableFromInline let lateness: Int64
    /// Windows below this index are closed.
    @usableFromInline var closedThrough: Int64 = Int64.min
    /// Lowest and highest window index that holds data; low > high when none does.
    @usableFromInline var openLow: Int64 = Int64.max
    @usableFromInline var openHigh: Int64 = Int64.min
    @usableFromInline var greatestEvent: Int64 = Int64.min
    @usableFromInline var lastArrival: Int64 = Int64.min
    /// Earliest own- or arrival-clock reading at which `openLow` may close.
    @usableFromInline var nextClose: Int64 = Int64.max
    /// Window of the last reading, to save the division: `[cachedStart, cachedStart + length)`.
    @usableFromInline var cachedIndex: Int64 = Int64.min
    @usableFromInline var cachedStart: Int64 = 0

    @inlinable init(length: Int64, lateness: Int64) {
        self.length = length
        self.lateness = lateness
    }

    @inlinable var hasData: Bool { openLow <= openHigh }

    /// Index of the window that contains `time`.
    @inlinable mutating func index(of time: Int64) -> Int64 {
        // As an unsigned number the distance says both: not before the start, and not past the end.
        // It wraps instead of trapping, for readings hundreds of years apart.
        let distance = UInt64(bitPattern: time &- cachedStart)
        if cachedIndex != Int64.min, distance < UInt64(length) { return cachedIndex }
        let index = windowIndex(of: time, length: length)
        cachedIndex = index
        cachedStart = index &* length
        return index
    }

    /// `true` when the lowest open window must close before a reading at `time` that arrived at
    /// `arrival` is taken in.
    @inlinable func isDue(at time: Int64, arrival: Int64) -> Bool {
        let own = min(max(greatestEvent, time), arrival)
        return own >= nextClose
    }

    /// `true` when the lowest open window must close at a tick.
    @inlinable func isDue(atTick now: Int64) -> Bool {
        if now < nextClose { return false }
        if min(greatestEvent, now) >= nextClose { return true }
        return lastArrival <= now &- lateness &- length
    }

    /// `true` when a reading of window `index` comes too late; call after ``noteArrival(of:at:)``.
    @inlinable func isLate(_ index: Int64) -> Bool {
        if index < closedThrough { return true }
        return (index &+ 1) &* length &+ lateness <= min(greatestEvent, lastArrival)
    }

    /// Notes a reading of the window of the last one when nothing is due and that window is open or
    /// lies between two that are; then the reading is not late either, because an open window is
    /// not closed before it is due, and opens nothing. False when there is no last one, or its
    /// window is another.
    @inlinable @inline(__always) mutating func takePlainly(
        _ time: Int64, arrival: Int64
    ) -> Bool {
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

    @inlinable mutating func noteArrival(of time: Int64, at arrival: Int64) {
        if time > greatestEvent { greatestEvent = time }
        if arrival > lastArrival { lastArrival = arrival }
    }

    /// Marks window `index` as holding data.
    @inlinable mutating func open(_ index: Int64) {
        if index < openLow {
            openLow = index
            nextClose = (index + 1) &* length &+ lateness
        }
        if index > openHigh { openHigh = index }
    }

    /// Marks `openLow` as closed; `next` is the lowest index still holding data, if any.
    @inlinable mutating func close(next: Int64?) {
        closedThrough = openLow + 1
        if let next {
            openLow = next
            nextClose = (next + 1) &* length &+ lateness
        } else {
            openLow = Int64.max
            openHigh = Int64.min
            nextClose = Int64.max
        }
    }
}

extension Watermark {
    func encode(into state: inout StateWriter) {
        state.put(length)
        state.put(lateness)
        state.put(closedThrough)
        state.put(greatestEvent)
        state.put(lastArrival)
    }

    /// Continues a watermark kept under the same window length; which windows are open follows
    /// from the accumulators.
    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        guard try state.int64() == length, try state.int64() == lateness else {
            throw .invalid("window policy")
        }
        closedThrough = try state.int64()
        greatestEvent = try state.int64()
        lastArrival = try state.int64()
    }

    /// Takes note of a window that a committed step has closed.
    mutating func noteClosed(_ index: Int64) {
        closedThrough = max(closedThrough, index + 1)
        let end = (index + 1) &* length
        greatestEvent = max(greatestEvent, end - 1)
    }

    /// Recomputes what is open from the windows that hold data.
    mutating func reopen(_ windows: [Int64]) {
        openLow = Int64.max
        openHigh = Int64.min
        nextClose = Int64.max
        for window in windows { open(window) }
    }
}
