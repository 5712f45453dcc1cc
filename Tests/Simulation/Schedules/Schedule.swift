import Engine
import Primitives
import Windows

/// One made-up stretch of time at a gateway: which machines send what, how their clocks go, what
/// the network does to their lines, and when the gateway's own clock ticks. Everything follows from
/// the seed.
package struct Schedule: Sendable {
    /// A line as it arrives.
    struct Delivery: Sendable {
        var device: Int
        /// Nanoseconds since 1970.
        var arrival: Int64
        /// What the line says; `nil` when it has no stamp.
        var stamp: Int64?
        /// By number of the signal.
        var readings: [Reading]
        /// From a right clock, and on its way no longer than windows wait for.
        var isTimely: Bool
    }

    struct Reading: Equatable, Sendable {
        var signal: Int
        var value: Double
    }

    package let seed: UInt64
    let configuration: EngineConfiguration
    /// In order of arrival.
    private(set) var deliveries: [Delivery] = []
    private(set) var deviceCount = 0
    /// In order; the last one is later than any window can be open.
    private(set) var ticks: [Int64] = []
    /// Ticks after which the program ends and starts again.
    private(set) var restarts: Set<Int> = []

    package init(seed: UInt64) {
        self.seed = seed
        var random = Random(seed: seed)
        let length = random.pick([250, 1_000, 10_000, 60_000]) * Self.millisecond
        let lateness = random.pick([0, 1_000, 2_000, 10_000]) * Self.millisecond
        configuration = EngineConfiguration(
            clock: ClockPolicy(
                source: .wall, amendFor: .zero,
                skewedStamps: random.pick(Array(SkewedStamps.allCases))),
            generic: MachineClass(
                name: "generic",
                windows: WindowPolicy(
                    length: TimeSpan(nanoseconds: length),
                    lateness: TimeSpan(nanoseconds: lateness))))
        let start = (1_767_225_600 + Int64(random.below(100_000))) * 1_000_000_000
        deviceCount = 1 + random.below(4)
        let windowCount = Int64(6 + random.below(18))
        for device in 0..<deviceCount {
            let machine = Machine(
                device: device, length: length, lateness: lateness, from: start,
                to: start + windowCount * length, &random)
            deliveries += machine.deliveries(&random)
        }
        // Stable, so that equal arrivals keep the order in which they were made.
        deliveries = deliveries.enumerated().sorted {
            ($0.element.arrival, $0.offset) < ($1.element.arrival, $1.offset)
        }.map(\.element)
        let last = max(deliveries.last?.arrival ?? start, start + windowCount * length)
        makeTicks(from: start, to: last + 2 * (length + lateness), &random)
    }

    private static let millisecond: Int64 = 1_000_000

    private mutating func makeTicks(from start: Int64, to end: Int64, _ random: inout Random) {
        let interval = max((end - start) / 64, 1_000 * Self.millisecond)
        var now = start
        while now < end {
            // Now and then the gateway is busy or asleep.
            now += interval * Int64(random.below(12) == 0 ? 1 + random.below(8) : 1)
            ticks.append(now)
        }
        for _ in 0..<random.below(3) { restarts.insert(random.below(ticks.count)) }
        // Stamps may be a day ahead, and a window of them is open until then.
        ticks.append(end + 3 * 86_400_000 * Self.millisecond)
    }

    /// A line as bytes.
    static func line(_ delivery: Delivery) -> [UInt8] {
        let fields = delivery.readings.map { "v\($0.signal)=\($0.value)" }
        let stamp = delivery.stamp.map { " \($0)" } ?? ""
        return Array(
            "\(measurement),device=D\(delivery.device) \(fields.joined(separator: ","))\(stamp)\n"
                .utf8)
    }

    static let measurement = "press"
}

extension Random {
    /// One of them; there must be some.
    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }
}
