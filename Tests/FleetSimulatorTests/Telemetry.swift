import FleetSimulator
import Primitives

/// The lines of a fleet of any kind of machine, in the order they arrive.
struct Telemetry {
    struct Line {
        /// The instant of the simulation the line arrived at.
        let arrival: Timestamp
        /// The time it bears.
        let time: Timestamp
        let measurement: String
        let tags: [String: String]
        let fields: [String: Double]
        let text: String

        var device: String { tags["device"] ?? "" }

        /// Of a machine with a motor: every kind has one.
        var isRunning: Bool { (fields["motor_current"] ?? fields["current"] ?? 0) > 1 }
    }

    private(set) var lines: [Line] = []
    private(set) var malformed: [String] = []
    let truth: [GroundTruthEvent]
    let maintenance: [MaintenanceEvent]

    init(_ options: FleetOptions) {
        var fleet = Fleet(options)
        var buffer: [UInt8] = []
        while let arrival = fleet.next(into: &buffer) {
            for bytes in buffer.split(separator: UInt8(ascii: "\n")) {
                let text = String(decoding: bytes, as: UTF8.self)
                if let line = Telemetry.parse(text, arrival: arrival) {
                    lines.append(line)
                } else {
                    malformed.append(text)
                }
            }
            buffer.removeAll(keepingCapacity: true)
        }
        truth = fleet.truth
        maintenance = fleet.maintenance
    }

    func of(_ device: String) -> [Line] { lines.filter { $0.device == device } }

    private static func pairs(_ texts: some Sequence<Substring>) -> [(String, String)] {
        texts.map { text in
            let pair = text.split(separator: "=", omittingEmptySubsequences: false)
            return (String(pair[0]), pair.count == 2 ? String(pair[1]) : "")
        }
    }

    private static func parse(_ text: String, arrival: Timestamp) -> Line? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, let nanoseconds = Int64(parts[2]) else { return nil }
        let key = parts[0].split(separator: ",")
        let fields = pairs(parts[1].split(separator: ",")).map { ($0.0, Double($0.1)) }
        guard fields.allSatisfy({ $0.1 != nil }) else { return nil }
        return Line(
            arrival: arrival, time: Timestamp(nanoseconds: nanoseconds),
            measurement: String(key[0]),
            tags: Dictionary(pairs(key.dropFirst()), uniquingKeysWith: { $1 }),
            fields: Dictionary(
                fields.map { ($0.0, $0.1 ?? .nan) }, uniquingKeysWith: { $1 }), text: text)
    }
}

/// A machine with a fault, and the same machine, day and weather without it.
struct Twins {
    let worn: Telemetry
    let event: GroundTruthEvent
    let failure: Timestamp
    /// Lines of the same instant at which both machines run.
    let pairs: [(worn: Telemetry.Line, healthy: Telemetry.Line)]

    init?(_ fault: Fault, seed: UInt64) {
        var options = FleetOptions(
            devices: 1, days: 27, seed: seed, interval: .minutes(10), repairTime: nil,
            scenario: .wear(fault, onset: .days(4), pfInterval: .days(20)))
        options.hasSuctionGauges = true
        worn = Telemetry(options)
        options.scenario = .healthy
        options.machines = [fault.machine]
        let healthy = Telemetry(options)
        guard let event = worn.truth.first, let failure = event.failure,
            worn.lines.count == healthy.lines.count
        else { return nil }
        self.event = event
        self.failure = failure
        pairs = zip(worn.lines, healthy.lines).filter {
            $0.isRunning && $1.isRunning && $0.device == $1.device
        }.map { ($0, $1) }
    }

    /// Median difference of a signal over the last two days before the given time.
    func difference(_ signal: String, before time: Timestamp) -> Double {
        median(differences(signal, before: time))
    }

    /// The same as a fraction of the healthy machine's median.
    func change(_ signal: String, before time: Timestamp) -> Double {
        let healthy = late(before: time).compactMap { $0.healthy.fields[signal] }
        return difference(signal, before: time) / median(healthy)
    }

    func differences(_ signal: String, before time: Timestamp) -> [Double] {
        late(before: time).compactMap { pair in
            guard let worn = pair.worn.fields[signal], let healthy = pair.healthy.fields[signal]
            else { return nil }
            return worn - healthy
        }
    }

    private func late(
        before time: Timestamp
    ) -> [(worn: Telemetry.Line, healthy: Telemetry.Line)] {
        // Machines that run in shifts stand still at weekends: the last running hours count.
        Array(pairs.filter { $0.worn.time < time }.suffix(144))
    }
}
