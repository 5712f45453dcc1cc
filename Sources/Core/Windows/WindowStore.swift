public import Primitives

/// Readings in, closed windows out.
///
/// What comes in: readings of registered signals with event time and arrival time, and ticks. What
/// goes out: ``WindowFrame`` values, per device in order of window. What always holds: the frames
/// of a device depend only on that device's readings and on the ticks; a window closes once.
/// Deliberately absent: text, clocks, and any idea of what a signal means.
///
/// Per reading: one add into a dense array, no allocation. Memory: 80 bytes per signal and slot.
public struct WindowStore: ~Copyable {
    @usableFromInline var accumulators: [Accumulator] = []
    /// First accumulator of each signal.
    @usableFromInline var firstSlot: [Int32] = []
    @usableFromInline var watermarks: [Watermark] = []
    @usableFromInline var slotMasks: [Int64] = []
    /// Nothing closes by arrival clock before this; lowered when windows open.
    @usableFromInline var earliestClose: Int64 = Int64.max

    package init() {}

    /// Makes room for the next device; devices are added in order of their ids.
    package mutating func addDevice(_ policy: WindowPolicy) {
        precondition(
            policy.length.nanoseconds > 0 && policy.lateness.nanoseconds >= 0,
            "BUG: window policy out of range")
        watermarks.append(
            Watermark(
                length: policy.length.nanoseconds, lateness: policy.lateness.nanoseconds))
        slotMasks.append(Int64(policy.slots - 1))
    }

    /// Makes room for the next signal; signals are added in order of their ids.
    package mutating func addSignal(of device: DeviceID) {
        firstSlot.append(Int32(accumulators.count))
        appendSlots(of: device)
    }

    private mutating func appendSlots(of device: DeviceID) {
        for _ in 0...slotMasks[device.index] { accumulators.append(Accumulator()) }
    }

    /// Changes how a device's readings are cut. Its windows must all be closed.
    package mutating func setPolicy(
        _ policy: WindowPolicy, of device: DeviceID, signals: [SignalID]
    ) {
        let old = watermarks[device.index]
        precondition(!old.hasData, "BUG: window policy changed under open windows")
        var new = Watermark(
            length: policy.length.nanoseconds, lateness: policy.lateness.nanoseconds)
        new.greatestEvent = old.greatestEvent
        new.lastArrival = old.lastArrival
        watermarks[device.index] = new
        guard slotMasks[device.index] != Int64(policy.slots - 1) else { return }
        slotMasks[device.index] = Int64(policy.slots - 1)
        for signal in signals {
            firstSlot[signal.index] = Int32(accumulators.count)
            appendSlots(of: device)
        }
    }

    /// `true` when ``closeNext(of:signals:)`` must be called before the line is admitted.
    @inlinable public func isDue(_ device: DeviceID, at time: Timestamp, arrival: Timestamp)
        -> Bool
    {
        watermarks[device.index].isDue(at: time.nanoseconds, arrival: arrival.nanoseconds)
    }

    /// Finds the window for a line of `device`; `nil` when it has been closed already. The caller
    /// says with ``markOpen(_:of:)`` that the line brought a reading: a line without one moves the
    /// device's clocks but opens nothing.
    @inlinable public mutating func admit(
        _ device: DeviceID, at time: Timestamp, arrival: Timestamp
    ) -> OpenWindow? {
        let index = watermarks[device.index].index(of: time.nanoseconds)
        watermarks[device.index].noteArrival(
            of: time.nanoseconds, at: arrival.nanoseconds)
        if watermarks[device.index].isLate(index) { return nil }
        return OpenWindow(
            index: index, slot: Int(index & slotMasks[device.index]), time: time.nanoseconds)
    }

    /// Notes that readings were added to an admitted window; once per line, before anything closes.
    @inlinable public mutating func markOpen(_ open: OpenWindow, of device: DeviceID) {
        let wasLow = watermarks[device.index].openLow
        watermarks[device.index].open(open.index)
        if open.index < wasLow {
            earliestClose = min(earliestClose, watermarks[device.index].nextClose)
        }
    }

