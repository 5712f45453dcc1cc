import ArgumentParser
import Daemon

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run recordings through the production pipeline.",
        discussion: """
            Reads line protocol from files, plain or gzip ('-' is standard input), and works \
            through it in event time, as if it were arriving live. With --state the results land \
            in that database and outbox exactly as the daemon would have written them; without \
            it only the result files are written. Refused lines are counted on standard error; \
            a truncated recording, or a maintenance history with rows that cannot be read, ends \
            with code 65 after storing what was read.
            """)

    @Argument(help: "Recordings in the order they are to be read; '-' is standard input.")
    var files: [String]
    @OptionGroup var configurationFile: ConfigurationOption
    @Option(help: ArgumentHelp("State directory to write to.", valueName: "dir"))
    var state: String?
    @Option(help: ArgumentHelp("Write the scores of every window (CSV).", valueName: "file"))
    var scores: String?
    @Option(help: ArgumentHelp("Write every prognosis (CSV).", valueName: "file"))
    var prognoses: String?
    @Option(help: ArgumentHelp("Write every ticket change (JSON lines).", valueName: "file"))
    var tickets: String?
    @Option(
        help: ArgumentHelp(
            "Maintenance events (CSV) that enter when event time reaches them.",
            valueName: "file"))
    var maintenance: String?
    @Option(
        help: ArgumentHelp(
            "Recorded time per wall time: 1 is as it happened, 3600 an hour a second.",
            valueName: "max|n"))
    var speed: SpeedArgument = SpeedArgument(value: nil)
    @Option(help: "Where now comes from: the recording (event) or this machine's clock (wall).")
    var clock: ClockOption = .event

    func validate() throws {
        if files.isEmpty { throw ValidationError("name at least one recording") }
    }

    func run() throws {
        try Console.run {
            var configuration = try configurationFile.load()
            configuration.useEventClock(clock == .event)
            var options = Replay.Options(files: files)
            options.stateDirectory = state
            options.scores = scores
            options.prognoses = prognoses
            options.tickets = tickets
            options.maintenance = maintenance
            options.speed = speed.value
            let bar = ProgressBar()
            let summary = try Replay.run(
                options, configuration: configuration,
                logger: LogOutput.logger(configuration.logLevel)
            ) { bar.show($0) }
            bar.clear()
            Console.error(summary.text)
            if let failure = summary.failure { throw failure }
        }
    }
}

/// `max`, or a positive number.
struct SpeedArgument: ExpressibleByArgument {
    var value: Double?

    init(value: Double?) { self.value = value }

    init?(argument: String) {
        if argument == "max" {
            value = nil
            return
        }
        guard let number = Double(argument), number.isFinite, number > 0 else { return nil }
        value = number
    }

    var defaultValueDescription: String { "max" }
}
