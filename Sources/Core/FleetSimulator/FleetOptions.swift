package import Primitives

/// What to simulate.
///
/// The defaults are a fleet of pumps whose bearings wear: what tests and benchmarks compare their
/// figures on. ``varied`` is the fleet of a real plant.
package struct FleetOptions: Sendable {
    /// Number of machines, at least 1.
    package var devices: Int
    /// Length of the recording in days, at least 1.
    package var days: Int
    package var seed: UInt64
    /// Time between two readings of a machine.
    package var interval: TimeSpan
    /// Time of the first reading.
    package var start: Timestamp
    /// Mean running age at which wear begins, from new. Ages at the start are mixed.
    package var meanTimeBetweenFaults: TimeSpan
    /// How long a failed machine stands still before its part is replaced; nil: to the end.
    package var repairTime: TimeSpan?
    /// Share of machines whose vibration sensor has a loose connector at some time, 0 to 1.
    package var noisySensorShare: Double
    /// What happens to the first device; the others then stay healthy. Nil: chance decides.
    package var scenario: Scenario?
    /// Number in the name of the first machine; the others count up from it.
    package var firstNumber: Int
    /// The machines take these classes in turn.
    package var machines: [MachineKind] = [.pump]
    /// What chance may wear out; a machine with none of these stays healthy.
    package var faults: [Fault] = [.bearingWear]
    /// Whether pumps report the pressure on their suction side.
    package var hasSuctionGauges = false
    /// Number of sites the machines stand at in turn, 1 to 4.
    package var sites = 4
    /// Share of faults that are noticed and repaired in a planned stop before the failure, 0 to 1.
    package var plannedRepairShare = 0.0
    /// Share of machines whose telemetry is disturbed for some days, 0 to 1.
    package var disturbedShare = 0.0

    /// The story of one machine, for recordings that show one thing.
    package enum Scenario: Hashable, Sendable {
        case healthy
        /// Wear that begins `onset` after the start and ends in failure one P-F interval later.
        /// The machine is of the class that can have it, whatever the other options say.
        case wear(Fault, onset: TimeSpan, pfInterval: TimeSpan)
        /// The machine is healthy; from `onset` on, its vibration sensor has a loose connector.
        case noisySensor(onset: TimeSpan)
        /// The machine is healthy; its telemetry is disturbed from `onset` on, to the end if
        /// `lasting` is nil.
        case disturbance(Disturbance, onset: TimeSpan, lasting: TimeSpan?)

        package static func bearingWear(onset: TimeSpan, pfInterval: TimeSpan) -> Scenario {
            .wear(.bearingWear, onset: onset, pfInterval: pfInterval)
        }
    }

    /// 2026-01-05T00:00:00Z, a Monday.
    package static let defaultStart = Timestamp(seconds: 1_767_571_200)

    package init(
        devices: Int = 10, days: Int = 30, seed: UInt64 = 1,
        interval: TimeSpan = .seconds(10), start: Timestamp = FleetOptions.defaultStart,
        meanTimeBetweenFaults: TimeSpan = .days(180), repairTime: TimeSpan? = .days(1),
        noisySensorShare: Double = 0.05, scenario: Scenario? = nil,
        firstNumber: Int = 101
    ) {
        self.devices = devices
        self.days = days
        self.seed = seed
        self.interval = interval
        self.start = start
        self.meanTimeBetweenFaults = meanTimeBetweenFaults
        self.repairTime = repairTime
        self.noisySensorShare = noisySensorShare
        self.scenario = scenario
        self.firstNumber = firstNumber
    }

    /// The same fleet with every class of machine, every fault and every disturbance: half of the
    /// machines are pumps, every third fault is repaired in time, one device in ten is disturbed.
    package var varied: FleetOptions {
        var options = self
        options.machines = [.pump, .compressor, .pump, .fan]
        options.faults = Fault.allCases
        options.hasSuctionGauges = true
        options.plannedRepairShare = 0.33
        options.disturbedShare = 0.1
        return options
    }
}
