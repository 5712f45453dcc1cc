package import Primitives

extension WindowStore {
    /// Writes the open windows of a device: its watermark, its latest readings and, per signal, the
    /// accumulators that hold earlier ones.
    package func encode(
        _ device: DeviceID, signals: [SignalID], into state: inout StateWriter
    ) {
        devices[device.index].watermark.encode(into: &state)
        state.put(signals.count)
        for signal in signals {
            let lane = recent.lanes[Int(recent.laneOfSignal[signal.index])]
            if lane.width == 0 || lane.first == signal.rawValue {
                recent.encode(lane, into: &state)
            }
        }
        for signal in signals {
            let kept = accumulators(of: signal, device).filter { !$0.isEmpty }
            state.put(each: kept) { $1.encode(into: &$0) }
            let sums = further[signal.index]
            state.put(sums != nil)
            // That it is a boolean nobody else knows.
            if let sums {
                state.put(sums.statistics.countsChanges)
                sums.encode(into: &state)
            }
        }
    }

    /// Takes up the open windows of a device whose signals, in the same order, are known here.
    package mutating func restore(
        _ device: DeviceID, signals: [SignalID], from state: inout StateReader
    ) throws(StateFailure) {
        try devices[device.index].watermark.restore(from: &state)
        guard try state.int() == signals.count else { throw .invalid("number of signals") }
        var rest = signals[...]
        let slots = devices[device.index].slots
        while !rest.isEmpty {
            rest = rest.dropFirst(try recent.restore(rest, slots: slots, from: &state))
        }
        let length = devices[device.index].watermark.length
        for signal in signals {
            let kept = try state.array { (state) throws(StateFailure) in
                try Accumulator(from: &state)
            }
            let lane = recent.lanes[Int(recent.laneOfSignal[signal.index])]
            let windows = recent.times(of: lane).map { windowIndex(of: $0, length: length) }
            for accumulator in kept {
                // The last reading of a window is always among the latest.
                let window = windowIndex(of: accumulator.firstTime, length: length)
                guard windows.contains(window) else { throw .invalid("latest readings") }
                blocks.accumulators[place(of: signal, device, window)] = accumulator
            }
            if try state.bool() {
                var statistics = self.statistics(of: signal)
                let isState = try state.bool()
                if isState, !statistics.isCounter, statistics.crossingsOf == nil {
                    statistics.countsChanges = true
                }
                setStatistics(statistics, of: signal)
                let sums = try FurtherSums(statistics, slots: slots, from: &state)
                further.set(sums, of: signal.index)
            }
        }
        reopen(device, signals: signals)
    }

    /// Drops what is open of a window that a committed step has closed already, and of those
    /// before it: they close in order.
    package mutating func forget(
        _ device: DeviceID, signals: [SignalID], windowStarting start: Timestamp
    ) {
        let length = devices[device.index].watermark.length
        let index = start.floored(to: TimeSpan(nanoseconds: length)).nanoseconds / length
        let end = (index &+ 1) &* length
        devices[device.index].watermark.noteClosed(index)
        for signal in signals {
            let lane = Int(recent.laneOfSignal[signal.index])
            let table = recent.lanes[lane]
            let rows = recent.rows(before: end, in: table)
            if rows > 0, !further.isEmpty { notePrevious(of: table, rows: rows) }
            recent.drop(rows, of: lane)
            further.update(signal.index) { $0.forget(through: index) }
            for slot in 0..<devices[device.index].slots {
                let place = devices[device.index].block.place(
                    slot: slot, signal: Int(signalPlaces[signal.index]))
                if blocks.accumulators[place].firstTime < end {
                    blocks.accumulators[place] = Accumulator()
                }
            }
        }
        reopen(device, signals: signals)
    }

    /// The last readings of windows that are closed now, of the signals that need to know them.
    private mutating func notePrevious(of lane: RecentReadings.Lane, rows: Int) {
        let row = lane.start + (rows - 1) * lane.stride
        for index in 0..<Int(lane.width) {
            let reading = FurtherSums.Reading(
                time: recent.time(row), value: Double(bitPattern: recent.words[row + 1 + index]))
            further.update(Int(lane.first) + index) { $0.notePrevious(reading) }
        }
    }

    private mutating func reopen(_ device: DeviceID, signals: [SignalID]) {
        var held: [Int64] = []
        let length = devices[device.index].watermark.length
        for signal in signals {
            let lane = recent.lanes[Int(recent.laneOfSignal[signal.index])]
            for time in recent.times(of: lane) where lane.first == signal.rawValue {
                held.append(windowIndex(of: time, length: length))
            }
            for accumulator in accumulators(of: signal, device)
            where !accumulator.isEmpty {
                held.append(windowIndex(of: accumulator.firstTime, length: length))
            }
        }
        devices[device.index].watermark.reopen(held)
        earliestClose = min(earliestClose, devices[device.index].watermark.nextClose)
    }

    /// Of a signal, in order of slot.
    private func accumulators(of signal: SignalID, _ device: DeviceID) -> [Accumulator] {
        let known = devices[device.index]
        return (0..<known.slots).map { slot in
            blocks.accumulators[
                known.block.place(slot: slot, signal: Int(signalPlaces[signal.index]))]
        }
    }

    /// Of a signal in the window of this index.
    private func place(of signal: SignalID, _ device: DeviceID, _ window: Int64) -> Int {
        let known = devices[device.index]
        return known.block.place(
            slot: Int(window & known.slotMask), signal: Int(signalPlaces[signal.index]))
    }
}
