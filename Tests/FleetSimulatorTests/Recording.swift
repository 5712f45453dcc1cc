import FleetSimulator
import Primitives

/// The lines of a simulated fleet, read back by a parser of the tests' own.
struct Recording {
    /// Field positions within a line, as the pump's class lists them.
    static let fields = [
        "vibration_rms", "vibration_kurtosis", "bearing_temperature", "discharge_pressure",
        "flow", "current", "ambient_temperature",
    ]
    static let vibration = 0
    static let kurtosis = 1
    static let temperature = 2
    static let flow = 4
    static let ambient = 6

    struct Line {
        let time: Timestamp
        let device: String
        /// NaN for a reading that was lost.
        var values = [Double](repeating: .nan, count: Recording.fields.count)

        var isRunning: Bool { values[Recording.flow] > 1 }
    }

    private(set) var lines: [Line] = []
    private(set) var malformed: [String] = []
    let truth: [GroundTruthEvent]
    let maintenance: [MaintenanceEvent]

    init(_ options: FleetOptions) {
        var fleet = Fleet(options)
        var buffer: [UInt8] = []
        while fleet.next(into: &buffer) != nil {
            for line in buffer.split(separator: UInt8(ascii: "\n")) {
                if let parsed = Recording.parse(line) {
                    lines.append(parsed)
                } else {
                    malformed.append(String(decoding: line, as: UTF8.self))
                }
            }
            buffer.removeAll(keepingCapacity: true)
        }
        truth = fleet.truth
        maintenance = fleet.maintenance
    }

    func running(_ device: String = "P-101") -> [Line] {
        lines.filter { $0.device == device && $0.isRunning }
    }

    /// `measurement,device=..,site=..,model=.. key=number,... time`, nothing else.
    private static func parse(_ line: ArraySlice<UInt8>) -> Line? {
        let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3, let nanoseconds = Int64(String(decoding: parts[2], as: UTF8.self))
        else { return nil }
        let tags = String(decoding: parts[0], as: UTF8.self).split(separator: ",")
        guard tags.count == 4, tags[0] == "pump", tags[1].hasPrefix("device=P-"),
            ["site=north", "site=south", "site=east", "site=west"].contains(tags[2]),
            tags[3].hasPrefix("model=NX-")
        else { return nil }
        var parsed = Line(
            time: Timestamp(nanoseconds: nanoseconds), device: String(tags[1].dropFirst(7)))
        var position = -1
        for field in parts[1].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        {
            let pair = String(decoding: field, as: UTF8.self).split(separator: "=")
            guard pair.count == 2, let index = fields.firstIndex(of: String(pair[0])),
                index > position, let value = Double(pair[1]), pair[1].contains(".")
            else { return nil }
            position = index
            parsed.values[index] = value
        }
        return position >= 0 ? parsed : nil
    }
}

func median(_ values: [Double]) -> Double {
    let sorted = values.filter { !$0.isNaN }.sorted()
    return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
}

func standardDeviation(_ values: [Double]) -> Double {
    let known = values.filter { !$0.isNaN }
    let mean = known.reduce(0, +) / Double(known.count)
    return Math.squareRoot(
        known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(known.count - 1))
}
