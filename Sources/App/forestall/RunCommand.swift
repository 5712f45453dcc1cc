import ArgumentParser
import Daemon
import Logging

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the daemon in the foreground.",
        discussion: """
            Listens for line protocol, keeps windows in STATE/forestall.db, and puts service \
            tickets into STATE/outbox/new and STATE/alerts.log. Prints one 'listening' line per \
            listener and then 'ready' on standard error. SIGTERM or SIGINT drains what was \
            received, commits it and ends with code 0.
            """)

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var state: StateOption
    @Option(
        help: """
            wall: now is this machine's clock. event: now is the greatest time stamp seen, for \
            feeding recordings to a live daemon.
            """)
    var clock: ClockOption = .wall

    func run() async throws {
        do {
            var configuration = try configurationFile.load()
            configuration.useEventClock(clock == .event)
            let logger = LogOutput.logger(configuration.logLevel)
            try await DaemonRun.run(
                configuration,
                stateDirectory: StateLocation.resolve(
                    flag: state.path, configured: configuration.stateDirectory),
                logger: logger
            ) { line in Console.error(line) }
        } catch let failure as CommandFailure {
            throw Console.exit(failure)
        }
    }
}
