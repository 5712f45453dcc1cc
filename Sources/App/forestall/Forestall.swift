import ArgumentParser
import Daemon

/// The program: one command per file.
@main
struct Forestall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forestall",
        abstract: "Predictive maintenance on a field gateway: telemetry in, service tickets out.",
        discussion: """
            Machines send InfluxDB line protocol. Forestall keeps windows of it in SQLite, learns \
            what is normal for each machine, follows wear towards its limits, and raises a \
            service ticket before the machine stops: which component, which part to bring, what \
            to check first, and by when.

            Start with 'forestall run', or feed it a recording: 'forestall replay FILE'.
            Exit codes: 0 fine, 1 findings or runtime failure, 64 usage, 65 bad input data, \
            69 unavailable, 74 input or output, 78 configuration.
            """,
        version: Version.text,
        subcommands: [
            RunCommand.self, CheckCommand.self, ReplayCommand.self, ParseCommand.self,
            StatusCommand.self, DevicesCommand.self, SignalsCommand.self, TicketsCommand.self,
            ShelveCommand.self, UnshelveCommand.self, MaintenanceCommand.self, TailCommand.self,
            SimulateCommand.self, SendCommand.self, ExportCommand.self, VerifyCommand.self,
            BackupCommand.self,
        ])
}
