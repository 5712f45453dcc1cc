import Engine
import GRDB
import Primitives
import Tickets

/// What became of operators' decisions, written with the step that took them.
enum OperatorRows {
    static func write(_ step: EngineStep, in db: Database) throws {
        for applied in step.commands {
            try db.cachedStatement(
                sql: "UPDATE operator_command SET step = ?, refusal = ? WHERE id = ?"
            ).execute(arguments: [
                step.sequence, applied.refusal?.rawValue, applied.command.id,
            ])
            guard applied.refusal == nil else { continue }
            switch applied.command.action {
            case .shelve(let device, let duration):
                try db.execute(
                    sql: "UPDATE device SET shelved_from = ?, shelved_until = ? WHERE name = ?",
                    arguments: [
                        step.advancedTo.nanoseconds, (step.advancedTo + duration).nanoseconds,
                        device,
                    ])
            case .unshelve(let device):
                try db.execute(
                    sql: "UPDATE device SET shelved_until = ? WHERE name = ?",
                    arguments: [step.advancedTo.nanoseconds, device])
            case .acknowledge, .plan, .close, .reopen: break
            }
        }
    }

    /// A row as the engine takes it; `nil` for a row this version does not understand.
    static func command(_ row: Row) -> OperatorCommand? {
        let ticket = row["ticket"] as String? ?? ""
        let device = row["device"] as String? ?? ""
        let action: OperatorCommand.Action
        switch row["action"] as String {
        case "acknowledge": action = .acknowledge(ticket: ticket)
        case "plan":
            action = .plan(ticket: ticket, at: Timestamp(nanoseconds: row["planned_for"] ?? 0))
        case "close":
            guard let outcome = CloseOutcome(rawValue: row["outcome"] ?? "") else { return nil }
            action = .close(ticket: ticket, outcome: outcome, part: row["part"])
        case "reopen": action = .reopen(ticket: ticket)
        case "shelve":
            action = .shelve(device: device, duration: TimeSpan(nanoseconds: row["duration"] ?? 0))
        case "unshelve": action = .unshelve(device: device)
        default: return nil
        }
        return OperatorCommand(
            id: row["id"], action: action, by: row["given_by"], note: row["note"])
    }
}
