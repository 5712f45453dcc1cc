import Detection
import Engine
import FleetSimulator
import Primitives
import Prognosis
import Tickets
import Windows

/// Lines of a simulated fleet, in order of time, each with its newline.
struct SimulatedRecording: Sendable {
    struct Line: Sendable {
        var time: Timestamp
        var device: String
        var bytes: [UInt8]
    }

    private(set) var lines: [Line] = []

    init(_ options: FleetOptions) {
        var fleet = Fleet(options)
        var buffer: [UInt8] = []
        while let time = fleet.next(into: &buffer) {
            for line in buffer.split(separator: UInt8(ascii: "\n")) {
                let tags = line.prefix { $0 != UInt8(ascii: " ") }.split(
                    separator: UInt8(ascii: ","))
                lines.append(
                    Line(
                        time: time, device: String(decoding: tags[1].dropFirst(7), as: UTF8.self),
                        bytes: line + [UInt8(ascii: "\n")]))
            }
            buffer.removeAll(keepingCapacity: true)
        }
    }

    init(lines: [Line]) {
        self.lines = lines
    }

    var bytes: [UInt8] { lines.flatMap(\.bytes) }

    var devices: [String] { Set(lines.map(\.device)).sorted() }

    func only(_ device: String) -> SimulatedRecording {
        SimulatedRecording(lines: lines.filter { $0.device == device })
    }

    /// Three healthy pumps, three days, a reading every two minutes.
    static let healthy = SimulatedRecording(
        FleetOptions(devices: 3, days: 3, seed: 5, interval: .seconds(120), scenario: .healthy))

    /// The bearing of the first of three pumps fails within nine days.
    static let wearing = SimulatedRecording(
        FleetOptions(
            devices: 3, days: 9, seed: 7, interval: .seconds(120),
            scenario: .bearingWear(onset: .days(3), pfInterval: .days(5))))
}

extension MachineClass {
    /// The simulated pumps, learned in a day and a half.
    static func pump(window: TimeSpan = .minutes(30)) -> MachineClass {
        let bearing = ComponentAdvice(
            component: "bearing", failureMode: "VIB", action: "Replace the bearings.",
            firstCheck: "Listen at the bearing housing.", leadTime: .days(1),
            cost: CostModel(failure: 24_000, plannedRepair: 3_200, visit: 450, currency: "EUR"))
        let signals = [
            SignalPolicy(
                name: "vibration_rms", unit: "mm/s", direction: .up,
                limits: SignalLimits(alarmHigh: 4.5, tripHigh: 7.1, physicalLow: 0),
                minimumDeviation: 0.3, explainedBy: ["flow"]),
            SignalPolicy(name: "vibration_kurtosis", direction: .up, minimumDeviation: 0.5),
            SignalPolicy(
                name: "bearing_temperature", unit: "degC", direction: .up,
                limits: SignalLimits(alarmHigh: 80, tripHigh: 95), minimumDeviation: 2,
                explainedBy: ["ambient_temperature", "flow"]),
        ]
        return MachineClass(
            name: "pump", measurements: ["pump"],
            windows: WindowPolicy(length: window, lateness: .seconds(10)),
            detection: DetectionPolicy(
                signals: signals,
                components: [
                    ComponentSignals(
                        name: "bearing",
                        signals: ["vibration_rms", "vibration_kurtosis", "bearing_temperature"])
                ],
                running: OperatingCondition(parsing: "current > 2.0"), settling: .minutes(30),
                commissioning: .hours(36)),
            prognosis: [PrognosisPolicy(component: "bearing")], advice: [bearing])
    }
}
