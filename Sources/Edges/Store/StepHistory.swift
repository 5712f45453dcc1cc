package import Engine
import GRDB
package import Primitives
import Windows

/// What committed steps closed, in order, for the second fold of a restart.
package struct StepHistory: Sendable {
    private let database: StateDatabase

    /// Steps looked at together. A step holds a few thousand windows at most.
    private static let stepsPerRead = 64

    package init(_ database: StateDatabase) {
        self.database = database
    }

    /// The last committed step and how far time had advanced with it; 0 in a new database.
    package func last() throws(StoreFailure) -> (sequence: Int, advancedTo: Timestamp) {
        try database.read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT max(sequence) AS sequence, max(advanced_to) AS time FROM step")
            return (
                row?["sequence"] ?? 0,
                (row?["time"] as Int64?).map(Timestamp.init(nanoseconds:)) ?? .distantPast
            )
        }
    }

    /// The windows of some steps after `sequence`, in order of step, window end and device, and
    /// the last step they come from; `nil` when there are no more steps.
    package func frames(
        after sequence: Int
    ) throws(StoreFailure) -> (frames: [RecordedFrame], through: Int)? {
        try database.read { db in
            let range = try Row.fetchOne(
                db,
                sql: """
                    SELECT max(sequence) AS through, min(first_window) AS first,
                        max(last_window) AS last
                    FROM (SELECT * FROM step WHERE sequence > ? ORDER BY sequence LIMIT ?)
                    """, arguments: [sequence, Self.stepsPerRead])
            guard let through = range?["through"] as Int? else { return nil }
            guard let first = range?["first"] as Int64?, let last = range?["last"] as Int64?
            else { return ([], through) }
            // The tables are clustered by start: the range bounds what is looked at.
            let scores = try Row.fetchAll(
                db,
                sql: """
                    SELECT score.start AS start, score."end" AS "end", device.id AS id,
                        device.name AS name, device.class AS class,
                        device.first_seen AS first_seen
                    FROM device_score AS score JOIN device ON device.id = score.device
                    WHERE score.start BETWEEN ? AND ? AND score.step > ? AND score.step <= ?
                    ORDER BY score.step, score."end", device.name
                    """, arguments: [first, last, sequence, through])
            return (try scores.map { try frame($0, db) }, through)
        }
    }

    /// The committed document of a ticket's revision.
    package func document(ticket: String, _ revision: Int) throws(StoreFailure) -> String? {
        try database.read { db in
            try String.fetchOne(
                db, sql: "SELECT document FROM ticket_change WHERE ticket = ? AND revision = ?",
                arguments: [ticket, revision])
        }
    }

    /// Keeps how many changes of the last restart were not the committed ones, for `status`.
    package func record(refoldDifferences count: Int) throws(StoreFailure) {
        try database.write { db in
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO metadata (key, value) VALUES ('refold_differences', ?)
                    """, arguments: [String(count)])
        }
    }

    private func frame(_ row: Row, _ db: Database) throws -> RecordedFrame {
        let device: Int64 = row["id"]
        let start: Int64 = row["start"]
        let attributes = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT key, value FROM device_attribute WHERE device = ? ORDER BY key"),
            arguments: [device])
        // From the device's signals to their windows: the other way round every window of the
        // gateway with the same start would be looked at.
        let windows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT signal.name AS name, count, min, max, mean, sd, first, last
                    FROM signal CROSS JOIN window
                    WHERE signal.device = ? AND window.start = ? AND window.signal = signal.id
                    ORDER BY signal.id
                    """), arguments: [device, start])
        return RecordedFrame(
            device: row["name"], deviceClass: row["class"],
            attributes: attributes.map { Device.Attribute(key: $0["key"], value: $0["value"]) },
            firstSeen: Timestamp(nanoseconds: row["first_seen"]),
            start: Timestamp(nanoseconds: start), end: Timestamp(nanoseconds: row["end"]),
            rows: windows.map { window in
                RecordedFrame.Row(
                    signal: window["name"],
                    summary: WindowSummary(
                        signal: SignalID(rawValue: 0), count: window["count"],
                        minimum: window["min"] ?? .nan, maximum: window["max"] ?? .nan,
                        mean: window["mean"] ?? .nan, deviation: window["sd"] ?? .nan,
                        first: window["first"] ?? .nan, last: window["last"] ?? .nan))
            })
    }
}
