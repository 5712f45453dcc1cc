import Detection
import Engine
import GRDB
import Primitives

/// Rows of devices' and signals' scores: one step's, made once per step.
struct ScoreRows {
    private let rows: SeriesRows
    private let step: Int
    private let deviceScore: RowStatement
    private let signalScore: RowStatement
    private let quality: RowStatement
    private let drift: RowStatement
    private let latest: RowStatement

    init(_ step: EngineStep, rows: SeriesRows, in db: Database) throws {
        self.rows = rows
        self.step = step.sequence
        deviceScore = try RowStatement(
            """
            INSERT INTO device_score
                (start, device, "end", count, score, raw, health, state, step, operating,
                    running_s, judged_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (start, device) DO NOTHING
            """, db)
        signalScore = try RowStatement(
            """
            INSERT INTO signal_score (start, signal, score, raw, state, quality, deviation)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (start, signal) DO NOTHING
            """, db)
        quality = try RowStatement(
            """
            UPDATE signal SET quality = ?, quality_since = ?, step_size = ? WHERE id = ?
            """, db)
        drift = try RowStatement(
            """
            UPDATE signal SET drift = ?, drift_since = ?, drift_per_day = ? WHERE id = ?
            """, db)
        latest = try RowStatement(
            """
            UPDATE device SET last_window = ?, health = ?, score = ?, state = ?, learned = ?,
                operating = ?, running_s = ifnull(?, running_s), idle_s = ifnull(?, idle_s),
                observed_s = ifnull(?, observed_s), starts = ifnull(?, starts),
                window_s = ?
            WHERE id = ? AND (last_window IS NULL OR last_window <= ?1)
            """, db)
    }

    /// What a window says of its device; `judgedLate` is when, if it is of a backlog.
    func writeScore(_ assessment: DeviceAssessment, judgedLate: Timestamp?) throws {
        deviceScore.bind(1, assessment.start.nanoseconds)
        deviceScore.bind(2, rows[assessment.device])
        deviceScore.bind(3, assessment.end.nanoseconds)
        deviceScore.bind(4, Int64(assessment.signals.count { $0.count > 0 }))
        deviceScore.bind(5, assessment.score)
        deviceScore.bind(6, assessment.index.distance)
        deviceScore.bind(7, assessment.health)
        deviceScore.bind(8, assessment.state.column)
        deviceScore.bind(9, Int64(step))
        deviceScore.bind(10, assessment.operation?.state.column)
        deviceScore.bind(11, assessment.operation?.tally.running.seconds ?? .nan)
        deviceScore.bind(12, judgedLate?.nanoseconds)
        try deviceScore.run()
    }

    /// The device as of its latest window.
    func renewDevice(_ assessment: DeviceAssessment) throws {
        let operation = assessment.operation
        latest.bind(1, assessment.start.nanoseconds)
        latest.bind(2, assessment.health)
        latest.bind(3, assessment.score)
        latest.bind(4, assessment.state.column)
        latest.bind(5, assessment.learned)
        latest.bind(6, operation?.state.column)
        latest.bind(7, operation?.tally.running.seconds ?? .nan)
        latest.bind(8, operation?.tally.idle.seconds ?? .nan)
        latest.bind(9, operation?.tally.observed.seconds ?? .nan)
        latest.bind(10, operation.map { Int64($0.tally.starts) })
        latest.bind(11, (assessment.end - assessment.start).seconds)
        latest.bind(12, rows[assessment.device])
        try latest.run()
    }

    /// What a window says of the device's signals, as far as it is worth a row.
    func writeSignals(_ assessment: DeviceAssessment) throws {
        for change in assessment.qualityChanges {
            quality.bind(1, change.quality.column)
            quality.bind(2, change.since.nanoseconds)
            quality.bind(3, change.step ?? .nan)
            quality.bind(4, rows[change.signal])
            try quality.run()
        }
        for signal in assessment.signals {
            guard let change = signal.drift else { continue }
            drift.bind(1, change.direction.column)
            drift.bind(2, change.direction == .none ? nil : assessment.start.nanoseconds)
            drift.bind(3, change.direction == .none ? .nan : change.perDay)
            drift.bind(4, rows[signal.signal])
            try drift.run()
        }
        for signal in assessment.signals where signal.isRemarkable(in: assessment) {
            signalScore.bind(1, assessment.start.nanoseconds)
            signalScore.bind(2, rows[signal.signal])
            signalScore.bind(3, signal.recordScore)
            signalScore.bind(4, signal.record.raw)
            signalScore.bind(5, signal.state.column)
            signalScore.bind(6, signal.quality.column)
            signalScore.bind(7, signal.raw)
            try signalScore.run()
        }
    }
}

extension SignalAssessment {
    /// Worth a row of its own: the rest is normal and can be recomputed from the window. A lost
    /// signal is worth one when it is lost, not one for every window it is missed in.
    fileprivate func isRemarkable(in assessment: DeviceAssessment) -> Bool {
        switch state {
        case .noData: assessment.qualityChanges.contains { $0.signal == signal }
        case .abnormal, .stuck, .outOfRange: true
        case .normal, .learning, .notRunning: max(score, recordScore) >= 0.25
        }
    }
}

extension ConditionState {
    /// ``rawValue`` as a text that lives as long as the process.
    fileprivate var column: StaticString {
        switch self {
        case .learning: "learning"
        case .normal: "normal"
        case .abnormal: "abnormal"
        case .noData: "no_data"
        case .stuck: "stuck"
        case .outOfRange: "out_of_range"
        case .notRunning: "not_running"
        }
    }
}

extension DriftDetector.Direction {
    fileprivate var column: StaticString? {
        switch self {
        case .none: nil
        case .up: "up"
        case .down: "down"
        }
    }
}

extension OperatingState {
    /// What the database calls it.
    fileprivate var column: StaticString {
        switch self {
        case .running: "running"
        case .idle: "idle"
        case .off: "off"
        case .transient: "transient"
        }
    }
}

extension DataQuality {
    /// ``rawValue`` as a text that lives as long as the process.
    fileprivate var column: StaticString {
        switch self {
        case .good: "good"
        case .outOfRange: "out_of_range"
        case .noisy: "noisy"
        case .noData: "no_data"
        case .stuck: "stuck"
        case .quantised: "quantised"
        case .gap: "gap"
        }
    }
}
