import ArgumentParser
import Daemon
import FleetSimulator
import Primitives

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Make the telemetry of a fleet that wears and fails, with its ground truth.",
        discussion: """
            Equal options give equal bytes. Without a scenario chance decides what wears, \
            fails, is repaired in time or is disturbed on its way. A scenario happens to the first \
            machine, and the others stay healthy. With --out the directory gets telemetry.lp.gz, \
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
            Story of the first machine, the others stay healthy: healthy, FAULT:ONSET:PF, \
            noisy-sensor:ONSET or DISTURBANCE:ONSET[:LENGTH], in hours; faults are \
            \(NameList<Fault>.spelled), disturbances \(NameList<Disturbance>.spelled).
            """)
    var scenario: ScenarioArgument?
    @Option(
        help: """
            Classes the machines take in turn: \(NameList<MachineKind>.spelled). The default is \
            pump,compressor,pump,fan, and with a scenario the class it is about.
            """)
    var machines: NameList<MachineKind>?
    @Option(help: "Faults that chance may draw; the default is all.")
    var faults: NameList<Fault>?
    @Option(help: "Share of faults repaired in a planned stop before the failure, 0 to 1.")
    var plannedRepairs: Double?
    @Option(help: "Share of machines whose telemetry is disturbed for some days, 0 to 1.")
    var disturbed: Double?
    @Option(help: "Number of sites the machines stand at in turn, 1 to 4.")
    var sites = 4
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
        guard [plannedRepairs ?? 0, disturbed ?? 0].allSatisfy({ (0...1).contains($0) }) else {
            throw ValidationError("planned-repairs and disturbed are shares between 0 and 1")
        }
        guard (1...4).contains(sites) else { throw ValidationError("there are 1 to 4 sites") }
        if out != nil, udp != nil { throw ValidationError("give --out or --udp, not both") }
        if let rate, rate <= 0 { throw ValidationError("rate must be positive") }
    }

    func run() throws {
        try Console.run {
            let output: Simulation.Output
            if let out {
                output = .directory(out)
            } else if let udp {
                output = .udp(host: udp.host, port: udp.port, linesPerSecond: rate)
            } else {
                output = .standardOutput
            }
            let summary = try Simulation.run(options(), to: output)
            Console.error(
                "\(summary.devices) machines, \(summary.lines) lines, "
                    + "\(summary.failures) failures")
            for file in summary.files { Console.error("wrote " + file) }
        }
    }

    /// The fleet of a real plant, or, for a scenario, nothing but the scenario: recordings of one
    /// story stay what they were whatever is added to the fleet.
    private func options() -> FleetOptions {
        var options = FleetOptions(
            devices: devices, days: days, seed: seed, interval: .seconds(Int64(interval)),
            meanTimeBetweenFaults: .days(Int64(faultsEvery)), scenario: scenario?.value,
            firstNumber: firstNumber)
        if scenario == nil { options = options.varied }
        if case .wear(let fault, _, _)? = scenario?.value {
            options.machines = [fault.machine]
            options.hasSuctionGauges = fault == .cavitation
        }
        if let machines { options.machines = machines.names }
        if let faults { options.faults = faults.names }
        if let plannedRepairs { options.plannedRepairShare = plannedRepairs }
        if let disturbed { options.disturbedShare = disturbed }
        options.sites = sites
        return options
    }
}
