import ArgumentParser
import Daemon

struct TicketsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tickets",
        abstract: "Service tickets: what is open, and everything about one.",
        subcommands: [List.self, Show.self], defaultSubcommand: List.self)

    /// Finds the state directory the way `run` does.
    static func stateDirectory(
        _ state: StateOption, _ configuration: ConfigurationOption
    ) throws -> String {
        StateLocation.resolve(
            flag: state.path,
            configured: state.path == nil ? try configuration.load().stateDirectory : nil)
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List tickets, the most severe first.")

        @Flag(help: "Closed tickets too.")
        var all = false
        @Flag(help: "One JSON array instead of a table.")
        var json = false
        @OptionGroup var state: StateOption
        @OptionGroup var configurationFile: ConfigurationOption

        func run() throws {
            try Console.run {
                let text = try TicketReport.list(
                    stateDirectory: TicketsCommand.stateDirectory(state, configurationFile),
                    all: all, json: json)
                Console.out(text)
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Everything about one ticket: why, what to bring, what to check, history.")

        @Argument(help: "Identifier, as 'tickets list' prints it.")
        var id: String
        @Flag(help: "One JSON object, the latest change as it was delivered.")
        var json = false
        @OptionGroup var state: StateOption
        @OptionGroup var configurationFile: ConfigurationOption

        func run() throws {
            try Console.run {
                let text = try TicketReport.show(
                    id,
                    stateDirectory: TicketsCommand.stateDirectory(state, configurationFile),
                    json: json)
                Console.out(text)
            }
        }
    }
}
