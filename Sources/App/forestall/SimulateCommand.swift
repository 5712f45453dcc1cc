import ArgumentParser
import Daemon
import FleetSimulator
import Primitives

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Make the telemetry of a fleet that wears and fails, with its ground truth.",
        discussion: """
            Equal options give equal bytes. With --out the directory gets telemetry.lp.gz, \
            truth.csv (when wear began and when the machine failed) and maintenance.csv; with \
            --udp the lines go to a listener; with neither they go to standard output.
            """)

    @Option(help: "Number of machines.")
    var devices = 10
    @Option(help: "Length in days.")
    var days = 30
    @Option(help: "Equal seeds give equal fleets.")
    var seed: UInt64 = 1
    @Option(help: "Seconds between the readings of a machine.")
    var interval = 10
    @Option(help: "Mean days between faults of a machine.")
    var faultsEvery = 180
    @Option(
        help: """
            Story of the first machine, the others stay healthy: healthy, bearing-wear:ONSET:PF \
            or noisy-sensor:ONSET, in hours.
            """)
    var scenario: ScenarioArgument?
    @Option(help: "Number in the name of the first machine.")
    var firstNumber = 101
    @Option(help: ArgumentHelp("Directory to write to.", valueName: "dir"))
    var out: String?
    @Option(help: ArgumentHelp("Listener to send to.", valueName: "host:port"))
    var udp: EndpointArgument?
    @Option(help: "Lines per second for --udp; as fast as it goes without it.")
    var rate: Double?

    func validate() throws {
        guard devices > 0, days > 0, interval > 0, faultsEvery > 0, firstNumber >= 0 else {
            throw ValidationError(
                "devices, days, interval, faults-every and first-number must be positive")
        }
        guard devices <= 100_000, days <= 36_500 else {
            throw ValidationError("at most 100000 devices and 36500 days")
        }
        if out != nil, udp != nil { throw ValidationError("give --out or --udp, not both") }
        if let rate, rate <= 0 { throw ValidationError("rate must be positive") }
    }

    func run() throws {
        try Console.run {
            let options = FleetOptions(
                devices: devices, days: days, seed: seed, interval: .seconds(Int64(interval)),
                meanTimeBetweenFaults: .days(Int64(faultsEvery)), scenario: scenario?.value,
                firstNumber: firstNumber)
            let output: Simulation.Output
            if let out {
                output = .directory(out)
            } else if let udp {
                output = .udp(host: udp.host, port: udp.port, linesPerSecond: rate)
            } else {
                output = .standardOutput
            }
            let summary = try Simulation.run(options, to: output)
            Console.error(
                "\(summary.devices) machines, \(summary.lines) lines, "
                    + "\(summary.failures) failures")
            for file in summary.files { Console.error("wrote " + file) }
        }
    }
}

/// `healthy`, `bearing-wear:120:600`, `noisy-sensor:72`.
struct ScenarioArgument: ExpressibleByArgument {
    var value: FleetOptions.Scenario

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        let hours = parts.dropFirst().map { Int64($0) ?? -1 }
        guard hours.allSatisfy({ $0 >= 0 && $0 < 1_000_000 }) else { return nil }
        switch (parts.first, hours.count) {
        case ("healthy", 0): value = .healthy
        case ("bearing-wear", 2):
            value = .bearingWear(onset: .hours(hours[0]), pfInterval: .hours(max(hours[1], 1)))
        case ("noisy-sensor", 1): value = .noisySensor(onset: .hours(hours[0]))
        default: return nil
        }
    }
}
