import GRDB
import Testing

@testable import Store

/// The constraints carry the invariants, whoever writes.
@Suite struct SchemaTests {
    private func check(_ sql: String, refused constraint: String?) throws {
        let store = try TestStore()
        var writer = try store.writer()
        _ = try writer.write(Sample.step())
        do {
            try store.execute(sql)
            #expect(constraint == nil, "accepted: \(sql)")
        } catch let error as DatabaseError {
            #expect(error.message?.contains(constraint ?? "nothing refused") == true, "\(error)")
        }
    }

    private static let ticket = """
        INSERT INTO ticket (id, device, component, failure_mode, state, revision, severity,
            first_seen, opened_at, updated_at, sentence, document)
        """

    @Test(
        arguments: [
            (
                ticket + "VALUES ('b', 1, 'bearing', 'm', 'open', 1, 'advice', 1, 1, 1, 's', '{}')",
                "UNIQUE constraint failed: ticket.device, ticket.component"
            ),
            (
                ticket
                    + "VALUES ('b', 1, 'bearing', 'm', 'planned', 1, 'advice', 1, 1, 1, 's', '{}')",
                "UNIQUE constraint failed: ticket.device, ticket.component"
            ),
            (
                ticket
                    + "VALUES ('b', 1, 'bearing', 'm', 'closed', 1, 'advice', 1, 1, 1, 's', '{}')",
                nil
            ),
            (ticket + "VALUES ('b', 1, 'seal', 'm', 'open', 1, 'advice', 1, 1, 1, 's', '{}')", nil),
            (
                ticket + "VALUES ('b', 9, 'seal', 'm', 'open', 1, 'advice', 1, 1, 1, 's', '{}')",
                "FOREIGN KEY"
            ),
            (
                ticket + "VALUES ('b', 1, 'seal', 'm', 'lost', 1, 'advice', 1, 1, 1, 's', '{}')",
                "state IN"
            ),
            (
                ticket + "VALUES ('b', 1, 'seal', 'm', 'open', 0, 'advice', 1, 1, 1, 's', '{}')",
                "revision >= 1"
            ),
            (
                ticket + "VALUES ('b', 1, 'seal', 'm', 'open', 1, 'minor', 1, 1, 1, 's', '{}')",
                "severity IN"
            ),
            (
                ticket + "VALUES ('b', 1, 'seal', 'm', 'open', 1, 'advice', 1, 1, 1, 's', '{')",
                "json_valid"
            ),
        ] as [(String, String?)])
    func tickets(_ sql: String, _ constraint: String?) throws {
        try check(sql, refused: constraint)
    }

    /// Its key is the first millisecond and a signal.
    private static let window =
        "INSERT INTO window (key, count, min, max, mean, sd, first, last) VALUES "
    private static let score = "INSERT INTO device_score VALUES "

