public import Primitives

/// Readings in, closed windows out.
///
/// What comes in: readings of registered signals with event time and arrival time, and ticks. What
/// goes out: ``WindowFrame`` values, per device in order of window. What always holds: the frames
/// of a device depend only on that device's readings and on the ticks; a window closes once.
/// Deliberately absent: text, clocks, and any idea of what a signal means.
///
/// A reading is kept as it came for a while (``RecentReadings``) and then summed up, with others of
/// its signal, in a dense array; no allocation. Memory: 64 bytes per signal and slot, and for
/// signals in use another 8 for each of 16 readings, and as much again for the times of each lane.
/// What only some signals have (``FurtherSums``) is apart.
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

    @usableFromInline var recent = RecentReadings()
    @usableFromInline var blocks = AccumulatorBlocks()
    /// The last readings of a window that closes, of the signals of the lane in hand.
    var lasts: [Double] = []
    var further = FurtherSignals()
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
        recent.addSignal()
        devices[device.index].signals += 1
    }

    /// Says which statistics a signal has beyond those of every one. What was counted stays when
    /// nothing changes.
    package mutating func setStatistics(_ statistics: FurtherStatistics, of signal: SignalID) {
        guard further.statistics(of: signal.index) != statistics else { return }
        further.set(FurtherSums(statistics), of: signal.index)
    }

    package func statistics(of signal: SignalID) -> FurtherStatistics {
        further.statistics(of: signal.index)
    }

    /// Takes a reading of a window that was closed already. `true` when that was all: the next
    /// reading of a counter says what was counted since the last one, and this one nothing more.
    package mutating func takeLate(_ value: Double, at time: Timestamp, of signal: SignalID) -> Bool
    {
        guard further.statistics(of: signal.index).isCounter else { return false }
        let reading = FurtherSums.Reading(time: time.nanoseconds, value: value)
        further.update(signal.index) { $0.notePrevious(reading) }
        return true
    }

    /// Changes how a device's readings are cut. Its windows must all be closed; `signals` are all
    /// it has.
    package mutating func setPolicy(
        _ policy: WindowPolicy, of device: DeviceID, signals: [SignalID]
    ) {
        let old = devices[device.index]
        precondition(!old.watermark.hasData, "BUG: window policy changed under open windows")
        var new = DeviceWindows(policy)
        new.watermark.greatestEvent = old.watermark.greatestEvent
        new.watermark.lastArrival = old.watermark.lastArrival
        new.signals = old.signals
        blocks.give(old.block, slots: old.slots)
        new.block = blocks.take(signals: old.block.capacity, slots: new.slots)
        devices[device.index] = new
        recent.setSlots(new.slots, of: signals)
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

    /// Reads what the readings of a device's next line will need, so that with thousands of devices
    /// the memory has arrived when the line has been read.
    @inlinable @inline(__always) public func approach(_ device: DeviceID, _ first: SignalID) -> Int
    {
        let lane = recent.lanes[Int(recent.laneOfSignal[first.index])]
        let watermark = devices[device.index].watermark
        var read = Int(truncatingIfNeeded: watermark.length ^ watermark.cachedStart)
        if !lane.isFull {
            read ^= Int(truncatingIfNeeded: recent.words[lane.end])
            read ^= Int(truncatingIfNeeded: recent.words[lane.end &+ lane.stride &- 1])
            return read
        }
        var word = lane.start
        while word < lane.end {
            read ^= Int(truncatingIfNeeded: recent.words[word])
            word &+= 8
        }
        let place = devices[device.index].block.place(
            slot: Int(truncatingIfNeeded: watermark.cachedIndex & devices[device.index].slotMask),
            signal: Int(signalPlaces[first.index]))
        for index in 0..<Int(lane.width) {
            // Both ends: they are as long as a cache line, but need not begin with one.
            read ^= Int(truncatingIfNeeded: blocks.accumulators[place &+ index].count)
            read ^= Int(truncatingIfNeeded: blocks.accumulators[place &+ index].firstTime)
        }
        return read
    }

    /// Takes the readings of a line that changes nothing but what is kept and clocks, as nearly
    /// every line: it has the signals of one lane and is newer than all that are kept of them, its
    /// window is open, and nothing is due. False, and nothing is changed, for any other line: that
    /// one takes ``isDue(_:at:arrival:)``, ``admit(_:at:arrival:)``,
    /// ``add(_:count:from:to:mayRepeat:)`` and ``markOpen(_:of:)``, which together would do the
    /// same here.
    @inlinable @inline(__always) public mutating func addPlainly(
        _ values: [Double], count: Int, from first: SignalID, of device: DeviceID,
        time: Timestamp, arrival: Timestamp
    ) -> Bool {
        let lane = Int(recent.laneOfSignal[first.index])
        let known = recent.lanes[lane]
        guard known.first == first.rawValue, Int(known.width) == count,
            time.nanoseconds > known.newest,
            devices[device.index].watermark.takePlainly(
                time.nanoseconds, arrival: arrival.nanoseconds)
        else { return false }
        if known.isFull { makeRoom(in: lane, of: device) }
        RecentReadings.append(
            values, at: time.nanoseconds, to: &recent.lanes[lane], in: &recent.words)
        return true
    }

    /// Adds one reading to each of `count` signals whose ids follow one another from `first` on, in
    /// an admitted window. One that `mayRepeat` replaces an earlier one of the same signal and time
    /// when that is still kept; how many did.
    package mutating func add(
        _ values: [Double], count: Int, from first: SignalID, to open: OpenWindow,
        mayRepeat: Bool = true
    ) -> Int {
        let end = first.index + count
        var signal = first.index
        var replaced = 0
        while signal < end {
            let offset = signal - first.index
            let known = recent.lanes[Int(recent.laneOfSignal[signal])]
            let row = mayRepeat ? recent.row(at: open.time, in: known) : -1
            if row >= 0 {
                let common = min(known.next, end) - signal
                recent.replace(
                    values, from: offset, count: common, of: signal, in: known, row: row)
                replaced += common
                signal += common
            } else {
                let lane = recent.lane(
                    of: signal..<end, slots: devices[open.device.index].slots)
                if recent.lanes[lane].isFull { makeRoom(in: lane, of: open.device) }
                recent.insert(values, from: offset, at: open.time, to: lane)
                signal += Int(recent.lanes[lane].width)
            }
        }
        return replaced
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
