import Engine
import GRDB
import Primitives
import Windows

/// What a step says about the telemetry of devices rather than about their machines: how their
/// clocks stand, and who has fallen silent.
enum ClockRows {
    static func write(
        _ step: EngineStep, names: StepNames, rows: SeriesRows, in db: Database,
        _ outcome: inout StepOutcome
    ) throws {
        for device in step.silent {
            // Its next window says how it is; until then nobody knows.
            try db.cachedStatement(sql: "UPDATE device SET state = 'no_data' WHERE id = ?")
                .execute(arguments: [rows[device]])
        }
        for change in step.clocks {
            try db.cachedStatement(
                sql: """
                    UPDATE device SET clock_state = ?, clock_offset_s = ?, clock_since = ?
                    WHERE id = ?
                    """
            ).execute(arguments: [
                change.state.rawValue, change.offset.seconds, change.since.nanoseconds,
                rows[change.device],
            ])
            guard change.isAlert else { continue }
            let name = names[change.device]
            let isNew = try Outbox.enqueue(
                .alerts,
                eventID: "\(name)/clock_\(change.state.rawValue)/"
                    + "\(change.time.nanoseconds)",
                payload: AlertLine.clock(change, device: name), time: change.time, in: db)
            if isNew { outcome.messages += 1 }
        }
    }
}
