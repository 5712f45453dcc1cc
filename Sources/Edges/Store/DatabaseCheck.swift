import GRDB

/// One thing that was looked at, and what was found wrong with it.
package struct CheckResult: Hashable, Sendable {
    /// What was looked at, in a few words.
    package var subject: String
    /// How much of it there is: rows, pages, steps.
    package var looked: Int
    /// One sentence for each finding.
    package var findings: [String]

    package init(_ subject: String, looked: Int, findings: [String]) {
        self.subject = subject
        self.looked = looked
        self.findings = findings
    }
}

/// Looks whether a database says what `Schema` promises: the file is whole, rows refer to rows that
/// are there, and what constraints cannot say holds.
///
/// What comes in: a database, which may be in use. What goes out: one ``CheckResult`` for each
/// question. Everything is asked of one snapshot, and nothing is changed. What is deliberately
/// absent: repairing anything.
package struct DatabaseCheck: Sendable {
    private let database: StateDatabase

    /// Findings of one question that are told one by one.
    private static let findingsMost = 20

    package init(_ database: StateDatabase) { self.database = database }

    package func run() throws(StoreFailure) -> [CheckResult] {
        try database.read { db in
            let file = try file(db)
            // A damaged file says nothing more that could be believed.
            guard file.findings.isEmpty else { return [file] }
            var results = [file, try references(db)]
            for question in Self.questions {
                results.append(
                    CheckResult(
                        question.subject, looked: try Int.fetchOne(db, sql: question.looked) ?? 0,
                        findings: try String.fetchAll(
                            db, sql: question.findings + " LIMIT \(Self.findingsMost)")))
            }
            results.append(try amendments(db))
            results.append(try rollups(db))
            return results
        }
    }

    private func amendments(_ db: Database) throws -> CheckResult {
        CheckResult(
            "amended windows, as their late readings give them",
            looked: try AmendmentRows.total(db).windows,
            findings: try AmendmentRows.findings(db, most: Self.findingsMost))
    }

    private func rollups(_ db: Database) throws -> CheckResult {
        let check = RollupCheck(db)
        return CheckResult(
            "windows summed up, as they are", looked: try check.count(),
            findings: try check.findings(most: Self.findingsMost))
    }

    private func file(_ db: Database) throws -> CheckResult {
        let answers = try String.fetchAll(
            db, sql: "PRAGMA integrity_check(\(Self.findingsMost))")
        // An answer may have several lines, the first of which names the database.
        let lines = answers.flatMap { $0.split(separator: "\n") }
        return CheckResult(
            "pages of the database", looked: try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0,
            findings: lines.filter { $0 != "ok" && !$0.hasPrefix("***") }.prefix(Self.findingsMost)
                .map { "the database file is damaged: \($0)" })
    }

    private func references(_ db: Database) throws -> CheckResult {
        let rows = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check")
        let tables = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM sqlite_schema WHERE type = 'table'")
        return CheckResult(
            "tables with references", looked: tables ?? 0,
            findings: rows.prefix(Self.findingsMost).map { row in
                let table: String = row["table"]
                let parent: String = row["parent"]
                return "a row of \(table) refers to a row of \(parent) that is not there"
            })
    }

    private struct Question {
        var subject: String
        /// SQL for how much there is.
        var looked: String
        /// SQL for one sentence a finding.
        var findings: String
    }

    private static let questions = [
        Question(
            subject: "revisions of tickets, without a gap",
            looked: "SELECT count(*) FROM ticket_change",
            findings: """
                SELECT 'ticket ' || ticket || ' has ' || count(*) || ' changes, the last of which '
                    || 'is revision ' || max(revision)
                FROM ticket_change GROUP BY ticket
                HAVING max(revision) - min(revision) + 1 <> count(*) OR min(revision) <> 1
                    AND NOT EXISTS (SELECT 1 FROM metadata WHERE key = 'begins_after_step')
                """),
        Question(
            subject: "tickets, as their latest change left them",
            looked: "SELECT count(*) FROM ticket",
            findings: """
                SELECT 'ticket ' || ticket.id || ' is not what its latest change says'
                FROM ticket LEFT JOIN ticket_change AS change
                    ON change.ticket = ticket.id AND change.revision = ticket.revision
                WHERE change.document IS NOT ticket.document OR ticket.revision < (
                    SELECT max(revision) FROM ticket_change WHERE ticket = ticket.id)
                """),
        Question(
            subject: "changes of tickets, with their message",
            looked: "SELECT count(*) FROM ticket_change",
            findings: """
                SELECT 'change ' || ticket || '-' || revision || ' has no message in the outbox'
                FROM ticket_change WHERE NOT EXISTS (
                    SELECT 1 FROM outbox
                    WHERE sink = 'spool' AND event_id = ticket || '-' || revision)
                """),
        Question(
            subject: "windows, of devices that closed them",
            looked: "SELECT count(*) FROM window",
            findings: """
                SELECT 'a window of ' || device.name || '/' || signal.name || ' that starts at '
                    || window.start || ' was closed by no step'
                FROM window JOIN signal ON signal.id = window.signal
                    JOIN device ON device.id = signal.device
                WHERE NOT EXISTS (
                    SELECT 1 FROM device_score AS score
                    WHERE score.start = window.start AND score.device = device.id)
                AND NOT EXISTS (
                    SELECT 1 FROM window_closed AS closed WHERE closed.start = window.start
                        AND closed.signal = window.signal AND closed.count = 0)
                AND NOT EXISTS (
                    SELECT 1 FROM metadata WHERE key = 'amendments_final_through'
                        AND CAST(value AS INTEGER) >= window.start)
                """),
        Question(
            subject: "starts of windows, each listed",
            looked: "SELECT count(*) FROM window_start",
            findings: """
                SELECT 'windows that start at ' || start || ' are not listed'
                FROM window WHERE start NOT IN (SELECT start FROM window_start) GROUP BY start
                """),
        Question(
            subject: "closed windows, by steps that are known",
            looked: "SELECT count(*) FROM device_score",
            findings: """
                SELECT 'step ' || step || ' closed windows and is not known'
                FROM device_score WHERE step NOT IN (SELECT sequence FROM step) GROUP BY step
                """),
        Question(
            subject: "running times, as the latest window of a device left them",
            looked: "SELECT count(*) FROM device WHERE running_s IS NOT NULL",
            findings: """
                SELECT 'device ' || device.name || ' has run for ' || device.running_s
                    || ' s, and for ' || score.running_s || ' s by its latest window'
                FROM device JOIN device_score AS score
                    ON score.start = device.last_window AND score.device = device.id
                WHERE score.running_s <> device.running_s
                """),
    ]
}
