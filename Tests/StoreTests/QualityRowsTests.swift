import GRDB
import Primitives
import Testing

@testable import Detection
@testable import Engine
@testable import Store
@testable import Windows

/// What the store keeps of the quality of signals.
@Suite struct QualityRowsTests {
    private static func closed(
        _ quality: DataQuality, state: ConditionState, changes: [QualityChange],
        count: Int = 60, minute: Int64 = 0
    ) -> EngineStep.Closed {
        var signal = Sample.assessment(score: 0, state: state)
        signal.quality = quality
        signal.count = count
        var closed = Sample.closed(
            start: Sample.time + .minutes(minute), summaries: count > 0 ? [Sample.summary()] : [],
            signals: [signal])
        closed.assessment.qualityChanges = changes
        return closed
    }

    private static func change(_ quality: DataQuality, step: Double? = nil) -> QualityChange {
        QualityChange(signal: Sample.vibration, quality: quality, since: Sample.time, step: step)
    }

    @Test(arguments: DataQuality.allCases) func everyQualityIsARow(_ quality: DataQuality) throws {
        let store = try TestStore()
        var writer = try store.writer()
        var step = Sample.step(changes: [])
        let size = quality == .quantised ? 0.5 : nil
        step.closed = [
            Self.closed(quality, state: .abnormal, changes: [Self.change(quality, step: size)])
        ]
        _ = try writer.write(step)
        #expect(
            try store.rows(
                "SELECT device, signal, quality, since, step_size FROM signal_quality") == [
                    "P-101|pump.vibration_rms|\(quality.rawValue)|2026-02-03T04:10:00Z|"
                        + (size.map { "\($0)" } ?? "")
                ])
        #expect(try store.rows("SELECT quality FROM signal_score") == [quality.rawValue])
        let signals = try #require(
            try ReadModel(store.database.directory).signals(of: "P-101"))
        let row = try #require(signals.first { $0.quality != nil })
        #expect(row.quality == quality.rawValue && row.qualitySince == Sample.time)
        #expect(row.stepSize == size)
    }

    /// A drift is told once, and taken back when the signal begins anew.
    @Test func aDriftIsKeptWithItsSignal() throws {
        let store = try TestStore()
        var writer = try store.writer()
        for (minute, direction) in [DriftDetector.Direction.up, .none].enumerated() {
            var step = Sample.step(changes: [])
            step.sequence += minute
            step.devices = minute == 0 ? step.devices : []
            step.signals = minute == 0 ? step.signals : []
            var signal = Sample.assessment()
            signal.drift = DriftChange(direction: direction, perDay: 0.125)
            step.closed = [
                Sample.closed(start: Sample.time + .minutes(Int64(minute)), signals: [signal])
            ]
            _ = try writer.write(step)
            #expect(
                try store.rows(
                    "SELECT device, signal, drift, since, drift_per_day, unit FROM signal_drift")
                    == (minute == 0
                        ? ["P-101|pump.vibration_rms|up|2026-02-03T04:10:00Z|0.125|mm/s"] : []))
        }
    }

    /// A lost signal is one row when it is lost, not one for every window it is missed in.
    @Test func aLostSignalIsARowOnce() throws {
        let store = try TestStore()
        var writer = try store.writer()
        var step = Sample.step(changes: [])
        step.closed = [
            Self.closed(.noData, state: .noData, changes: [Self.change(.noData)], count: 0),
            Self.closed(.noData, state: .noData, changes: [], count: 0, minute: 1),
            Self.closed(.noData, state: .noData, changes: [], count: 0, minute: 2),
        ]
        _ = try writer.write(step)
        #expect(try store.rows("SELECT state, quality FROM signal_score") == ["no_data|no_data"])
        #expect(try store.rows("SELECT count FROM device_score") == ["0", "0", "0"])
    }

    /// A database of the version before keeps what it had and takes the new columns.
    @Test func anOlderDatabaseIsBroughtUpToDate() throws {
        let parent = try TemporaryDirectory()
        let directory = try StateDirectory(creating: parent.path + "/state")
        let queue = try DatabaseQueue(path: directory.databasePath)
        try Schema.migrator.migrate(queue, upTo: "v5")
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO device (id, name, class, first_seen, state)
                        VALUES (1, 'P-1', 'pump', 1, 'normal');
                    INSERT INTO signal (id, device, name) VALUES (1, 1, 'pump.v');
                    INSERT INTO signal_score VALUES (1, 1, 0.5, 1, 'abnormal');
                    """)
        }
        try queue.close()
        let database = try StateDatabase(opening: directory)
        let rows = try database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT clock_state IS NULL AS clock, signal.quality IS NULL AS quality,
                        signal_score.quality AS score
                    FROM device JOIN signal ON signal.device = device.id
                        JOIN signal_score ON signal_score.signal = signal.id
                    """
            ).map { "\($0["clock"] as Int) \($0["quality"] as Int) \($0["score"] as String)" }
        }
        #expect(rows == ["1 1 good"])
    }
}
