import Detection
package import Engine
import Primitives
import Prognosis
package import Windows

/// Prognoses as CSV: one row per component and instant that brought new evidence; empty where the
/// evidence does not justify a number.
package struct PrognosesFile: ~Copyable {
    static let header =
        "device,component,time,horizon_seconds,risk,"
        + "rul_p05_seconds,rul_p50_seconds,rul_p95_seconds\n"

    private let file: ResultFile
    private var names: StepNames
    private var row = CSVRow()

    /// `configuration` is the one the engine was given.
    package init(path: String, configuration: EngineConfiguration) throws(StoreFailure) {
        file = try ResultFile.growing(path: path, from: PrognosesFile.header)
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
            let device = closed.assessment.device
            for risk in closed.risks {
                row.field(names[device])
                row.field(names.component(risk.component, of: device))
                row.field(closed.assessment.end)
                row.field(risk.horizon.seconds)
                row.field(risk.probability)
                row.field(risk.remaining?.p05.seconds)
                row.field(risk.remaining?.p50.seconds)
                row.field(risk.remaining?.p95?.seconds)
                row.endRow()
            }
        }
        try file.write(row.take())
    }

    package consuming func finish() throws(StoreFailure) {
        try file.finish()
    }
}
