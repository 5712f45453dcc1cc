import Primitives

/// Open windows into summaries.
extension WindowStore {
    /// What the signals of a lane have in common when their window closes. Their last readings are
    /// in ``lasts``.
    private struct LaneClosing {
        var spread = TimeSums.Spread(mean: 0, inverse: .nan)
        var expected: Int32?
    }

    /// A window that closes: what stays the same from signal to signal.
    private struct Closing {
        var device: DeviceID
        var index: Int64
        var slot: Int
        var length: Int64

        var start: Int64 { index &* length }
        var end: Int64 { (index &+ 1) &* length }
        var middle: Int64 { start &+ length / 2 }
    }

    /// Closes the lowest open window of `device` and returns its summaries.
    package mutating func closeNext(of device: DeviceID, signals: [SignalID]) -> WindowFrame {
        let known = devices[device.index]
        precondition(known.watermark.hasData, "BUG: nothing to close")
        let index = known.watermark.openLow
        let closing = Closing(
            device: device, index: index, slot: Int(index & known.slotMask),
            length: known.watermark.length)
        var frame = WindowFrame(
            device: device, start: Timestamp(nanoseconds: closing.start),
            end: Timestamp(nanoseconds: closing.end), summaries: [])
        frame.summaries.reserveCapacity(signals.count)
        /// Time of the earliest reading that stays open.
        var earliest = Int64.max
        var common = LaneClosing()
        for signal in signals {
            let lane = Int(recent.laneOfSignal[signal.index])
            if recent.lanes[lane].first == signal.rawValue {
                common = close(lane, closing)
                earliest = min(earliest, recent.oldest(of: recent.lanes[lane]) ?? Int64.max)
            }
            let place = Int(signalPlaces[signal.index])
            let own = known.block.place(slot: closing.slot, signal: place)
            if !blocks.accumulators[own].isEmpty {
                let last = lasts[signal.index - Int(recent.lanes[lane].first)]
                summarise(signal, closing, last: last, common, own, into: &frame)
                blocks.accumulators[own] = Accumulator()
            }
            for slot in 0..<known.slots {
                let other = blocks.accumulators[known.block.place(slot: slot, signal: place)]
                if !other.isEmpty { earliest = min(earliest, other.firstTime) }
            }
        }
        devices[device.index].watermark.close(
            next: earliest == Int64.max
                ? nil : windowIndex(of: earliest, length: closing.length))
        return frame
    }

    /// Sums up what a lane has in the window. Its last readings are always among the latest ones,
    /// because only older ones have been summed up before.
    private mutating func close(_ lane: Int, _ closing: Closing) -> LaneClosing {
        var common = LaneClosing()
        lasts.removeAll(keepingCapacity: true)
        let table = recent.lanes[lane]
        let rows = recent.rows(before: closing.end, in: table)
        guard rows > 0 else { return common }
        let block = devices[closing.device.index].block
        let place = block.place(
            slot: closing.slot, signal: Int(signalPlaces[Int(table.first)]))
        Self.add(
            0..<rows, of: table, &recent.words,
            to: Sums(
                place: place, window: closing.index, slot: closing.slot, length: closing.length),
            &blocks.accumulators, &further)
        for index in 0..<Int(table.width) {
            let word = table.start + (rows - 1) * table.stride + 1 + index
            lasts.append(Double(bitPattern: recent.words[word]))
        }
        common.spread = TimeSums(recent.words, at: table.times(slot: closing.slot))
            .spread(of: blocks.accumulators[place].count)
        recent.paces[lane].learn(recent.words, table, rows: rows)
        common.expected = recent.paces[lane].expected(length: closing.length)
        recent.drop(rows, of: lane)
        return common
    }

    private mutating func summarise(
        _ signal: SignalID, _ closing: Closing, last: Double, _ common: LaneClosing, _ place: Int,
        into frame: inout WindowFrame
    ) {
        var sums = blocks.accumulators[place]
        var spread = common.spread
        var last = last
        var changes: Int32?
        if !further.isEmpty,
            let closed = further.update(
                signal.index,
                { $0.close(window: closing.index, slot: closing.slot, middle: closing.middle) })
        {
            changes = closed.changes
            if let rates = closed.rates {
                guard !rates.isEmpty else { return }
                (sums, spread, last) = (
                    rates, closed.rateTimes.spread(of: rates.count), closed.lastRate
                )
            }
            if let sketch = closed.quantiles {
                frame.quantiles.append(SignalQuantiles(signal, sketch))
            }
        }
        let slope = sums.slope(spread)
        frame.summaries.append(
            WindowSummary(
                signal: signal, count: Int(sums.count), minimum: sums.minimum,
                maximum: sums.maximum, mean: sums.mean, deviation: sums.deviation,
                first: sums.first, last: last, slope: slope.isFinite ? slope : nil,
                changes: changes, expected: common.expected))
    }
}
