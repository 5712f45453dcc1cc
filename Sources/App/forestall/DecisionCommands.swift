import ArgumentParser
import Daemon
import Primitives
import Tickets

/// What every command has that gives a decision.
struct DecisionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Who decides; without it, who is logged in.", valueName: "name"))
    var by: String?
    @Flag(help: "One JSON object instead of a sentence.")
    var json = false
    @OptionGroup var store: StoreOptions

    func give(_ action: OperatorCommand.Action, note: String? = nil) throws {
        try Console.run {
            let configuration = try store.configurationFile.load()
            Console.out(
                try OperatorDecision.give(
                    OperatorDecision.Request(action, by: by, note: note),
                    stateDirectory: store.directory(), configuration: configuration, json: json,
                    logger: LogOutput.logger(configuration.logLevel)))
        }
    }
}

extension TicketsCommand {
    struct Acknowledge: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ack", abstract: "Say that somebody has seen the ticket.")

        @Argument(help: "Identifier, as 'tickets list' prints it.")
        var id: String
        @Option(help: "A note for whoever reads the ticket's history.")
        var note: String?
        @OptionGroup var options: DecisionOptions

        func run() throws { try options.give(.acknowledge(ticket: id), note: note) }
    }

    struct Plan: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "plan", abstract: "Promise a visit.")

        @Argument(help: "Identifier, as 'tickets list' prints it.")
        var id: String
        @Option(
            help: ArgumentHelp(
                "When: RFC 3339, such as 2026-02-01T08:00:00Z, or nanoseconds since 1970.",
                valueName: "time"))
        var at: TimeArgument
        @Option(help: "A note for whoever reads the ticket's history.")
        var note: String?
        @OptionGroup var options: DecisionOptions

        func run() throws { try options.give(.plan(ticket: id, at: at.value), note: note) }
    }

    struct Close: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "close", abstract: "Close the ticket with what the visit has shown.",
            discussion: """
                No other ticket opens about the same component until its condition has cleared, \
                has become more severe, or has stood for 'tickets.close_after'.
                """)

        @Argument(help: "Identifier, as 'tickets list' prints it.")
        var id: String
        @Option(help: ArgumentHelp("What the visit has shown.", valueName: "code"))
        var outcome: CloseOutcome
        @Option(help: "Number of the part that was used.")
        var part: String?
        @Option(help: "A note for whoever reads the ticket's history.")
        var note: String?
        @OptionGroup var options: DecisionOptions

        func run() throws {
            try options.give(.close(ticket: id, outcome: outcome, part: part), note: note)
        }
    }

    struct Reopen: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reopen", abstract: "Open a closed ticket again: it was right after all.")

        @Argument(help: "Identifier, as 'tickets list --all' prints it.")
        var id: String
        @Option(help: "A note for whoever reads the ticket's history.")
        var note: String?
        @OptionGroup var options: DecisionOptions

        func run() throws { try options.give(.reopen(ticket: id), note: note) }
    }
}

struct ShelveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shelve",
        abstract: "Planned quiet: no new tickets and alerts about a device for a while.",
        discussion: """
            What it sends is still stored and judged; nothing is opened, updated or recovered, and \
            its silence is not missed. Open tickets stay as they are.
            """)

    @Argument(help: "Name of the device.")
    var device: String
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("How long, such as 4h or 2d12h.", valueName: "duration"))
    var duration: DurationArgument
    @Option(help: "Why, for the record.")
    var reason: String
    @OptionGroup var options: DecisionOptions

    func run() throws {
        try options.give(.shelve(device: device, duration: duration.value), note: reason)
    }
}

struct UnshelveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unshelve", abstract: "End the planned quiet of a device.")

    @Argument(help: "Name of the device.")
    var device: String
    @OptionGroup var options: DecisionOptions

    func run() throws { try options.give(.unshelve(device: device)) }
}

extension CloseOutcome: ExpressibleByArgument {}

/// RFC 3339, or integer nanoseconds since 1970.
struct TimeArgument: ExpressibleByArgument {
    var value: Timestamp

    init?(argument: String) {
        if let nanoseconds = Int64(argument) {
            value = Timestamp(nanoseconds: nanoseconds)
        } else if let time = Timestamp(rfc3339: argument) {
            value = time
        } else {
            return nil
        }
    }
}

/// `4h`, `1d12h`; at least a second, at most ten years.
struct DurationArgument: ExpressibleByArgument {
    var value: TimeSpan

    init?(argument: String) {
        guard let span = DurationText.span(argument), span >= .seconds(1), span <= .days(3_650)
        else { return nil }
        value = span
    }
}
