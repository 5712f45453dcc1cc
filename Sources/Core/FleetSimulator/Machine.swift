internal import Primitives

/// What the world does to a machine during one step.
struct OperatingConditions: Sendable {
    let isRunning: Bool
    /// Seconds since the last start; large for a machine that was running when all began.
    let secondsSinceStart: Double
    /// Fraction of rated flow, speed or delivery, whichever the class is asked for.
    let load: Double
    /// Air temperature at the machine, degC.
    let ambient: Double
    /// Damage of the part that is wearing out, 0 to 1.
    let damage: Double
    let symptoms: Symptoms
}

/// The physics of one class of machine: true values, before any sensor has seen them.
protocol Equipment: Sendable {
    static var measurement: String { get }
    /// One per signal, in the order of the fields of the line.
    static var sensors: [SensorSpecification] { get }
    /// Index of the sensor that a loose connector would hit.
    static var vibrationSensor: Int { get }

    var model: String { get }
    /// How the next fitted part is going to fail.
    func drawMechanism(_ random: inout Random) -> any WearMechanism
    /// What a replacement changes in the healthy machine.
    mutating func replacePart(_ random: inout Random)
    /// Writes one true value per sensor.
    mutating func step(_ conditions: OperatingConditions, into values: inout [SignalValue])
}

/// One machine: its equipment, the life of its part, its schedule, sensors and uplink.
///
/// The frame is the same for every class; `Equipment` is what differs.
struct Machine: Sendable {
    let device: String
    let site: Site
    private(set) var truth: [GroundTruthEvent] = []
    private(set) var maintenance: [MaintenanceEvent] = []

    private let prefix: [UInt8]
    private let keys: [[UInt8]]
    private let fate: Fate
    private let repairTime: TimeSpan?
    /// Machines stand in rooms and beside walls: K above the site's air.
    private let shelter: Double
    private var equipment: any Equipment
    private var life: PartLife
    /// Index in `truth` of the running fault.
    private var openFault: Int?
    private var repairAt: Timestamp?
    private var repairedAt: Timestamp
    private var runningSince: Timestamp?
    private var schedule: OperatingSchedule
    private var load: LoadCycle
    private var uplink: Uplink
    private var sensors: [Sensor]
    private var values: [SignalValue]
    private var readings: [Int64?]
    /// A defect whose onset is still to come into the truth.
    private var comingDefect: (any SensorDefect)?
    private var lifeRandom: Random
    private var sensorRandom: Random

    init(
        device: String, site: Site, equipment: some Equipment, fate: Fate,
        options: FleetOptions, seeds: SeedSource
    ) {
        self.device = device
        self.site = site
        self.equipment = equipment
        self.fate = fate
        repairTime = options.repairTime
        let kind = type(of: equipment)
        prefix = LineWriter.prefix(
            measurement: kind.measurement,
            tags: [("device", device), ("site", site.name), ("model", equipment.model)])
        keys = kind.sensors.map { Array("\($0.name)=".utf8) }
        var shelterRandom = seeds.stream("shelter")
        shelter = shelterRandom.uniform(1, 5)
        schedule = OperatingSchedule(start: options.start, random: seeds.stream("schedule"))
        load = LoadCycle(
            start: options.start, interval: options.interval, random: seeds.stream("load"))
        uplink = Uplink(start: options.start, random: seeds.stream("uplink"))
        var sensorRandom = seeds.stream("sensors")
        sensors = kind.sensors.map {
            Sensor($0, interval: options.interval, random: &sensorRandom)
        }
        if let onset = fate.looseConnectorFrom {
            let defect = LooseConnector(onset: onset, random: seeds.stream("loose connector"))
            sensors[kind.vibrationSensor].defect = defect
            comingDefect = defect
        }
        values = Array(repeating: SignalValue(), count: sensors.count)
        readings = Array(repeating: nil, count: sensors.count)
        self.sensorRandom = sensorRandom
        var lifeRandom = seeds.stream("life")
        life = Machine.firstLife(equipment, fate: fate, start: options.start, random: &lifeRandom)
        self.lifeRandom = lifeRandom
        repairedAt = .distantPast
    }

    /// Advances by one reading interval to `time`; `outside` is the site's air in degC.
    mutating func step(at time: Timestamp, outside: Double) {
        schedule.advance(to: time)
        load.advance(to: time)
        uplink.advance(to: time)
        repairIfDue(at: time)
        let damage = life.damage(at: time)
        if damage > 0 { recordOnset() }
        updateRunning()
        failIfDue(damage, at: time)
        let conditions = OperatingConditions(
            isRunning: runningSince != nil,
            secondsSinceStart: runningSince.map { (time - $0).seconds } ?? 0,
            load: load.value, ambient: outside + shelter, damage: damage,
            symptoms: life.mechanism.symptoms(damage: damage))
        equipment.step(conditions, into: &values)
        for index in sensors.indices {
            readings[index] = sensors[index].read(values[index], at: time, random: &sensorRandom)
        }
        recordSensorDefect(at: time)
    }

