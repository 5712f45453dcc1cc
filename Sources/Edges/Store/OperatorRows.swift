import Engine
import GRDB
import Primitives
import Tickets

/// What became of operators' decisions, written with the step that took them.
enum OperatorRows {
    /// Returns the devices that have new maintenance events.
    static func write(_ step: EngineStep, in db: Database) throws -> Set<String> {
        var devices: Set<String> = []
        for var applied in step.commands {
            if case .maintenance(let event) = applied.command.action, applied.refusal == nil {
                let isNew = try MaintenanceRows.write(
                    event, by: applied.command.by, step: step.sequence, in: db)
                if isNew {
                    devices.insert(event.device)
                } else {
                    applied.refusal = .alreadyRecorded
                }
            }
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
            case .acknowledge, .plan, .close, .reopen, .maintenance: break
            }
        }
        for device in devices { try MaintenanceRows.renewLives(of: device, in: db) }
        return devices
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
        case "maintenance":
            guard let event = MaintenanceRows.event(row) else { return nil }
            action = .maintenance(event)
        default: return nil
        }
        return OperatorCommand(
            id: row["id"], action: action, by: row["given_by"], note: row["note"])
    }
}
