import Primitives

/// The readings of some sensors, smoothed three ways after a median of their last three values.
struct SensorFilter: Equatable, Sendable {
    private(set) var smooth: [Double]
    private(set) var fast: [Double]
    private(set) var slow: [Double]
    /// The newest value after the median.
    private(set) var values: [Double]
    private var last: [Double]
    private var beforeLast: [Double]
    private var isSeen: [Bool]

    static let smoothRate = 0.15
    static let fastRate = 0.30
    static let slowRate = 0.10

    init(width: Int) {
        let none = [Double](repeating: 0, count: width)
        (smooth, fast, slow, values, last, beforeLast) = (none, none, none, none, none, none)
        isSeen = [Bool](repeating: false, count: width)
    }

    /// Takes a vector; `count` came before it. A sensor that says nothing is held where it is
    /// thought to be, at zero before its first value.
    mutating func take(_ new: [Double], count: Int) {
        let least = 1 / Double(count + 1)
        for sensor in new.indices {
            let isThere = new[sensor].isFinite
            let value = isThere ? new[sensor] : smooth[sensor]
            if isThere, !isSeen[sensor] { begin(sensor, with: value) }
            let (one, two) = (last[sensor], beforeLast[sensor])
            let middle = max(min(value, one), min(max(value, one), two))
            beforeLast[sensor] = one
            last[sensor] = value
            values[sensor] = middle
            smooth[sensor] += max(Self.smoothRate, least) * (middle - smooth[sensor])
            fast[sensor] += max(Self.fastRate, least) * (middle - fast[sensor])
            slow[sensor] += max(Self.slowRate, least) * (middle - slow[sensor])
        }
    }

    /// Starts every sensor from a value, as if it had been there for long.
    mutating func settle(at values: [Double]) {
        for sensor in values.indices { begin(sensor, with: values[sensor]) }
    }

    private mutating func begin(_ sensor: Int, with value: Double) {
        isSeen[sensor] = true
        smooth[sensor] = value
        fast[sensor] = value
        slow[sensor] = value
        last[sensor] = value
        beforeLast[sensor] = value
    }
}

extension SensorFilter {
    func encode(into state: inout StateWriter) {
        for values in [smooth, fast, slow, values, last, beforeLast] { state.put(values) }
        for seen in isSeen { state.put(seen) }
    }

    /// Goes on with the same width.
    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        let width = smooth.count
        smooth = try state.doubles()
        fast = try state.doubles()
        slow = try state.doubles()
        values = try state.doubles()
        last = try state.doubles()
        beforeLast = try state.doubles()
        for part in [smooth, fast, slow, values, last, beforeLast] where part.count != width {
            throw .invalid("number of sensors")
        }
        for sensor in isSeen.indices { isSeen[sensor] = try state.bool() }
    }
}
