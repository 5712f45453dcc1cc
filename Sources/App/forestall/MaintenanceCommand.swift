import ArgumentParser
import Daemon
import Primitives
import Tickets

struct MaintenanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintenance",
        abstract: "Failures, replacements, repairs and inspections of machines, as inputs.",
        discussion: """
            A failed machine is neither judged nor missed until its repair, replacement or \
            commissioning is recorded. Those begin a new life of the component: its tickets are \
            closed, its age starts from nothing, and what is normal is learned anew. A retired \
            machine is never judged or missed again; an inspection is only recorded.
            """,
        subcommands: [Record.self, Import.self, List.self])

    struct Record: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "record", abstract: "Record one event.")

        @Argument(help: "Name of the device; it need not have sent anything yet.")
        var device: String
        @Argument(help: "What happened.")
        var event: MaintenanceEvent.Kind
        @Option(
            help: ArgumentHelp(
                "Component, as the class declares it; without it the whole device.",
                valueName: "name"))
        var component: String?
        @Option(
            help: ArgumentHelp(
                "When: RFC 3339, or nanoseconds since 1970; without it now.", valueName: "time"))
        var at: TimeArgument?
        @Option(help: "Number of the part that was put in.")
        var part: String?
        @Option(help: "What it cost, in the plant's currency.")
        var cost: Double?
        @Option(help: "A note for whoever reads the history.")
        var note: String?
        @OptionGroup var options: DecisionOptions

        func validate() throws {
            do throws(MaintenanceEvent.Fault) {
                _ = try MaintenanceEvent(reading: texts(at: at?.value ?? Timestamp(nanoseconds: 0)))
            } catch {
                throw ValidationError(
                    "\(error.column.rawValue) \"\(error.value)\": expected \(error.expected)")
            }
        }

        func run() throws {
            let time = at?.value ?? OperatorDecision.now
            let given = try MaintenanceEvent(reading: texts(at: time))
            try options.give(.maintenance(given), note: given.note)
        }

        private func texts(at time: Timestamp) -> [MaintenanceEvent.Column: String] {
            [
                .time: String(time.nanoseconds), .device: device, .component: component ?? "",
                .event: event.rawValue, .part: part ?? "", .cost: cost.map { "\($0)" } ?? "",
                .note: note ?? "",
            ]
        }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import", abstract: "Record every event of a file.",
            discussion: """
                The file is comma-separated with a header: time,device,component,event,part,cost,\
                note in any order; only time, device and event must be there. Rows that cannot be \
                read are named and cost no others (code 65). Events that are known change nothing.
                """)

        @Argument(help: "The file.")
        var file: String
        @OptionGroup var options: DecisionOptions

        func run() throws {
            try Console.run {
                let configuration = try options.store.configurationFile.load()
                let imported = try MaintenanceHistory.take(
                    file, by: options.by, stateDirectory: options.store.directory(),
                    configuration: configuration, json: options.json,
                    logger: LogOutput.logger(configuration.logLevel))
                Console.out(imported.text)
                if let failure = imported.failure { throw failure }
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "The history, and what waits to become part of it.")

        @Option(help: "Only this device.")
        var device: String?
        @Flag(help: "One JSON array instead of a table.")
        var json = false
        @OptionGroup var store: StoreOptions

        func run() throws {
            try Console.run {
                Console.out(
                    try MaintenanceHistory.list(
                        stateDirectory: store.directory(), device: device, json: json))
            }
        }
    }
}

extension MaintenanceEvent.Kind: ExpressibleByArgument {}
