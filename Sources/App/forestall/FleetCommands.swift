import ArgumentParser
import Daemon

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "One screen: intake and loss counters, devices, tickets, outbox, store.",
        discussion: """
            Reads the store, so it also works while no daemon runs; it says how old the daemon's \
            own counters are and whether that process is running.
            """)

    @Flag(help: "One JSON object instead of the screen.")
    var json = false
    @OptionGroup var store: StoreOptions

    func run() throws {
        try Console.run {
            Console.out(
                try FleetReport.status(
                    stateDirectory: store.directory(),
                    json: json))
        }
    }
}

struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "The machines: class, state, health, how much of the baseline is learned.",
        discussion: "With a name: that machine, and why its components have a ticket or none.")

    @Argument(help: "Name of one device.")
    var id: String?
    @Flag(help: "One JSON array instead of a table.")
    var json = false
    @OptionGroup var store: StoreOptions

    func run() throws {
        try Console.run {
            Console.out(
                try FleetReport.devices(
                    stateDirectory: store.directory(),
                    named: id, json: json))
        }
    }
}

struct SignalsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signals", abstract: "The signals of a machine and their latest window.")

    @Argument(help: "Name of the device.")
    var id: String
    @Flag(help: "One JSON array instead of a table.")
    var json = false
    @OptionGroup var store: StoreOptions

    func run() throws {
        try Console.run {
            Console.out(
                try FleetReport.signals(
                    of: id,
                    stateDirectory: store.directory(),
                    json: json))
        }
    }
}
