import ArgumentParser
import Daemon

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Is the state whole, and does it agree with itself?",
        discussion: """
            Looks at the database, the spool and the checkpoints, and folds the committed windows \
            again: they must give the committed tickets. Changes nothing, and works beside a \
            running daemon. Ends with code 1 when something was found.
            """)

    @Flag(help: "Fold all committed windows again, not only those after the checkpoint.")
    var full = false
    @Flag(help: "One JSON array instead of a table.")
    var json = false
    @OptionGroup var store: StoreOptions

    func run() throws {
        try Console.run {
            let configuration = try store.configurationFile.load()
            let report = try StateCheck.run(
                stateDirectory: store.directory(), configuration: configuration,
                fromNothing: full, json: json, logger: LogOutput.logger(configuration.logLevel))
            Console.out(report.text)
            if !report.isClean { throw ExitCode(CommandFailure.Code.findings.rawValue) }
        }
    }
}

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the database to a file, also while the daemon runs.",
        discussion: """
            The copy is a snapshot in one file. To go on from it, put it into an empty directory \
            as forestall.db and give that directory with --state.
            """)

    @Argument(help: "File to write.")
    var file: String
    @Flag(help: "Replace the file when it is there.")
    var force = false
    @OptionGroup var store: StoreOptions

    func run() throws {
        try Console.run {
            Console.out(
                try StateBackup.run(
                    stateDirectory: store.directory(), to: file, replaces: force))
        }
    }
}
