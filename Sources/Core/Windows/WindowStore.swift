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
    /// What is kept of a device; read and written for every line of it.
    @usableFromInline struct DeviceWindows {
        @usableFromInline var watermark: Watermark
        /// Slots less one: the slot of a window is its index under this mask.
        @usableFromInline var slotMask: Int64
        @usableFromInline var block: AccumulatorBlocks.Block
        @usableFromInline var signals: Int

        init(_ policy: WindowPolicy) {
            watermark = Watermark(
                length: policy.length.nanoseconds, lateness: policy.lateness.nanoseconds)
            slotMask = Int64(policy.slots - 1)
            block = .none
            signals = 0
        }

        var slots: Int { Int(slotMask) + 1 }
    }

    @usableFromInline var blocks = AccumulatorBlocks()
    @usableFromInline var devices: [DeviceWindows] = []
    /// Place of each signal among those of its device.
    @usableFromInline var signalPlaces: [Int32] = []
    /// Nothing closes by arrival clock before this; lowered when windows open.
    @usableFromInline var earliestClose: Int64 = Int64.max

    package init() {}

    /// Makes room for the next device; devices are added in order of their ids.
    package mutating func addDevice(_ policy: WindowPolicy) {
        precondition(
            policy.length.nanoseconds > 0 && policy.lateness.nanoseconds >= 0,
            "BUG: window policy out of range")
        devices.append(DeviceWindows(policy))
    }

    /// Makes room for the next signal; signals are added in order of their ids.
    package mutating func addSignal(of device: DeviceID) {
        let place = devices[device.index].signals
        let block = devices[device.index].block
        if place == block.capacity {
            devices[device.index].block = blocks.grow(block, slots: devices[device.index].slots)
        }
        signalPlaces.append(Int32(place))
        devices[device.index].signals += 1
    }

    /// Changes how a device's readings are cut. Its windows must all be closed.
    package mutating func setPolicy(_ policy: WindowPolicy, of device: DeviceID) {
        let old = devices[device.index]
        precondition(!old.watermark.hasData, "BUG: window policy changed under open windows")
        var new = DeviceWindows(policy)
        new.watermark.greatestEvent = old.watermark.greatestEvent
        new.watermark.lastArrival = old.watermark.lastArrival
        new.signals = old.signals
        blocks.give(old.block, slots: old.slots)
        new.block = blocks.take(signals: old.block.capacity, slots: new.slots)
        devices[device.index] = new
    }

    /// How long after its end a window of the device still takes readings.
    @inlinable @inline(__always) public func lateness(of device: DeviceID) -> TimeSpan {
        TimeSpan(nanoseconds: devices[device.index].watermark.lateness)
    }

    /// `true` when ``closeNext(of:signals:)`` must be called before the line is admitted.
    @inlinable public func isDue(_ device: DeviceID, at time: Timestamp, arrival: Timestamp)
        -> Bool
    {
        devices[device.index].watermark.isDue(at: time.nanoseconds, arrival: arrival.nanoseconds)
    }

    /// Finds the window for a line of `device`; `nil` when it has been closed already. The caller
    /// says with ``markOpen(_:of:)`` that the line brought a reading: a line without one moves the
    /// device's clocks but opens nothing.
    @inlinable public mutating func admit(
        _ device: DeviceID, at time: Timestamp, arrival: Timestamp
    ) -> OpenWindow? {
        let index = devices[device.index].watermark.index(of: time.nanoseconds)
        devices[device.index].watermark.noteArrival(
            of: time.nanoseconds, at: arrival.nanoseconds)
        if devices[device.index].watermark.isLate(index) { return nil }
        return OpenWindow(
            device: device, index: index, slot: Int(index & devices[device.index].slotMask),
            time: time.nanoseconds)
    }

    /// Notes that readings were added to an admitted window; once per line, before anything closes.
    @inlinable public mutating func markOpen(_ open: OpenWindow, of device: DeviceID) {
        let wasLow = devices[device.index].watermark.openLow
        devices[device.index].watermark.open(open.index)
        if open.index < wasLow {
            earliestClose = min(earliestClose, devices[device.index].watermark.nextClose)
        }
    }

    /// Where the readings of a device's next line will most likely go: the place of the first of
    /// `count` signals in the window of the device's last reading, when all of them have readings
    /// in it; otherwise -1. Asked before the line is read, so that with thousands of devices the
    /// memory has arrived when the numbers have been made out.
    @inlinable @inline(__always) public func expectedPlace(
        of first: SignalID, count: Int, device: DeviceID
    ) -> Int {
        let window = devices[device.index].watermark.cachedIndex
        let place = devices[device.index].block.place(
            slot: Int(truncatingIfNeeded: window & devices[device.index].slotMask),
            signal: Int(signalPlaces[first.index]))
        var other: Int64 = 0
        for index in 0..<count { other |= blocks.accumulators[place &+ index].window ^ window }
        return other == 0 ? place : -1
    }

    /// Takes the readings of a line that changes nothing but accumulators and clocks, as nearly
    /// every line: `place` is what ``expectedPlace(of:count:device:)`` has said, and nothing is
    /// due. False, and nothing is changed, for any other line: that one takes
    /// ``isDue(_:at:arrival:)``, ``admit(_:at:arrival:)``, ``add(_:count:from:to:)`` and
    /// ``markOpen(_:of:)``, which together would do the same here.
    @inlinable @inline(__always) public mutating func addPlainly(
        _ values: [Double], count: Int, at place: Int, of device: DeviceID,
        time: Timestamp, arrival: Timestamp
    ) -> Bool {
        guard place >= 0,
            devices[device.index].watermark.takePlainly(
                time.nanoseconds, arrival: arrival.nanoseconds)
        else { return false }
        Self.addFurther(
            values, count: count, at: place, time.nanoseconds, &blocks.accumulators)
        return true
    }

    /// Apart from the rest of `self`, so that the accumulators are asked once whether they are
    /// shared, not for every reading.
    @inlinable @inline(__always) static func addFurther(
        _ values: borrowing [Double], count: Int, at place: Int, _ time: Int64,
        _ accumulators: inout [Accumulator]
    ) {
        var room = accumulators.mutableSpan
        for index in 0..<count { room[place &+ index].addFurther(values[index], at: time) }
    }

    /// Adds one reading to an admitted window.
    @inlinable public mutating func add(_ value: Double, of signal: SignalID, to open: OpenWindow) {
        let place = devices[open.device.index].block.place(
            slot: open.slot, signal: Int(signalPlaces[signal.index]))
        blocks.accumulators[place].add(value, at: open.time, window: open.index)
    }

    /// Adds one reading to each of `count` signals whose ids follow one another from `first` on.
    @inlinable @inline(__always) public mutating func add(
        _ values: [Double], count: Int, from first: SignalID, to open: OpenWindow
    ) {
        let place = devices[open.device.index].block.place(
            slot: open.slot, signal: Int(signalPlaces[first.index]))
        Self.add(values, count: count, at: place, to: open, &blocks.accumulators)
    }

    /// Apart from the rest of `self`, so that the accumulators are asked once whether they are
    /// shared, not for every reading.
    @inlinable @inline(__always) static func add(
        _ values: borrowing [Double], count: Int, at place: Int, to open: OpenWindow,
        _ accumulators: inout [Accumulator]
    ) {
        var room = accumulators.mutableSpan
        for index in 0..<count {
            room[place &+ index].add(values[index], at: open.time, window: open.index)
        }
    }

    /// Closes the lowest open window of `device` and returns its summaries.
    package mutating func closeNext(of device: DeviceID, signals: [SignalID]) -> WindowFrame {
        let known = devices[device.index]
        let watermark = known.watermark
        precondition(watermark.hasData, "BUG: nothing to close")
        let index = watermark.openLow
        let slot = Int(index & known.slotMask)
        var summaries: [WindowSummary] = []
        summaries.reserveCapacity(signals.count)
        var next = Int64.max
        for signal in signals {
            let place = Int(signalPlaces[signal.index])
            let closing = known.block.place(slot: slot, signal: place)
            if blocks.accumulators[closing].window == index {
                summaries.append(blocks.accumulators[closing].summary(of: signal))
                blocks.accumulators[closing].window = Accumulator.empty
            }
            for other in 0..<known.slots {
                let window =
                    blocks.accumulators[known.block.place(slot: other, signal: place)].window
                if window != Accumulator.empty, window > index { next = min(next, window) }
            }
        }
        devices[device.index].watermark.close(next: next == Int64.max ? nil : next)
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
        devices[device.index].watermark.isDue(atTick: now.nanoseconds)
    }

    /// Recomputes the bound behind ``mayClose(atTick:)`` after a tick was worked through.
    package mutating func tickDone() {
        earliestClose = devices.reduce(Int64.max) { min($0, $1.watermark.nextClose) }
    }

    package func hasData(_ device: DeviceID) -> Bool {
        devices[device.index].watermark.hasData
    }

    /// The instant up to which time must advance at the end of a recording so that everything now
    /// open closes: by then every device with an open window has been quiet for long enough.
    package var closingTime: Timestamp? {
        var latest: Int64?
        for watermark in devices.lazy.map(\.watermark) where watermark.hasData {
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
    @usableFromInline let device: DeviceID
    @usableFromInline let index: Int64
    @usableFromInline let slot: Int
    @usableFromInline let time: Int64

    @inlinable init(device: DeviceID, index: Int64, slot: Int, time: Int64) {
        self.device = device
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
