import Detection
import Engine
import Primitives
import Prognosis
import Tickets
import Windows

/// What the benchmarks feed: lines of a fixed length whose values differ from line to line, and a
/// configuration that declares their machine, so that every room has something to do.
struct Workload {
    static let lineBytes = 112
    static let fieldsPerLine = 4
    /// 2027-01-15T08:00:00Z, a whole minute.
    static let start = Timestamp(seconds: 1_800_000_000)
    /// Event time between two lines: a round of 20,000 lines takes 0.2 s, so that hundreds of
    /// rounds fall into one window.
    static let lineInterval = TimeSpan(nanoseconds: 10_000)

    private(set) var bytes: [UInt8] = []
    private(set) var lines = 0

    /// `passes` lines of each of `devices` devices: 3 tags, 4 numbers, nanoseconds. Devices come
    /// in another order in every pass, because in a yard they do too.
    init(devices: Int, passes: Int) {
        precondition(devices <= 99_999, "BUG: device numbers have five digits")
        var random = Random(seed: 0x00F0_5EE5)
        var order = Array(0..<devices)
        bytes.reserveCapacity(devices * passes * Self.lineBytes)
        for _ in 0..<passes {
            for place in order.indices.reversed() {
                order.swapAt(place, random.below(place + 1))
            }
            for device in order {
                append("pump,device=pump-\(Self.digits(device, 5)),site=hall,line=3 ")
                append("vib=\(Self.decimal(24_000, 2_000, 4, &random))")
                append(",temp=\(Self.decimal(6_100, 90, 2, &random))")
                append(",pressure=\(Self.decimal(4_200, 60, 3, &random))")
                append(",current=\(Self.decimal(12_300, 400, 3, &random))")
                append(" 1800000000000000000\n")
                lines += 1
                precondition(bytes.count == lines * Self.lineBytes, "BUG: not 112 bytes")
            }
        }
    }

    /// Lines that leave the fast paths: escapes in names, a string with escapes, an integer, a
    /// boolean, a number with an exponent.
    init(awkwardLines count: Int) {
        var random = Random(seed: 0x0A3D)
        for index in 0..<count {
            append("pump\\ house,device=p\\,\(index % 1_000),site=hall\\ 3 ")
            append("starts=\(random.below(1_000_000))i,open=\(random.below(2) == 0 ? "t" : "F")")
            append(",note=\"valve \\\"\(random.below(100))\\\" checked\"")
            append(",slip=\(1 + random.below(9)).\(random.below(1_000))e-3")
            append(" \(1_800_000_000_000_000_000 + index)\n")
            lines += 1
        }
    }

    /// Gives the lines of a fixed length new stamps, from `time` on; returns the last one.
    mutating func restamp(from time: Timestamp) -> Timestamp {
        var stamp = time.nanoseconds
        for line in 0..<lines {
            var place = (line + 1) * Self.lineBytes - 2  // the last digit, before the newline
            var rest = stamp
            for _ in 0..<19 {
                bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
                place -= 1
            }
            stamp += Self.lineInterval.nanoseconds
        }
        return Timestamp(nanoseconds: stamp)
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private static func digits(_ value: Int, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: count - text.utf8.count) + text
    }

    /// A number near `centre` in units of its last decimal, always with the same digits.
    private static func decimal(
        _ centre: Int, _ spread: Int, _ decimals: Int, _ random: inout Random
    ) -> String {
        let text = String(centre + random.below(2 * spread) - spread)
        return text.dropLast(decimals) + "." + text.suffix(decimals)
    }
}

extension Workload {
    /// The machines of the benchmarks and of the simulator as one declared class. Commissioning is
    /// an hour where a real one takes days, so that judging is reached soon.
    static func configuration(clock: ClockPolicy.Source) -> EngineConfiguration {
        let signals = [
            SignalPolicy(name: "vib", limits: SignalLimits(alarmHigh: 4.5, tripHigh: 7.1)),
            SignalPolicy(
                name: "temp", limits: SignalLimits(alarmHigh: 85), explainedBy: ["current"]),
            SignalPolicy(
                name: "vibration_rms", limits: SignalLimits(alarmHigh: 4.5, tripHigh: 7.1)),
            SignalPolicy(
                name: "bearing_temperature", limits: SignalLimits(alarmHigh: 85, tripHigh: 95),
                explainedBy: ["ambient_temperature"]),
        ]
        let components = [
            ComponentSignals(
                name: "bearing", signals: ["vib", "temp", "vibration_rms", "bearing_temperature"]),
            ComponentSignals(
                name: "impeller",
                signals: ["pressure", "current", "flow", "discharge_pressure"]),
        ]
        let pump = MachineClass(
            name: "pump", measurements: ["pump"],
            detection: DetectionPolicy(
                signals: signals, components: components, commissioning: .hours(1)),
            prognosis: components.map { PrognosisPolicy(component: $0.name) },
            advice: components.map { ComponentAdvice(component: $0.name) })
        return EngineConfiguration(clock: ClockPolicy(source: clock), classes: [pump])
    }
}
