import Detection
import Engine
import GRDB
import Logging
import Primitives
import Tickets

/// Rows of tickets, their changes, decisions and alerts, and the messages that go with them.
struct TicketRows: Sendable {
    let gateway: String
    let logger: Logger

    /// What ids in the step stand for.
    struct Context {
        var names: StepNames
        var rows: SeriesRows
    }

    func write(
        _ step: EngineStep, _ context: Context, in db: Database, _ outcome: inout StepOutcome
    ) throws {
        for change in step.changes { try write(change, step: step.sequence, in: db, &outcome) }
        for decision in step.decisions {
            try db.cachedStatement(
                sql: """
                    INSERT INTO ticket_decision (device, component, time, reason)
                    VALUES (?, ?, ?, ?)
                    ON CONFLICT (device, component) DO UPDATE SET time = excluded.time,
                        reason = excluded.reason WHERE excluded.time >= time
                    """
            ).execute(arguments: [
                context.rows[decision.device],
                context.names.component(decision.component, of: decision.device),
                decision.time.nanoseconds, decision.reason.rawValue,
            ])
        }
        for alert in step.alerts { try write(alert, context, in: db, &outcome) }
    }

    /// A change that is there already stays as it was committed, and nothing is sent again.
    private func write(
        _ change: TicketChange, step: Int, in db: Database, _ outcome: inout StepOutcome
    ) throws {
        let document = TicketDocument.json(change)
        let committed = try String.fetchOne(
            db.cachedStatement(
                sql: "SELECT document FROM ticket_change WHERE ticket = ? AND revision = ?"),
            arguments: [change.ticket.id, change.revision])
        if let committed {
            outcome.changesKept += 1
            guard committed != document else { return }
            outcome.changesDiffering += 1
            logger.warning(
                "ticket change differs from the committed one, which is kept",
                metadata: [
                    "ticket.change": "\(change.id)", "committed": "\(committed)",
                    "refused": "\(document)",
                ])
            return
        }
        try supersede(whatStandsInTheWayOf: change, step: step, in: db, &outcome)
        try writeTicket(change, document: document, in: db)
        try writeChange(
            change.ticket.id, revision: change.revision, type: change.kind.rawValue,
            time: change.time, reason: change.reason.rawValue, document: document, step: step,
            in: db)
        outcome.changes += 1
        let event = CloudEvent(
            id: change.id, gateway: gateway, kind: change.kind.rawValue,
            subject: change.ticket.device, time: change.time.rfc3339, data: document)
        try enqueue(
            change.id, event: event, line: AlertLine.ticket(change), time: change.time, in: db,
            &outcome)
    }

    private func writeTicket(
        _ change: TicketChange, document: String, in db: Database
    ) throws {
        let ticket = change.ticket
        try db.cachedStatement(
            sql: """
                INSERT INTO ticket (id, device, component, failure_mode, state, revision, severity,
                    health, risk, horizon_s, p05, p50, p95, first_seen, opened_at, updated_at,
                    service_by, sentence, document)
                VALUES (:id, (SELECT id FROM device WHERE name = :device), :component, :mode,
                    :state, :revision, :severity, :health, :risk, :horizon, :p05, :p50, :p95,
                    :first, :opened, :time, :service, :sentence, :document)
                ON CONFLICT (id) DO UPDATE SET
                    state = CASE WHEN :keeps AND state IN ('acknowledged', 'planned', 'recovered')
                        THEN state ELSE excluded.state END,
                    revision = excluded.revision, severity = excluded.severity,
                    health = excluded.health, risk = excluded.risk,
                    horizon_s = excluded.horizon_s, p05 = excluded.p05, p50 = excluded.p50,
                    p95 = excluded.p95, opened_at = excluded.opened_at,
                    updated_at = excluded.updated_at, service_by = excluded.service_by,
                    sentence = excluded.sentence, document = excluded.document
                WHERE excluded.revision > revision
                """
        ).execute(arguments: [
            "id": ticket.id, "device": ticket.device, "component": ticket.component,
            "mode": ticket.failureMode, "state": change.kind.ticketState,
            "keeps": change.kind.keepsTicketState, "revision": change.revision,
            "severity": ticket.severity.name, "health": ticket.health, "risk": ticket.risk,
            "horizon": ticket.horizon?.seconds, "p05": ticket.remaining?.p05,
            "p50": ticket.remaining?.p50, "p95": ticket.remaining?.p95,
            "first": ticket.firstSeen.nanoseconds, "opened": ticket.openedAt.nanoseconds,
            "time": change.time.nanoseconds, "service": ticket.serviceBy?.nanoseconds,
            "sentence": ticket.sentence, "document": document,
        ])
    }

