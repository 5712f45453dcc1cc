import GRDB

/// How much of the journal is in committed steps, apart from open windows: it is written with every
/// step, so that lines which came too late for their window amend it once, whenever the program is
/// killed.
package struct JournalPosition: Hashable, Sendable {
    /// All records up to this one are.
    package var record: UInt64
    /// So many lines behind it are too: a step may be sealed in the middle of a block of records.
    package var lines: UInt64

    package init(record: UInt64, lines: UInt64) {
        self.record = record
        self.lines = lines
    }

    private static let key = "journal_position"

    /// Without a journal nothing is known of one that there was.
    static func write(_ position: JournalPosition?, in db: Database) throws {
        guard let position else {
            return try db.cachedStatement(sql: "DELETE FROM metadata WHERE key = ?")
                .execute(arguments: [key])
        }
        try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO metadata (key, value) VALUES (?, ?)"
        ).execute(arguments: [key, "\(position.record) \(position.lines)"])
    }

    static func read(_ db: Database) throws -> JournalPosition? {
        let text = try String.fetchOne(
            db, sql: "SELECT value FROM metadata WHERE key = ?", arguments: [key])
        let numbers = (text ?? "").split(separator: " ").compactMap { UInt64($0) }
        guard numbers.count == 2 else { return nil }
        return JournalPosition(record: numbers[0], lines: numbers[1])
    }
}
