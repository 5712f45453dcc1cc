package import Primitives

/// A reading of a window that was closed already: whoever keeps the window amends it.
package struct LateReading: Equatable, Sendable {
    package var signal: SignalID
    /// Of its window, inclusive.
    package var start: Timestamp
    package var time: Timestamp
    package var value: Double

    package init(signal: SignalID, start: Timestamp, time: Timestamp, value: Double) {
        self.signal = signal
        self.start = start
        self.time = time
        self.value = value
    }
}

extension WindowStore {
    /// Start of the window that contains `time`, as the device's readings are cut now.
    package func windowStart(of device: DeviceID, at time: Timestamp) -> Timestamp {
        let length = devices[device.index].watermark.length
        return Timestamp(
            nanoseconds: windowIndex(of: time.nanoseconds, length: length) &* length)
    }
}

extension WindowSummary {
    /// A window as it was closed, `nil` when it had no reading in time, with readings that came
    /// late: their order does not matter, and none may be there twice.
    ///
    /// Mean and deviation are merged by the update of T. F. Chan, G. H. Golub and R. J. LeVeque
    /// (Updating formulae and a pairwise algorithm for computing sample variances, 1979): no sum of
    /// squares that would cancel. `first`, `last` and `slope` stay those of the readings that came
    /// in time, because their times are not kept; a window without any has those of the late ones.
    package init?(_ closed: WindowSummary?, amendedBy late: [LateReading]) {
        let late = late.sorted { $0.time < $1.time }
        guard let earliest = late.first, let latest = late.last else {
            guard let closed else { return nil }
            self = closed
            return
        }
        var count = closed.map { Double($0.count) } ?? 0
        var mean = closed?.mean ?? 0
        var squares = closed.map { $0.deviation * $0.deviation * (count - 1) } ?? 0
        var minimum = closed?.minimum ?? earliest.value
        var maximum = closed?.maximum ?? earliest.value
        for reading in late {
            count += 1
            let distance = reading.value - mean
            mean += distance / count
            squares += distance * (reading.value - mean)
            minimum = reading.value < minimum ? reading.value : minimum
            maximum = reading.value > maximum ? reading.value : maximum
        }
        self.init(
            signal: earliest.signal, count: Int(count), minimum: minimum, maximum: maximum,
            mean: mean, deviation: count > 1 ? (max(0, squares) / (count - 1)).squareRoot() : 0,
            first: closed?.first ?? earliest.value, last: closed?.last ?? latest.value,
            slope: closed == nil ? Self.slope(of: late) : closed?.slope, changes: closed?.changes,
            expected: closed?.expected)
    }

    /// As ``slope`` of readings in order of time.
    private static func slope(of late: [LateReading]) -> Double? {
        let middle = late[0].time.nanoseconds
        var sums = Accumulator()
        var times = TimeSums()
        for reading in late {
            let offset = TimeSums.offset(of: reading.time.nanoseconds, middle: middle)
            if sums.isEmpty {
                sums.begin(reading.value, at: reading.time.nanoseconds)
            } else {
                sums.add(reading.value, offset: offset)
            }
            times.add(offset)
        }
        let slope = sums.slope(times.spread(of: sums.count))
        return slope.isFinite ? slope : nil
    }
}
