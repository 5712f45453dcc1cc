internal import Primitives

/// Who is in the fleet: names, sites, and what fate the options have in store for each.
enum Roster {
    /// Pumps only: P-101, P-102, ... (from `firstNumber`), spread over the sites in turn.
    static func machines(_ options: FleetOptions) -> [Machine] {
        (0..<options.devices).map { index in
            let device = "P-\(options.firstNumber + index)"
            let seeds = SeedSource(fleetSeed: options.seed, device: device)
            let equipment = Pump(nameplate: seeds.stream("nameplate"), interval: options.interval)
            return Machine(
                device: device, site: Site.allCases[index % Site.allCases.count],
                equipment: equipment, fate: fate(options, isFirst: index == 0, seeds: seeds),
                options: options, seeds: seeds)
        }
    }

    private static func fate(
        _ options: FleetOptions, isFirst: Bool, seeds: SeedSource
    ) -> Fate {
        guard let scenario = options.scenario else {
            var random = seeds.stream("sensor defect")
            let isNoisy = random.uniform() < options.noisySensorShare
            let delay = (random.uniform() * Double(options.days) * 86_400).rounded()
            return Fate(
                firstFault: .drawn, meanLife: options.meanTimeBetweenFaults,
                looseConnectorFrom: isNoisy
                    ? options.start + TimeSpan(secondsRounded: delay) : nil)
        }
        guard isFirst else { return Fate(firstFault: .never) }
        switch scenario {
        case .healthy:
            return Fate(firstFault: .never)
        case .bearingWear(let onset, let pfInterval):
            return Fate(firstFault: .given(onset: options.start + onset, pfInterval: pfInterval))
        case .noisySensor(let onset):
            return Fate(firstFault: .never, looseConnectorFrom: options.start + onset)
        }
    }
}

/// What is going to happen to one machine.
struct Fate: Sendable {
    enum FirstFault: Sendable {
        case never
        case drawn
        case given(onset: Timestamp, pfInterval: TimeSpan)
    }

    var firstFault: FirstFault
    /// Mean life of the parts fitted later; nil: they outlast the recording.
    var meanLife: TimeSpan?
    var looseConnectorFrom: Timestamp?

    init(
        firstFault: FirstFault, meanLife: TimeSpan? = nil, looseConnectorFrom: Timestamp? = nil
    ) {
        self.firstFault = firstFault
        self.meanLife = meanLife
        self.looseConnectorFrom = looseConnectorFrom
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
