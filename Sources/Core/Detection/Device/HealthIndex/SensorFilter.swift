import Primitives

/// The readings of some sensors, smoothed three ways after a median of their last three values.
struct SensorFilter: Equatable, Sendable {
    /// One of them.
    struct Sensor: Equatable, Sendable {
        fileprivate(set) var smooth = 0.0
        fileprivate(set) var fast = 0.0
        fileprivate(set) var slow = 0.0
        /// The newest value after the median.
        fileprivate(set) var value = 0.0
        fileprivate var last = 0.0
        fileprivate var beforeLast = 0.0
        fileprivate var isSeen = false

        /// Fast change against slower level.
        var contrast: Double { fast - slow }

        /// As if it had been at this value for long.
        fileprivate mutating func begin(with value: Double) {
            (smooth, fast, slow, last, beforeLast) = (value, value, value, value, value)
            isSeen = true
        }

        /// Takes a value; what says nothing is held where it is thought to be, at zero before its
        /// first value. `least` is the least rate.
        fileprivate mutating func take(_ new: Double, least: Double) {
            if new.isFinite, !isSeen { begin(with: new) }
            let new = new.isFinite ? new : smooth
            value = max(min(new, last), min(max(new, last), beforeLast))
            beforeLast = last
            last = new
            smooth += max(SensorFilter.smoothRate, least) * (value - smooth)
            fast += max(SensorFilter.fastRate, least) * (value - fast)
            slow += max(SensorFilter.slowRate, least) * (value - slow)
        }
    }

    private(set) var sensors: [Sensor]

    static let smoothRate = 0.15
    static let fastRate = 0.30
    static let slowRate = 0.10

    init(width: Int) { sensors = [Sensor](repeating: Sensor(), count: width) }

    /// Takes a vector; `count` came before it.
    mutating func take(_ new: [Double], count: Int) {
        let least = 1 / Double(count + 1)
        var sensors = sensors.mutableSpan
        for sensor in new.indices { sensors[sensor].take(new[sensor], least: least) }
    }

    /// Starts every sensor from a value, as if it had been there for long.
    mutating func settle(at values: [Double]) {
        for sensor in values.indices { sensors[sensor].begin(with: values[sensor]) }
    }
}

extension SensorFilter {
    func encode(into state: inout StateWriter) {
        for sensor in sensors {
            for value in [
                sensor.smooth, sensor.fast, sensor.slow, sensor.value, sensor.last,
                sensor.beforeLast,
            ] { state.put(value) }
            state.put(sensor.isSeen)
        }
    }

    /// Goes on with the same width.
    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        for place in sensors.indices {
            sensors[place].smooth = try state.double()
            sensors[place].fast = try state.double()
            sensors[place].slow = try state.double()
            sensors[place].value = try state.double()
            sensors[place].last = try state.double()
            sensors[place].beforeLast = try state.double()
            sensors[place].isSeen = try state.bool()
        }
    }
}
