import ArgumentParser
import Daemon
import Store

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "What the database holds, as rows for other programs.",
        discussion: """
            Works beside a running daemon. Times are nanoseconds since 1970 in CSV and line \
            protocol, RFC 3339 in JSON lines. 'tickets' in JSON lines are the messages as \
            delivered; 'maintenance' in CSV is what 'maintenance import' reads.
            """)

    @Argument(help: "What to export.")
    var subject: ExportSubject
    @Option(help: "How to write it.")
    var format = ExportFormat.csv
    @Option(help: "Only this device.")
    var device: String?
    @Option(
        help: ArgumentHelp(
            "Only from this time on: RFC 3339, or nanoseconds since 1970.", valueName: "time"))
    var from: TimeArgument?
    @Option(help: ArgumentHelp("Only what is before this time.", valueName: "time"))
    var until: TimeArgument?
    @Option(help: ArgumentHelp("File to write; without it standard output.", valueName: "file"))
    var out: String?
    @OptionGroup var store: StoreOptions

    func validate() throws {
        if let from = from?.value, let until = until?.value, from >= until {
            throw ValidationError("--from must be before --until")
        }
    }

    func run() throws {
        try Console.run {
            let export = StateExport(
                subject, format, device: device, from: from?.value, until: until?.value)
            let report = try DataExport.run(
                export, stateDirectory: store.directory(), to: out
            ) { Console.out($0) }
            if let report { Console.error(report) }
        }
    }
}

extension ExportSubject: ExpressibleByArgument {}
extension ExportFormat: ExpressibleByArgument {}
