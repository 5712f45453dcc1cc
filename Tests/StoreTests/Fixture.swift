import Foundation
import GRDB
import Logging
import Primitives

@testable import Detection
@testable import Engine
@testable import Prognosis
@testable import Store
@testable import Tickets
@testable import Windows

/// A directory of its own for one test, removed with it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/forestall-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: path + "/" + name, encoding: .utf8)
    }

    func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: path + "/" + name)
    }
}

/// A database in a directory of its own.
struct TestStore {
    let parent: TemporaryDirectory
    let database: StateDatabase

    init(logBytes: Int = StateDatabase.logBytesStandard) throws {
        parent = try TemporaryDirectory()
        database = try StateDatabase(
            opening: StateDirectory(creating: parent.path + "/state"), logBytes: logBytes)
    }

    func writer(
        _ configuration: EngineConfiguration = Sample.configuration,
        retention: Retention = .standard, logger: Logger = Sample.silentLogger
    ) throws -> StepWriter {
        try StepWriter(
            database, configuration: configuration, configurationVersion: "c1",
            gateway: "gw-1", retention: retention, logger: logger)
    }

    /// Rows as text: columns joined with `|`, NULL as nothing.
    func rows(_ sql: String) throws -> [String] {
        try database.read { db in
            try Row.fetchAll(db, sql: sql).map { row in
                row.databaseValues.map { value in
                    switch value.storage {
                    case .null: ""
                    case .int64(let number): "\(number)"
                    case .double(let number): "\(number)"
                    case .string(let text): text
                    case .blob: "blob"
                    }
                }.joined(separator: "|")
            }
        }
    }

    func execute(_ sql: String) throws {
        try database.pool.writeWithoutTransaction { db in try db.execute(sql: sql) }
    }
}

/// Values as the engine makes them.
enum Sample {
    static let silentLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// 2026-02-03T04:10:00Z
    static let time = Timestamp(seconds: 1_770_091_800)
    static let pump = DeviceID(rawValue: 0)
    static let vibration = SignalID(rawValue: 0)
    static let temperature = SignalID(rawValue: 1)

    static let configuration = EngineConfiguration(
        classes: [
            MachineClass(
                name: "pump",
                detection: DetectionPolicy(
                    signals: [SignalPolicy(name: "vibration_rms", unit: "mm/s")],
                    components: [ComponentSignals(name: "bearing", signals: ["vibration_rms"])]))
        ])

    static func device(
        _ name: String = "P-101", id: DeviceID = pump, signals: [SignalID] = [vibration]
    ) -> Device {
        Device(
            id: id, name: name, machineClass: ClassID(rawValue: 1),
            attributes: [Device.Attribute(key: "site", value: "Kiel")], firstSeen: time,
            signals: signals)
    }

    static func summary(_ signal: SignalID = vibration, mean: Double = 1.5) -> WindowSummary {
        WindowSummary(
            signal: signal, count: 60, minimum: 1, maximum: 2, mean: mean, deviation: 0.25,
            first: 1.25, last: 1.75)
    }

    static func assessment(
        _ signal: SignalID = vibration, score: Double = 0.75,
        state: ConditionState = .abnormal, raw: Double = 4.5, mean: Double = 1.5
    ) -> SignalAssessment {
        var assessment = SignalAssessment(
            signal: signal, policy: 0, mean: mean, count: 60, quality: .good, state: state,
            expected: 1, scale: 0.1, deviation: 5, raw: raw, score: score, fraction: nil,
            limitDeviation: nil, zone: .within, since: nil, degradation: 0.25)
        assessment.record.raw = raw - 2
        return assessment
    }

    static func closed(
        device: DeviceID = pump, start: Timestamp = time,
        summaries: [WindowSummary] = [summary()],
        signals: [SignalAssessment] = [assessment()], risks: [ComponentRisk] = []
    ) -> EngineStep.Closed {
        let end = start + .minutes(1)
        var assessment = DeviceAssessment(
            device: device, start: start, end: end, operating: .running, state: .abnormal,
            learned: 1, raw: 4.5, score: 0.75, health: 62.5, signals: signals, components: [])
        assessment.index.distance = 4.25
        return EngineStep.Closed(
            frame: WindowFrame(device: device, start: start, end: end, summaries: summaries),
            assessment: assessment, risks: risks)
    }

