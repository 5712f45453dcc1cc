import Engine
import Store
import Windows

/// The files a replay writes on request.
struct ResultFiles: ~Copyable {
    private var scores: ScoresFile?
    private var prognoses: PrognosesFile?
    private var tickets: TicketsFile?

    /// Fails at once when a path cannot be written.
    init(
        scores: String?, prognoses: String?, tickets: String?, configuration: EngineConfiguration
    ) throws(StoreFailure) {
        if let scores {
            self.scores = try ScoresFile(path: scores, configuration: configuration)
        } else {
            self.scores = nil
        }
        if let prognoses {
            self.prognoses = try PrognosesFile(path: prognoses, configuration: configuration)
        } else {
            self.prognoses = nil
        }
        if let tickets {
            self.tickets = try TicketsFile(path: tickets)
        } else {
            self.tickets = nil
        }
    }

    /// Devices and signals of an earlier process.
    mutating func introduce(devices: [Device], signals: [Signal]) {
        scores?.introduce(devices: devices, signals: signals)
        prognoses?.introduce(devices: devices, signals: signals)
    }

    mutating func write(_ step: EngineStep) throws(StoreFailure) {
        try scores?.write(step)
        try prognoses?.write(step)
        tickets?.write(step)
    }

    consuming func finish() throws(StoreFailure) {
        if let scores { try scores.finish() }
        if let prognoses { try prognoses.finish() }
        if let tickets { try tickets.finish() }
    }
}