    @Test(
        arguments: [
            (window + "(524289, 0, 1, 2, 1.5, 0, 1, 2)", "count > 0"),
            (window + "(524289, -1, 1, 2, 1.5, 0, 1, 2)", "count > 0"),
            (window + "(524289, 1, 3, 2, 1.5, 0, 1, 2)", "min <= max"),
            (window + "(524289, 1, 1, 2, 1.5, -1, 1, 2)", "sd >= 0"),
            (window + "(524387, 1, 1, 2, 1.5, 0, 1, 2)", "FOREIGN KEY"),
            (window + "(524289, 1, NULL, NULL, NULL, NULL, NULL, NULL)", nil),
            ("INSERT INTO window_start VALUES (1)", "start % 1000000 = 0"),
            ("INSERT INTO window_start VALUES (1000000)", nil),
            (
                score + "(1, 1, 2, 1, 1.5, 1, 50, 'normal', 1, NULL, NULL, NULL)",
                "score BETWEEN"
            ),
            (
                score + "(1, 1, 2, 1, 0.5, 1, 101, 'normal', 1, NULL, NULL, NULL)",
                "health BETWEEN"
            ),
            (
                score + "(1, 1, 2, 1, 0.5, 1, 50, 'odd', 1, NULL, NULL, NULL)",
                "state ="
            ),
            (
                score + "(2, 1, 2, 1, 0.5, 1, 50, 'normal', 1, NULL, NULL, NULL)",
                "start <"
            ),
            (
                score + "(1, 1, 2, 1, 0.5, 1, 50, 'normal', 1, 'idle', 60, NULL)", nil
            ),
            (
                score + "(1, 1, 2, 1, 0.5, 1, 50, 'normal', 1, 'asleep', 60, NULL)", "operating ="
            ),
            (
                score + "(1, 1, 2, 1, 0.5, 1, 50, 'normal', 1, 'idle', -1, NULL)",
                "running_s >= 0"
            ),
            ("UPDATE device SET operating = 'odd'", "operating ="),
            ("UPDATE device SET running_s = -1", "running_s >= 0"),
            ("UPDATE device SET idle_s = -1", "idle_s >= 0"),
            ("UPDATE device SET observed_s = -1", "observed_s >= 0"),
            ("UPDATE device SET starts = -1", "starts >= 0"),
            (
                "INSERT INTO signal_score VALUES (1, 1, -0.5, 1, 'normal', 'good', 0)",
                "score BETWEEN"
            ),
            ("INSERT INTO signal_score VALUES (1, 1, 0.5, 1, 'normal', 'bad', 0)", "quality ="),
            ("UPDATE device SET clock_state = 'slow'", "clock_state ="),
            ("UPDATE signal SET quality = 'bad'", "quality ="),
            ("UPDATE signal SET step_size = 0", "step_size > 0"),
            ("INSERT INTO prognosis VALUES (1, 'c', 1, 60, 0.5, 3, 2, 4, 'r')", "p05 <= p50"),
            ("INSERT INTO prognosis VALUES (1, 'c', 1, 60, 1.5, 1, 2, 3, 'r')", "risk BETWEEN"),
            ("INSERT INTO signal (device, name) VALUES (1, 'pump.vibration_rms')", "UNIQUE"),
            ("INSERT INTO device (name, class, first_seen) VALUES ('', 'c', 1)", "name <> ''"),
            (
                "INSERT INTO outbox (sink, event_id, payload, time) VALUES ('fax', 'e', '', 1)",
                "sink IN"
            ),
            (
                "INSERT INTO outbox (sink, event_id, payload, time) "
                    + "VALUES ('spool', '00c0ffee00c0ffee-1', '', 1)", "UNIQUE"
            ),
            ("UPDATE outbox SET attempts = -1", "attempts >= 0"),
            ("INSERT INTO refusal VALUES ('s', 'r', -1, 1, 1, '')", "count > 0"),
            (
                "INSERT INTO step (sequence, advanced_to, windows, changes, configuration, input_name) "
                    + "VALUES (9, 1, 0, 0, 'c', 'f')", "input_name IS NULL"
            ),
            ("INSERT INTO runtime (id) VALUES (2)", "id = 1"),
            (
                "INSERT INTO ticket_change VALUES "
                    + "('00c0ffee00c0ffee', 1, 'updated', 1, 'r', '{}', NULL)",
                "UNIQUE"
            ),
            (
                "INSERT INTO ticket_change VALUES ('nobody', 1, 'opened', 1, 'r', '{}', 1)",
                "FOREIGN KEY"
            ),
            ("DELETE FROM device", "FOREIGN KEY"),
        ] as [(String, String?)])
    func everythingElse(_ sql: String, _ constraint: String?) throws {
        try check(sql, refused: constraint)
    }

    /// People who open the file find the explanations in `.schema`.
    @Test func schemaIsDocumentedInTheFile() throws {
        let store = try TestStore()
        let sql = try store.rows("SELECT sql FROM sqlite_schema WHERE name = 'window'")
        #expect(sql.first?.contains("-- one row per signal and closed window") == true)
        #expect(try store.rows("PRAGMA application_id") == ["1181708901"])
        #expect(try store.rows("PRAGMA journal_mode") == ["wal"])
    }
}