    static let risk = ComponentRisk(
        component: 0, reason: .trendToLimit, horizon: .days(14), probability: 0.625,
        remaining: RemainingLife(p05: .days(5), p50: .days(9), p95: nil), leading: vibration,
        isNew: true)

    static func ticket(_ id: String = "00c0ffee00c0ffee") -> Ticket {
        Ticket(
            id: id, device: "P-101", deviceClass: "pump",
            attributes: [Ticket.Attribute(key: "site", value: "Kiel")], component: "bearing",
            failureMode: "bearing_wear", severity: .warning, health: 62.5, risk: 0.625,
            horizon: .days(14),
            remaining: Ticket.RemainingLifeSeconds(p05: 432_000, p50: 777_600, p95: nil),
            firstSeen: time - .days(2), openedAt: time, serviceBy: time + .days(5),
            sentence: "Wearing towards its limit: vibration_rms 3.41 mm/s (normal 1.52).",
            evidence: [
                Ticket.Evidence(
                    signal: "pump.vibration_rms", unit: "mm/s", value: 3.41, baseline: 1.52,
                    change: 1.89, contribution: 0.8, since: time - .days(2)),
                Ticket.Evidence(
                    signal: "pump.temperature", unit: "", value: 71, baseline: nil, change: nil,
                    contribution: 0.2, since: nil),
            ],
            advice: ComponentAdvice(
                component: "bearing", failureMode: "bearing_wear",
                action: "Replace the drive-end bearing.", firstCheck: "Listen for \"grinding\".",
                parts: [ComponentAdvice.Part(number: "6205-2RS", quantity: 2)], skill: "fitter",
                durationMinutes: 90, cost: CostModel(currency: "EUR")),
            costOfWaiting: 5_000, costOfActing: 800.5,
            model: Ticket.Model(name: "trend", version: "1"))
    }

    static func change(
        _ kind: TicketChange.Kind = .opened, revision: Int = 1, of ticket: Ticket = ticket(),
        time: Timestamp = time, previous: Severity? = nil, reason: TicketReason = .failureRisk
    ) -> TicketChange {
        TicketChange(
            ticket: ticket, revision: revision, kind: kind, time: time,
            previousSeverity: previous, reason: reason)
    }

    /// One row for every table.
    static func step(
        _ sequence: Int = 1, changes: [TicketChange] = [change()]
    ) -> EngineStep {
        var counters = EngineCounters()
        counters.linesAccepted = 120
        counters.readings = 240
        counters.linesRefused = 3
        var step = EngineStep(
            sequence: sequence, advancedTo: time + .minutes(2), counters: counters)
        step.devices = [device(signals: [vibration, temperature])]
        step.signals = [
            Signal(id: vibration, device: pump, name: "pump.vibration_rms"),
            Signal(id: temperature, device: pump, name: "pump.temperature"),
        ]
        step.closed = [
            closed(
                summaries: [summary(), summary(temperature, mean: .nan)],
                signals: [
                    assessment(), assessment(temperature, score: 0, state: .normal, raw: .nan),
                ], risks: [risk])
        ]
        step.changes = changes
        step.decisions = [
            TicketDesk.Decision(
                device: pump, component: 0, time: time + .minutes(1), reason: .failureRisk)
        ]
        step.alerts = [
            ConditionAlert(
                device: pump, time: time + .minutes(1), kind: .abnormal, health: 62.5,
                score: 0.75, signal: vibration)
        ]
        step.refused = [
            EngineStep.Refused(
                source: .ipv4(.udp, 0x7F00_0001), reason: "late", count: 3, column: 0,
                sample: "pump vibration_rms=1", time: time)
        ]
        return step
    }
}
