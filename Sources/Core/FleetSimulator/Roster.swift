internal import Primitives

/// Who is in the fleet: names, sites, and what fate the options have in store for each.
enum Roster {
    /// P-101, C-102, ... (from `firstNumber`): classes and sites in turn.
    static func machines(_ options: FleetOptions) -> [Machine] {
        (0..<options.devices).map { index in
            var machineKind = options.machines[index % options.machines.count]
            if index == 0, case .wear(let fault, _, _)? = options.scenario {
                machineKind = fault.machine
            }
            let device = "\(machineKind.prefix)-\(options.firstNumber + index)"
            let seeds = SeedSource(fleetSeed: options.seed, device: device)
            let fate = fate(options, of: machineKind, isFirst: index == 0, seeds: seeds)
            let site = Site.allCases[index % options.sites]
            let nameplate = seeds.stream("nameplate")
            func machine(_ equipment: some Equipment) -> Machine {
                Machine(
                    device: device, site: site, equipment: equipment, fate: fate,
                    options: options, seeds: seeds)
            }
            switch machineKind {
            case .pump:
                return machine(
                    Pump(
                        nameplate: nameplate, suctionSide: seeds.stream("suction side"),
                        interval: options.interval, hasSuctionGauge: options.hasSuctionGauges))
            case .compressor:
                return machine(Compressor(nameplate: nameplate, interval: options.interval))
            case .fan:
                return machine(Fan(nameplate: nameplate, interval: options.interval))
            }
        }
    }

    private static func fate(
        _ options: FleetOptions, of machineKind: MachineKind, isFirst: Bool, seeds: SeedSource
    ) -> Fate {
        var fate = Fate(faults: options.faults.filter { $0.machine == machineKind })
        fate.plannedRepairShare = options.plannedRepairShare
        guard let scenario = options.scenario else {
            if !fate.faults.isEmpty {
                fate.firstFault = .drawn
                fate.meanLife = options.meanTimeBetweenFaults
            }
            var random = seeds.stream("sensor defect")
            let isNoisy = random.uniform() < options.noisySensorShare
            let delay = (random.uniform() * Double(options.days) * 86_400).rounded()
            if isNoisy { fate.looseConnectorFrom = options.start + TimeSpan(secondsRounded: delay) }
            fate.disturbance = disturbance(options, seeds: seeds)
            return fate.filled(for: machineKind)
        }
        guard isFirst else { return fate.filled(for: machineKind) }
        switch scenario {
        case .healthy: break
        case .wear(let fault, let onset, let pfInterval):
            fate.faults = [fault]
            fate.firstFault = .given(onset: options.start + onset, pfInterval: pfInterval)
        case .noisySensor(let onset):
            fate.looseConnectorFrom = options.start + onset
        case .disturbance(let kind, let onset, let lasting):
            let onset = options.start + onset
            fate.disturbance = DisturbancePlan(
                kind: kind, onset: onset, end: lasting.map { onset + $0 } ?? .distantFuture)
        }
        return fate.filled(for: machineKind)
    }

    /// Somewhere in the recording, for half a day to five days.
    private static func disturbance(
        _ options: FleetOptions, seeds: SeedSource
    ) -> DisturbancePlan? {
        var random = seeds.stream("disturbed")
        let isDisturbed = random.uniform() < options.disturbedShare
        let kind = Disturbance.allCases[random.below(Disturbance.allCases.count)]
        let delay = (random.uniform() * Double(options.days) * 86_400).rounded()
        let length = (random.uniform(0.5, 5) * 86_400).rounded()
        guard isDisturbed else { return nil }
        let onset = options.start + TimeSpan(secondsRounded: delay)
        return DisturbancePlan(
            kind: kind, onset: onset, end: onset + TimeSpan(secondsRounded: length))
    }
}

/// What is going to happen to one machine.
struct Fate: Sendable {
    enum FirstFault: Sendable {
        case never
        case drawn
        case given(onset: Timestamp, pfInterval: TimeSpan)
    }

    /// What its parts may fail by.
    var faults: [Fault]
    var firstFault = FirstFault.never
    /// Mean life of the parts fitted later; nil: they outlast the recording.
    var meanLife: TimeSpan?
    var plannedRepairShare = 0.0
    var looseConnectorFrom: Timestamp?
    var disturbance: DisturbancePlan?

    /// Every machine has a part, if only one that never wears within the recording.
    func filled(for machineKind: MachineKind) -> Fate {
        var fate = self
        if faults.isEmpty { fate.faults = Fault.allCases.filter { $0.machine == machineKind } }
        return fate
    }
}

/// Independent random streams of one machine, one per purpose.
///
/// A stream per purpose keeps stories comparable: the same machine with and without wear has the
/// same schedule, the same weather and the same sensor noise.
struct SeedSource: Sendable {
    let fleetSeed: UInt64
    let device: String

    func stream(_ purpose: String) -> Random {
        Random(seed: ByteHash.hash(parts: [device, purpose], seed: fleetSeed))
    }
}
