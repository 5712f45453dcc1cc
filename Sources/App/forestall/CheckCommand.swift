import ArgumentParser
import Daemon

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration and print every problem in it.",
        discussion: """
            Prints each problem with file, line, key, value, what was expected and the nearest \
            known key. Exit code 0 when there is none, 78 otherwise. Nothing is started.
            """)

    @OptionGroup var configurationFile: ConfigurationOption

    func run() throws {
        do {
            let configuration = try ConfigurationLoader.load(path: configurationFile.path)
            Console.out(configuration.summary)
        } catch {
            Console.error(error.description)
            throw ExitCode(CommandFailure.Code.configuration.rawValue)
        }
    }
}
