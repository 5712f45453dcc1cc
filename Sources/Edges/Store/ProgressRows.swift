import Engine
import GRDB
import Primitives
import Windows

/// The rows that tell how far the program has come and what it left out.
struct ProgressRows {
    let step: EngineStep
    let input: FoldedInput?

    /// `false` when a step of this number is there already; the committed row stays.
    func writeStep(configuration: String, in db: Database) throws -> Bool {
        let windows = step.closed.reduce(0) { $0 + $1.frame.summaries.count }
        let starts = step.closed.map(\.frame.start.nanoseconds)
        try db.cachedStatement(
            sql: """
                INSERT INTO step (sequence, advanced_to, windows, first_window, last_window,
                    changes, configuration, input_name, input_size, input_hash, input_offset)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sequence) DO NOTHING
                """
        ).execute(arguments: [
            step.sequence, step.advancedTo.nanoseconds, windows, starts.min(), starts.max(),
            step.changes.count, configuration, input?.name, input?.size, input?.hash, input?.offset,
        ])
        return db.changesCount > 0
    }

    func writeRefusals(in db: Database) throws {
        for refused in step.refused {
            try db.cachedStatement(
                sql: """
                    INSERT INTO refusal (source, reason, count, last_time, "column", sample)
                    VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (source, reason) DO UPDATE SET count = count + excluded.count,
                        last_time = excluded.last_time, "column" = excluded."column",
                        sample = excluded.sample
                    """
            ).execute(arguments: [
                refused.source.description, refused.reason, refused.count,
                refused.time.nanoseconds, refused.column, refused.sample,
            ])
        }
    }

    func writeCounters(in db: Database) throws {
        let counters = step.counters
        try db.cachedStatement(
            sql: """
                INSERT INTO runtime (id, sequence, advanced_to, lines_accepted, lines_refused,
                    lines_late, lines_restamped, stamps_guessed, readings, readings_refused,
                    text_fields, texts_refused, text_changes_unkept, windows_closed,
                    maintenance_taken, maintenance_refused, readings_amending)
                VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence,
                    advanced_to = excluded.advanced_to, lines_accepted = excluded.lines_accepted,
                    lines_refused = excluded.lines_refused, lines_late = excluded.lines_late,
                    lines_restamped = excluded.lines_restamped,
                    stamps_guessed = excluded.stamps_guessed, readings = excluded.readings,
                    readings_refused = excluded.readings_refused,
                    text_fields = excluded.text_fields, texts_refused = excluded.texts_refused,
                    text_changes_unkept = excluded.text_changes_unkept,
                    windows_closed = excluded.windows_closed,
                    maintenance_taken = excluded.maintenance_taken,
                    maintenance_refused = excluded.maintenance_refused,
                    readings_amending = excluded.readings_amending
                """
        ).execute(arguments: [
            step.sequence, step.advancedTo.nanoseconds, column(counters.linesAccepted),
            column(counters.linesRefused), column(counters.linesLate),
            column(counters.linesRestamped), column(counters.stampsGuessed),
            column(counters.readings),
            column(counters.readingsRefused), column(counters.textFields),
            column(counters.textsRefused), column(counters.textChangesUnkept),
            column(counters.windowsClosed), column(counters.maintenanceTaken),
            column(counters.maintenanceRefused), column(counters.readingsAmending),
        ])
    }

    /// SQLite's integers are signed.
    private func column(_ count: UInt64) -> Int64 { Int64(clamping: count) }
}
