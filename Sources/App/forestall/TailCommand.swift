import ArgumentParser
import Daemon
import Foundation
import Tickets

struct TailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follow the alert log.",
        discussion: """
            Prints the last ten alerts, or those of the time given with --since, and then every \
            new one until it is interrupted. It goes on when the log is rotated. Colours on a \
            terminal: red is for now, yellow for today.
            """)

    @Option(help: "Only alerts about this device.")
    var device: String?
    @Option(help: "Only alerts about tickets of at least this severity.")
    var severity: Severity?
    @Option(
        help: ArgumentHelp("Begin with the alerts of this last while.", valueName: "duration"))
    var since: DurationArgument?
    @Flag(inversion: .prefixedNo, help: "Wait for new alerts.")
    var follow = true
    @Flag(help: "One JSON object per alert instead of its line.")
    var json = false
    @OptionGroup var store: StoreOptions

    func run() throws {
        try Console.run {
            let options = AlertTail.Options(
                device: device, severity: severity, since: since?.value, follows: follow,
                json: json, colours: !json && isatty(1) == 1)
            try AlertTail.run(options, stateDirectory: store.directory()) { Console.out($0) }
        }
    }
}

extension Severity: ExpressibleByArgument {
    public init?(argument: String) {
        guard let found = Severity.allCases.first(where: { $0.name == argument }) else {
            return nil
        }
        self = found
    }

    public static var allValueStrings: [String] { allCases.map(\.name) }
}
