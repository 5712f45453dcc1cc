import GRDB

/// Part of version 9 of the schema: lists of words in the constraints of tables that get rows with
/// every window become comparisons.
///
/// `state IN ('a', 'b', 'c')` builds a table of the words for every row that is written, which took
/// two thirds of the time of a row of `device_score`; `state = 'a' OR state = 'b' ...` takes none
/// that can be measured. Nothing else changes, so the text of the tables is exchanged where it
/// lies, in the way SQLite documents for changing a constraint (lang_altertable, "Making Other
/// Kinds Of Table Schema Changes"): no row is moved.
enum CheckSchema {
    private static let tables = ["device", "signal", "device_score", "signal_score"]

    static func migrate(_ db: Database) throws {
        let version = try Int.fetchOne(db, sql: "PRAGMA schema_version") ?? 0
        try db.execute(sql: "PRAGMA writable_schema = ON")
        for table in tables {
            let sql = try String.fetchOne(
                db, sql: "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?",
                arguments: [table])
            guard let sql else { continue }
            try db.execute(
                sql: "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?",
                arguments: [withoutLists(sql), table])
        }
        // Other connections, and this one, read the tables anew.
        try db.execute(sql: "PRAGMA schema_version = \(version + 1)")
        try db.execute(sql: "PRAGMA writable_schema = RESET")
        db.clearSchemaCache()
    }

    /// `CHECK (x IN ('a', 'b'))` becomes `CHECK (x = 'a' OR x = 'b')`.
    static func withoutLists(_ sql: String) -> String {
        sql.replacing(/CHECK \((?<column>\w+) IN \((?<words>[^)]*)\)\)/) { match in
            let comparisons = match.words.split(separator: ",").map { word in
                "\(match.column) = \(word.trimmingPrefix { $0.isWhitespace })"
            }
            return "CHECK (\(comparisons.joined(separator: " OR ")))"
        }
    }
}