    /// Adds one reading to an admitted window.
    @inlinable public mutating func add(_ value: Double, of signal: SignalID, to open: OpenWindow) {
        let place = Int(firstSlot[signal.index]) + open.slot
        accumulators[place].add(value, at: open.time, window: open.index)
    }

    /// Adds one reading to each of `count` signals whose ids follow one another from `first` on.
    @inlinable @inline(__always) public mutating func add(
        _ values: [Double], count: Int, from first: SignalID, to open: OpenWindow
    ) {
        Self.add(values, count: count, first: first.index, to: open, &accumulators, firstSlot)
    }

    /// Apart from the rest of `self`, so that the accumulators are asked once whether they are
    /// shared, not for every reading.
    @inlinable @inline(__always) static func add(
        _ values: borrowing [Double], count: Int, first: Int, to open: OpenWindow,
        _ accumulators: inout [Accumulator], _ firstSlot: borrowing [Int32]
    ) {
        var room = accumulators.mutableSpan
        for index in 0..<count {
            let place = Int(firstSlot[first &+ index]) &+ open.slot
            room[place].add(values[index], at: open.time, window: open.index)
        }
    }

    /// Closes the lowest open window of `device` and returns its summaries.
    package mutating func closeNext(of device: DeviceID, signals: [SignalID]) -> WindowFrame {
        let watermark = watermarks[device.index]
        precondition(watermark.hasData, "BUG: nothing to close")
        let index = watermark.openLow
        let slot = Int(index & slotMasks[device.index])
        var summaries: [WindowSummary] = []
        summaries.reserveCapacity(signals.count)
        var next = Int64.max
        for signal in signals {
            let first = Int(firstSlot[signal.index])
            let accumulator = accumulators[first + slot]
            if accumulator.window == index {
                summaries.append(accumulator.summary(of: signal))
                accumulators[first + slot].window = Accumulator.empty
            }
            for other in 0...Int(slotMasks[device.index]) {
                let window = accumulators[first + other].window
                if window != Accumulator.empty, window > index { next = min(next, window) }
            }
        }
        watermarks[device.index].close(next: next == Int64.max ? nil : next)
        return WindowFrame(
            device: device,
            start: Timestamp(nanoseconds: index &* watermark.length),
            end: Timestamp(nanoseconds: (index + 1) &* watermark.length), summaries: summaries)
    }

    /// `true` when a tick at `now` may close anything at all.
    @inlinable public func mayClose(atTick now: Timestamp) -> Bool {
        now.nanoseconds >= earliestClose
    }

    /// `true` when a tick at `now` closes the lowest open window of `device`.
    package func isDue(_ device: DeviceID, atTick now: Timestamp) -> Bool {
        watermarks[device.index].isDue(atTick: now.nanoseconds)
    }

    /// Recomputes the bound behind ``mayClose(atTick:)`` after a tick was worked through.
    package mutating func tickDone() {
        earliestClose = watermarks.reduce(Int64.max) { min($0, $1.nextClose) }
    }

    package func hasData(_ device: DeviceID) -> Bool {
        watermarks[device.index].hasData
    }

    /// The instant up to which time must advance at the end of a recording so that everything now
    /// open closes: by then every device with an open window has been quiet for long enough.
    package var closingTime: Timestamp? {
        var latest: Int64?
        for watermark in watermarks where watermark.hasData {
            let due = max(
                (watermark.openHigh + 1) &* watermark.length,
                watermark.lastArrival &+ watermark.length)
            latest = max(latest ?? Int64.min, due &+ watermark.lateness)
        }
        return latest.map { Timestamp(nanoseconds: $0) }
    }
}

/// An admitted window and the event time of the line being added.
@frozen public struct OpenWindow {
    @usableFromInline let index: Int64
    @usableFromInline let slot: Int
    @usableFromInline let time: Int64

    @inlinable init(index: Int64, slot: Int, time: Int64) {
        self.index = index
        self.slot = slot
        self.time = time
    }
}

extension Accumulator {
    fileprivate func summary(of signal: SignalID) -> WindowSummary {
        WindowSummary(
            signal: signal, count: Int(count), minimum: minimum, maximum: maximum, mean: mean,
            deviation: deviation, first: first, last: last)
    }
}