    private func writeChange(
        _ ticket: String, revision: Int, type: String, time: Timestamp, reason: String,
        document: String, step: Int, in db: Database
    ) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO ticket_change (ticket, revision, type, time, reason, document, step)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [ticket, revision, type, time.nanoseconds, reason, document, step])
    }

    /// A program that lost its memory opens a second ticket for a component. The schema allows one;
    /// refusing the step for ever would help nobody, so the older ticket is closed, with a change
    /// of its own that is delivered like any other.
    private func supersede(
        whatStandsInTheWayOf change: TicketChange, step: Int, in db: Database,
        _ outcome: inout StepOutcome
    ) throws {
        guard change.kind != .closed else { return }
        let standing = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, revision + 1 AS next, severity, document FROM ticket
                    WHERE device = (SELECT id FROM device WHERE name = ?) AND component = ?
                        AND state <> 'closed' AND id <> ?
                    """),
            arguments: [change.ticket.device, change.ticket.component, change.ticket.id])
        for row in standing {
            let ticket: String = row["id"]
            let next: Int = row["next"]
            let sentence = "Superseded by ticket \(change.ticket.id) for the same component."
            let id = "\(ticket)-\(next)"
            let time = change.time.rfc3339
            let document =
                try String.fetchOne(
                    db.cachedStatement(
                        sql: """
                            SELECT json_set(?, '$.id', ?, '$.revision', ?, '$.type', 'closed',
                                '$.time', ?, '$.previous_severity', NULL, '$.reason', ?)
                            """),
                    arguments: [row["document"] as String, id, next, time, sentence]) ?? "{}"
            try db.cachedStatement(
                sql: """
                    UPDATE ticket SET state = 'closed', revision = ?, updated_at = ?,
                        sentence = ?, document = ? WHERE id = ?
                    """
            ).execute(arguments: [next, change.time.nanoseconds, sentence, document, ticket])
            try writeChange(
                ticket, revision: next, type: "closed", time: change.time, reason: "superseded",
                document: document, step: step, in: db)
            let event = CloudEvent(
                id: id, gateway: gateway, kind: "closed", subject: change.ticket.device,
                time: time, data: document)
            let line = AlertLine.superseded(
                ticket, time: change.time, device: change.ticket.device,
                component: change.ticket.component, severity: row["severity"], sentence: sentence)
            try enqueue(id, event: event, line: line, time: change.time, in: db, &outcome)
            outcome.ticketsSuperseded += 1
            logger.warning(
                "open ticket closed because another was opened for the same component",
                metadata: [
                    "ticket": "\(ticket)", "successor": "\(change.ticket.id)",
                    "device": "\(change.ticket.device)",
                ])
        }
    }

    private func write(
        _ alert: ConditionAlert, _ context: Context, in db: Database,
        _ outcome: inout StepOutcome
    ) throws {
        let device = context.names[alert.device]
        try db.cachedStatement(
            sql: """
                INSERT INTO alert (time, device, kind, health, score, signal)
                VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (time, device, kind) DO NOTHING
                """
        ).execute(arguments: [
            alert.time.nanoseconds, context.rows[alert.device], alert.kind.rawValue,
            alert.health, alert.score, alert.signal.map { context.rows[$0] },
        ])
        guard db.changesCount > 0 else { return }
        let line = AlertLine.condition(
            alert, device: device, signal: alert.signal.map { context.names[$0] })
        let isNew = try Outbox.enqueue(
            .alerts, eventID: "\(device)/\(alert.kind.rawValue)/\(alert.time.nanoseconds)",
            payload: line, time: alert.time, in: db)
        if isNew { outcome.messages += 1 }
    }

    private func enqueue(
        _ id: String, event: CloudEvent, line: String, time: Timestamp, in db: Database,
        _ outcome: inout StepOutcome
    ) throws {
        for (sink, payload) in [(OutboxSink.spool, event.json), (OutboxSink.alerts, line)] {
            let isNew = try Outbox.enqueue(
                sink, eventID: id, payload: payload, time: time, in: db)
            if isNew { outcome.messages += 1 }
        }
    }
}

extension TicketChange.Kind {
    /// The state a ticket is in after the change.
    fileprivate var ticketState: String {
        switch self {
        case .opened, .updated, .escalated, .deescalated, .reopened: "open"
        case .recovered: "recovered"
        case .acknowledged: "acknowledged"
        case .planned: "planned"
        case .closed: "closed"
        }
    }

    /// New evidence does not undo what somebody decided about the ticket.
    fileprivate var keepsTicketState: Bool {
        switch self {
        case .updated, .escalated, .deescalated: true
        default: false
        }
    }
}
