import Engine
import Foundation
package import Logging
import Platform
import Primitives
import Store

/// `forestall verify`: is what the state directory holds whole, and does it agree with itself?
package enum StateCheck {
    /// The report, and whether nothing was found.
    package struct Report: Sendable {
        package var text: String
        package var isClean: Bool
    }

    /// Looks at the database, the spool, the checkpoints, and whether committed windows give the
    /// committed tickets again: after the newest checkpoint, or with `fromNothing` all of them.
    package static func run(
        stateDirectory: String, configuration: DaemonConfiguration, fromNothing: Bool, json: Bool,
        logger: Logger
    ) throws(CommandFailure) -> Report {
        do throws(StoreFailure) {
            let directory = StateDirectory(reading: stateDirectory)
            let database = try StateDatabase(reading: directory)
            var results = try DatabaseCheck(database).run()
            if results[0].findings.isEmpty {
                results.append(try spool(database))
                let last = try StepHistory(database).last().sequence
                results.append(checkpoints(directory, last: last))
                results.append(
                    try refold(database, directory, configuration, fromNothing, logger))
            }
            try database.close()
            return Report(
                text: json ? object(results) : table(results),
                isClean: results.allSatisfy(\.findings.isEmpty))
        } catch {
            throw CommandFailure(error)
        }
    }

    /// A file of the spool may have been taken away, but none may be there that nobody wrote.
    private static func spool(_ database: StateDatabase) throws(StoreFailure) -> CheckResult {
        let path = database.directory.spoolPath
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let known = try Set(
            Outbox(database).eventIDs(for: .spool).map(StateDirectory.spoolFileName))
        return CheckResult(
            "files of the spool, from the outbox", looked: names.count,
            findings: names.sorted().filter { !known.contains($0) }.map {
                "\(path)/\($0) is of no message in the outbox"
            })
    }

    private static func checkpoints(_ directory: StateDirectory, last: Int) -> CheckResult {
        let headers = CheckpointFiles(directory: directory.path).headers()
        return CheckResult(
            "checkpoints, whole and not ahead", looked: headers.count,
            findings: headers.compactMap { path, header in
                guard let header else {
                    return "\(path) is damaged; a start uses the other one, or all windows"
                }
                guard header.sequence > last else { return nil }
                return "\(path) is of step \(header.sequence), the database ends at \(last)"
            })
    }

    private static func refold(
        _ database: StateDatabase, _ directory: StateDirectory,
        _ configuration: DaemonConfiguration, _ fromNothing: Bool, _ logger: Logger
    ) throws(StoreFailure) -> CheckResult {
        let subject =
            fromNothing
            ? "steps, all of them folded again" : "steps after the checkpoint, folded again"
        let beginning = try StepHistory(database).beginsAfter()
        if fromNothing, beginning > 0 {
            return CheckResult(
                subject + ": left out, those up to step \(beginning) are in a damaged database "
                    + "that was set aside", looked: 0, findings: [])
        }
        // A daemon and a replay of the same configuration differ in where their time comes from.
        let clocks = [true, false].map { usesEventClock in
            var configuration = configuration
            configuration.useEventClock(usesEventClock)
            return configuration
        }
        let committed = try StepHistory(database).configurations()
        let fitting = clocks.first { clock in committed.allSatisfy { $0 == clock.version } }
        guard let configuration = fitting else {
            return CheckResult(
                subject + ": left out, they were made under another configuration", looked: 0,
                findings: [])
        }
        let restoration = StateRestoration(
            files: CheckpointFiles(directory: directory.path), database: database, logger: logger)
        let differences = try restoration.differences(
            configuration.runningEngine, fromNothing: fromNothing)
        guard let outcome = differences else {
            return CheckResult(
                subject + ": left out, the oldest windows are no longer kept", looked: 0,
                findings: [])
        }
        return CheckResult(subject, looked: outcome.steps, findings: outcome.sentences)
    }

    private static func table(_ results: [CheckResult]) -> String {
        var table = TextTable([])
        for result in results {
            table.add([
                result.findings.isEmpty ? "ok" : "WRONG", String(result.looked), result.subject,
            ])
        }
        return ([table.text] + results.flatMap(\.findings)).joined(separator: "\n")
    }

    private static func object(_ results: [CheckResult]) -> String {
        var json = JSONText()
        json.array { json in
            for result in results {
                json.object { json in
                    json.member("subject", result.subject)
                    json.member("looked", result.looked)
                    json.member(
                        "findings",
                        array: { json in
                            for finding in result.findings { json.value(finding) }
                        })
                }
            }
        }
        return json.text
    }
}
