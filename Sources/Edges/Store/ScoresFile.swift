import Detection
package import Engine
import Primitives
package import Windows

/// Scores as CSV: one row per signal and closed window, and one with signal `*` for the device
/// after those of its signals.
package struct ScoresFile: ~Copyable {
    static let header =
        "device,signal,window_start,window_end,count,mean,score,raw,state\n"

    private let file: ResultFile
    private var names: StepNames
    private var row = CSVRow()

    /// `configuration` is the one the engine was given.
    package init(path: String, configuration: EngineConfiguration) throws(StoreFailure) {
        file = try ResultFile.growing(path: path, from: ScoresFile.header)
        names = StepNames(configuration)
    }

    /// Devices and signals an earlier process has introduced.
    package mutating func introduce(devices: [Device], signals: [Signal]) {
        names.learn(devices: devices, signals: signals)
    }

    /// Steps must come in order, from the engine's first on.
    package mutating func write(_ step: EngineStep) throws(StoreFailure) {
        names.learn(step)
        for closed in step.closed {
            let assessment = closed.assessment
            let device = names[assessment.device]
            for signal in assessment.signals {
                startRow(device, names[signal.signal], assessment)
                row.field(signal.count)
                row.field(signal.mean)
                row.field(signal.recordScore)
                row.field(signal.record.raw)
                row.field(signal.state.rawValue)
                row.endRow()
            }
            startRow(device, "*", assessment)
            row.field(assessment.signals.count { $0.count > 0 })
            row.field(Double?.none)
            row.field(assessment.score)
            row.field(assessment.index.distance)
            row.field(assessment.state.rawValue)
            row.endRow()
        }
        try file.write(row.take())
    }

    package consuming func finish() throws(StoreFailure) {
        try file.finish()
    }

    private mutating func startRow(
        _ device: String, _ signal: String, _ assessment: DeviceAssessment
    ) {
        row.field(device)
        row.field(signal)
        row.field(assessment.start)
        row.field(assessment.end)
    }
}
