import Primitives
import Windows

/// What the windows of a schedule must hold, worked out the plain way from the lines that were
/// taken: a list of readings for each.
struct Expectation {
    struct Key: Hashable {
        var device: Int
        var start: Int64
        var signal: Int
    }

    struct Entry: Equatable {
        var time: Int64
        var value: Double
        var isOwn: Bool
    }

    struct Readings {
        /// In order of time, then of arrival.
        var entries: [Entry] = []
        /// Whether a repeat came when its reading was no longer sure to be kept, or an instant has
        /// readings that are no repeats: then either may be so, and not all is said.
        var isLoose = false
        var offered = 0
        /// Middle of the window, from which its times are counted.
        var middle: Int64 = 0

        /// Readings of an open window that are sure to be kept.
        static let kept = 8

        mutating func add(_ entry: Entry) {
            offered += 1
            let place = entries.firstIndex { $0.time == entry.time }
            if let place {
                if entry.isOwn, entries[place].isOwn, place >= entries.count - Self.kept {
                    entries[place].value = entry.value
                    return
                }
                isLoose = true
            }
            let index = entries.firstIndex { $0.time > entry.time } ?? entries.count
            entries.insert(entry, at: index)
        }
    }

    private(set) var windows: [Key: Readings] = [:]

    init(_ deliveries: [Schedule.Delivery], _ fates: [Outcome.Fate], length: Int64) {
        for (delivery, fate) in zip(deliveries, fates) {
            guard case .taken(let isOwn) = fate else { continue }
            let time = isOwn ? delivery.stamp ?? delivery.arrival : delivery.arrival
            let start = time - (time % length + length) % length
            for reading in delivery.readings {
                let key = Key(device: delivery.device, start: start, signal: reading.signal)
                windows[key, default: Readings(middle: start + length / 2)].add(
                    Entry(time: time, value: reading.value, isOwn: isOwn))
            }
        }
    }

    /// The same readings as they would come from a machine without faults over a network without:
    /// one by one, in order of time, each at once.
    var undisturbed: [Schedule.Delivery] {
        var found: [Schedule.Delivery] = []
        for (key, readings) in windows where !readings.isLoose {
            for entry in readings.entries {
                found.append(
                    Schedule.Delivery(
                        device: key.device, arrival: entry.time, stamp: entry.time,
                        readings: [Schedule.Reading(signal: key.signal, value: entry.value)],
                        isTimely: true))
            }
        }
        return found.sorted {
            ($0.arrival, $0.device, $0.readings[0].signal)
                < ($1.arrival, $1.device, $1.readings[0].signal)
        }
    }
}

extension Expectation.Readings {
    /// How a closed window differs; `nil` when it is as expected.
    func difference(from summary: WindowSummary) -> String? {
        if isLoose {
            let distinct = Set(entries.map(\.time)).count
            return distinct <= summary.count && summary.count <= offered
                ? nil : "\(summary.count) readings instead of \(distinct) to \(offered)"
        }
        let values = entries.map(\.value)
        if summary.first != values.first || summary.last != values.last {
            return "first or last of \(summary) are not those of \(values)"
        }
        if let difference = differenceInValues(from: summary) { return difference }
        let mean = values.reduce(0, +) / Double(values.count)
        let scale = values.map(\.magnitude).max() ?? 0
        return slopeDifference(from: summary, mean: mean, scale: scale)
    }

    /// In what does not depend on the order of readings.
    func differenceInValues(from summary: WindowSummary) -> String? {
        let values = entries.map(\.value)
        if summary.count != values.count {
            return "\(summary.count) readings instead of \(values.count)"
        }
        if summary.minimum != values.min() || summary.maximum != values.max() {
            return "minimum or maximum of \(summary) are not those of \(values)"
        }
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation =
            values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
        let scale = values.map(\.magnitude).max() ?? 0
        if abs(summary.mean - mean) > 1e-12 * scale
            || abs(summary.deviation - deviation) > 1e-12 * scale
        {
            return "mean \(summary.mean), deviation \(summary.deviation) instead of "
                + "\(mean), \(deviation)"
        }
        return nil
    }

    private func square(_ number: Double) -> Double { number * number }

    /// By the definition, in two passes.
    private func slopeDifference(
        from summary: WindowSummary, mean: Double, scale: Double
    ) -> String? {
        let origin = entries[0].time
        let times = entries.map { Double($0.time - origin) * 1e-9 }
        let middle = times.reduce(0, +) / Double(times.count)
        let spread = times.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
        guard spread > 0 else {
            return summary.slope == nil ? nil : "slope \(summary.slope ?? 0) at one instant"
        }
        let products = zip(times, entries).reduce(0) {
            $0 + ($1.0 - middle) * ($1.1.value - mean)
        }
        // Too close together to tell.
        guard let slope = summary.slope else { return nil }
        // Readings close together and far from the middle: their spread is a small difference of
        // large squares.
        let squares = entries.reduce(0.0) { $0 + square(Double($1.time - self.middle) * 1e-9) }
        let tolerance =
            1e-9 * scale / spread.squareRoot() + 1e-14 * slope.magnitude * squares / spread
        return abs(slope - products / spread) <= tolerance
            ? nil : "slope \(slope) instead of \(products / spread)"
    }
}