    /// Appends the line of the last step, unless the uplink is down or all readings were lost.
    func appendLine(stamp: [UInt8], into buffer: inout [UInt8]) {
        guard uplink.isUp else { return }
        var separator = UInt8(ascii: " ")
        for index in readings.indices {
            guard let reading = readings[index] else { continue }
            if separator == UInt8(ascii: " ") { buffer.append(contentsOf: prefix) }
            buffer.append(separator)
            separator = UInt8(ascii: ",")
            buffer.append(contentsOf: keys[index])
            let decimals = sensors[index].specification.decimals
            LineWriter.append(reading, decimals: decimals, into: &buffer)
        }
        if separator == UInt8(ascii: ",") { buffer.append(contentsOf: stamp) }
    }

    private var isBroken: Bool {
        openFault.map { truth[$0].failure != nil } ?? false
    }

    private mutating func updateRunning() {
        let isRunning = schedule.isOn && !isBroken
        // The start lies between two readings: the first one need not catch the inrush.
        runningSince = isRunning ? max(schedule.since, repairedAt) : nil
    }

    /// A machine fails while it runs. If the part was due while it stood still, it seizes a
    /// quarter of an hour after the next start.
    private mutating func failIfDue(_ damage: Double, at time: Timestamp) {
        guard damage >= 1, let since = runningSince, time - since >= .minutes(15),
            let fault = openFault
        else { return }
        truth[fault].failure = time
        runningSince = nil
        repairAt = repairTime.map { time + $0 }
        let identity = life.mechanism.identity
        // Costs of a mid-sized pump: the stop and what the seized shaft takes with it, against
        // the planned part with its labour.
        maintenance.append(
            MaintenanceEvent(
                time: time, device: device, component: identity.component, kind: .failure,
                part: "", cost: 6_500, note: identity.name))
    }

    private mutating func repairIfDue(at time: Timestamp) {
        guard let due = repairAt, due <= time else { return }
        repairAt = nil
        repairedAt = due
        openFault = nil
        maintenance.append(
            MaintenanceEvent(
                time: time, device: device, component: life.mechanism.identity.component,
                kind: .replacement, part: "BRG-\(equipment.model)", cost: 480,
                note: "replaced after failure"))
        equipment.replacePart(&lifeRandom)
        var onset = Timestamp.distantFuture
        if let mean = fate.meanLife {
            onset =
                time
                + LifeDistribution.drawTimeToOnset(mean: mean, age: .zero, random: &lifeRandom)
        }
        life = Machine.newLife(equipment, onset: onset, random: &lifeRandom)
    }

    private mutating func recordOnset() {
        guard openFault == nil else { return }
        openFault = truth.count
        truth.append(
            GroundTruthEvent(
                device: device, fault: life.mechanism.identity, onset: life.onset,
                pfInterval: life.pfInterval, failure: nil))
    }

    private mutating func recordSensorDefect(at time: Timestamp) {
        guard let defect = comingDefect, defect.onset <= time else { return }
        comingDefect = nil
        truth.append(
            GroundTruthEvent(
                device: device, fault: defect.identity, onset: defect.onset, pfInterval: nil,
                failure: nil))
    }

    private static func firstLife(
        _ equipment: some Equipment, fate: Fate, start: Timestamp, random: inout Random
    ) -> PartLife {
        switch fate.firstFault {
        case .never:
            return newLife(equipment, onset: .distantFuture, random: &random)
        case .drawn:
            guard let mean = fate.meanLife else {
                preconditionFailure("BUG: a drawn first fault needs a mean life")
            }
            // Ages are mixed, as in any plant: up to the mean life.
            let age = random.uniform(.zero, mean)
            let wait = LifeDistribution.drawTimeToOnset(mean: mean, age: age, random: &random)
            return newLife(equipment, onset: start + wait, random: &random)
        case .given(let onset, let pfInterval):
            let drawn = newLife(equipment, onset: onset, random: &random)
            return PartLife(
                mechanism: drawn.mechanism, onset: onset, pfInterval: pfInterval,
                curve: drawn.curve)
        }
    }

    private static func newLife(
        _ equipment: any Equipment, onset: Timestamp, random: inout Random
    ) -> PartLife {
        let mechanism = equipment.drawMechanism(&random)
        let interval = LifeDistribution.drawPFInterval(&random)
        return PartLife(
            mechanism: mechanism, onset: onset, pfInterval: interval,
            curve: DamageCurve(random: &random))
    }
}
