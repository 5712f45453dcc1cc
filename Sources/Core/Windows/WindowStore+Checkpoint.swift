package import Primitives

extension WindowStore {
    /// Writes the open windows of a device: its watermark and, per signal, the accumulators that
    /// hold readings.
    package func encode(
        _ device: DeviceID, signals: [SignalID], into state: inout StateWriter
    ) {
        watermarks[device.index].encode(into: &state)
        state.put(signals.count)
        for signal in signals {
            let first = Int(firstSlot[signal.index])
            let slots = 0...Int(slotMasks[device.index])
            let used = slots.filter { accumulators[first + $0].window != Accumulator.empty }
            state.put(each: used) { accumulators[first + $1].encode(into: &$0) }
        }
    }

    /// Takes up the open windows of a device whose signals, in the same order, are known here.
    package mutating func restore(
        _ device: DeviceID, signals: [SignalID], from state: inout StateReader
    ) throws(StateFailure) {
        try watermarks[device.index].restore(from: &state)
        guard try state.int() == signals.count else { throw .invalid("number of signals") }
        for signal in signals {
            let kept = try state.array { (state) throws(StateFailure) in
                try Accumulator(from: &state)
            }
            for accumulator in kept {
                let slot = Int(accumulator.window & slotMasks[device.index])
                accumulators[Int(firstSlot[signal.index]) + slot] = accumulator
            }
        }
        reopen(device, signals: signals)
    }

    /// Drops what is open of a window that a committed step has closed already.
    package mutating func forget(
        _ device: DeviceID, signals: [SignalID], windowStarting start: Timestamp
    ) {
        let length = watermarks[device.index].length
        let index = start.floored(to: TimeSpan(nanoseconds: length)).nanoseconds / length
        watermarks[device.index].noteClosed(index)
        for signal in signals {
            let place = Int(firstSlot[signal.index]) + Int(index & slotMasks[device.index])
            if accumulators[place].window <= index {
                accumulators[place].window = Accumulator.empty
            }
        }
        reopen(device, signals: signals)
    }

    private mutating func reopen(_ device: DeviceID, signals: [SignalID]) {
        var held: [Int64] = []
        for signal in signals {
            let first = Int(firstSlot[signal.index])
            for slot in 0...Int(slotMasks[device.index]) {
                let window = accumulators[first + slot].window
                if window != Accumulator.empty { held.append(window) }
            }
        }
        watermarks[device.index].reopen(held)
        earliestClose = min(earliestClose, watermarks[device.index].nextClose)
    }
}
