import ArgumentParser
import Daemon

struct TicketsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tickets",
        abstract: "Service tickets: what is open, everything about one, and what to do about it.",
        subcommands: [
            List.self, Show.self, Acknowledge.self, Plan.self, Close.self, Reopen.self,
        ], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List tickets, the most severe first.")

        @Flag(help: "Closed tickets too.")
        var all = false
        @Flag(help: "One JSON array instead of a table.")
        var json = false
        @OptionGroup var store: StoreOptions

        func run() throws {
            try Console.run {
                let text = try TicketReport.list(
                    stateDirectory: store.directory(),
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
        @OptionGroup var store: StoreOptions

        func run() throws {
            try Console.run {
                let text = try TicketReport.show(
                    id,
                    stateDirectory: store.directory(),
                    json: json)
                Console.out(text)
            }
        }
    }
}
