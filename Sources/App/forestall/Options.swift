import ArgumentParser
import Daemon

/// `--config`, as every command has it that needs to know the classes.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "Configuration file; without it /etc/forestall/forestall.toml, else safe defaults.",
            valueName: "file"))
    var path: String?

    /// Loads it, or ends with every problem named and code 78.
    func load() throws -> DaemonConfiguration {
        do {
            return try ConfigurationLoader.load(path: path)
        } catch {
            throw CommandFailure(
                "the configuration has problems\n" + error.description, .configuration)
        }
    }
}

/// `--state`, as every command has it that reads or writes the state.
struct StateOption: ParsableArguments {
    @Option(
        name: .customLong("state"),
        help: ArgumentHelp(
            "State directory; without it $STATE_DIRECTORY, then the configuration, "
                + "then ./forestall-state.",
            valueName: "dir"))
    var path: String?
}

/// What every command has that looks into the state.
struct StoreOptions: ParsableArguments {
    @OptionGroup var state: StateOption
    @OptionGroup var configurationFile: ConfigurationOption

    /// Finds the state directory the way `run` does.
    func directory() throws -> String {
        StateLocation.resolve(
            flag: state.path,
            configured: state.path == nil ? try configurationFile.load().stateDirectory : nil)
    }
}

/// Where "now" comes from.
enum ClockOption: String, ExpressibleByArgument, CaseIterable {
    case wall
    case event
}

/// `host:port` on the command line.
struct EndpointArgument: ExpressibleByArgument {
    var host: String
    var port: UInt16

    init?(argument: String) {
        guard let parts = AddressText.parts(argument) else { return nil }
        host = parts.host
        port = parts.port
    }
}
