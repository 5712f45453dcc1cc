package import Logging
import Platform
import Primitives
package import Store
import Tickets

/// Maintenance events in and out by the command line.
package enum MaintenanceHistory {
    /// Refused rows that are named; the rest is counted.
    static let refusalsNamed = 20

    /// Reads a file of events; without a header that can be read it is an error.
    package static func read(_ path: String) throws(CommandFailure) -> MaintenanceFile {
        let bytes: [UInt8]?
        do throws(SystemFailure) {
            let file = try InputFile(path: path)
            let size = file.size.flatMap { $0 > UInt64(MaintenanceFile.bytesMost) ? nil : Int($0) }
            bytes = size.map { file.head($0) }
        } catch {
            throw CommandFailure(error.description, .inputOutput)
        }
        guard let bytes else {
            throw CommandFailure(
                "cannot read \(path): it is no file of at most \(MaintenanceFile.bytesMost) bytes "
                    + "- split it", .badInput)
        }
        let file = MaintenanceFile(bytes)
        guard file.hasHeader else { throw refusal(of: file, path) }
        return file
    }

    /// What is to be said of refused rows; also of a header.
    package static func refusal(of file: MaintenanceFile, _ path: String) -> CommandFailure {
        var lines = file.refusals.prefix(refusalsNamed).map { "    " + $0.description }
        if file.refusals.count > refusalsNamed {
            lines.append("    and \(file.refusals.count - refusalsNamed) more")
        }
        let count = file.refusals.count
        let rows = count == 1 ? "1 row of \(path) was" : "\(count) rows of \(path) were"
        let what = file.hasHeader ? rows : "\(path) was"
        return CommandFailure("\(what) refused\n" + lines.joined(separator: "\n"), .badInput)
    }

    /// What an import came to.
    package struct Imported: Sendable {
        package var text: String
        /// Rows that were refused; all others were taken.
        package var failure: CommandFailure?
    }

    /// Gives every event of a file that the history does not have yet.
    package static func take(
        _ path: String, by: String?, stateDirectory: String, configuration: DaemonConfiguration,
        json: Bool, logger: Logger
    ) throws(CommandFailure) -> Imported {
        let file = try read(path)
        do {
            let model = try ReadModel(StateDirectory(reading: stateDirectory))
            var known = Set(try model.maintenance().map { identity($0.event) })
            let new = file.events.sorted().filter { known.insert(identity($0)).inserted }
            let fates = try OperatorDecision.give(
                new.map { (.maintenance($0), $0.note) }, by: by, stateDirectory: stateDirectory,
                configuration: configuration, logger: logger)
            return Imported(
                text: text(file, new: new.count, fates, json: json),
                failure: file.refusals.isEmpty && fates.refused == 0
                    ? nil : failure(file, path, fates))
        } catch {
            throw CommandFailure(because: error)
        }
    }

    /// Part, cost and note do not make another event.
    private static func identity(_ event: MaintenanceEvent) -> MaintenanceEvent {
        MaintenanceEvent(
            time: event.time, device: event.device, component: event.component, kind: event.kind)
    }

    private static func failure(
        _ file: MaintenanceFile, _ path: String, _ fates: OperatorInbox.Fates
    ) -> CommandFailure {
        guard file.refusals.isEmpty else { return refusal(of: file, path) }
        return CommandFailure(
            "\(fates.refused) events were refused: more wait than are kept - import them in parts",
            .findings)
    }

    private static func text(
        _ file: MaintenanceFile, new: Int, _ fates: OperatorInbox.Fates, json: Bool
    ) -> String {
        let known = file.events.count - new
        guard json else {
            return "Events recorded: \(fates.applied); waiting: \(fates.waiting); known already: "
                + "\(known); rows refused: \(file.refusals.count)."
        }
        var text = JSONText()
        text.object { json in
            json.member("recorded", fates.applied)
            json.member("waiting", fates.waiting)
            json.member("known", known)
            json.member("refused", file.refusals.count + fates.refused)
        }
        return text.text
    }

    /// The history, and what waits to become part of it.
    package static func list(
        stateDirectory: String, device: String?, json: Bool
    ) throws(CommandFailure) -> String {
        do {
            let rows = try ReadModel(StateDirectory(reading: stateDirectory))
                .maintenance(of: device)
            if json { return document(rows) }
            if rows.isEmpty { return "No maintenance events." }
            var table = TextTable([
                "TIME", "DEVICE", "COMPONENT", "EVENT", "RUNNING", "PART", "COST", "BY", "STATE",
                "NOTE",
            ])
            for row in rows {
                let event = row.event
                table.add([
                    event.time.rfc3339, event.device,
                    event.component.isEmpty ? "-" : event.component, event.kind.rawValue,
                    row.running.map(OperationReport.hours) ?? "-",
                    event.part ?? "-", event.cost.map(amount) ?? "-", row.by,
                    row.isWaiting ? "waiting" : "recorded", event.note ?? "-",
                ])
            }
            return table.text
        } catch {
            throw CommandFailure(error)
        }
    }

    /// In full: `181.5`, `24000`.
    private static func amount(_ cost: Double) -> String {
        Int64(exactly: cost).map(String.init) ?? "\(cost)"
    }

    private static func document(_ rows: [ReadModel.MaintenanceRow]) -> String {
        var json = JSONText()
        json.array { json in
            for row in rows {
                json.object { json in
                    json.member("time", row.event.time.rfc3339)
                    json.member("device", row.event.device)
                    json.member("component", row.event.component)
                    json.member("event", row.event.kind.rawValue)
                    json.member("part", row.event.part)
                    json.member("cost", row.event.cost)
                    json.member("note", row.event.note)
                    json.member("running_s", row.running)
                    json.member("by", row.by)
                    json.member("state", row.isWaiting ? "waiting" : "recorded")
                }
            }
        }
        return json.text
    }
}
