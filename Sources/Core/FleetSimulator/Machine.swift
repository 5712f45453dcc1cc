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
    static var machineKind: MachineKind { get }
    /// Index of the sensor that a loose connector would hit, and its name as an item.
    static var looseSensor: (index: Int, item: String) { get }

    var model: String { get }
    /// One per signal, in the order of the fields of the line.
    var sensors: [SensorSpecification] { get }
    /// How the next fitted part is going to fail, by a fault of this class of machine.
    func mechanism(_ fault: Fault, _ random: inout Random) -> any WearMechanism
    /// What a repair after a fault changes in the healthy machine.
    mutating func repair(_ fault: Fault, _ random: inout Random)
    /// Writes one true value per sensor.
    mutating func step(_ conditions: OperatingConditions, into values: inout [SignalValue])
}

/// One machine: its equipment, the life of its weakest part, its schedule, sensors and uplink.
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
    /// How long a planned stop takes.
    private static let plannedStop = TimeSpan.hours(6)
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
    private var transmission: Transmission?
    private var sensors: [Sensor]
    private var values: [SignalValue]
    private var readings: [Int64?]
    /// Defects and disturbances whose onset is still to come into the truth.
    private var coming: [(identity: FaultIdentity, onset: Timestamp)] = []
    private var lifeRandom: Random
    private var planRandom: Random
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
            measurement: kind.machineKind.rawValue,
            tags: [("device", device), ("site", site.name), ("model", equipment.model)])
        keys = equipment.sensors.map { Array("\($0.name)=".utf8) }
        var shelterRandom = seeds.stream("shelter")
        shelter = shelterRandom.uniform(1, 5)
        schedule = OperatingSchedule(start: options.start, random: seeds.stream("schedule"))
        load = LoadCycle(
            start: options.start, interval: options.interval, random: seeds.stream("load"))
        uplink = Uplink(start: options.start, random: seeds.stream("uplink"))
        var sensorRandom = seeds.stream("sensors")
        sensors = equipment.sensors.map {
            Sensor($0, interval: options.interval, random: &sensorRandom)
        }
        if let onset = fate.looseConnectorFrom {
            let defect = LooseConnector(
                item: kind.looseSensor.item, onset: onset, random: seeds.stream("loose connector"))
            sensors[kind.looseSensor.index].defect = defect
            coming.append((defect.identity, onset))
        }
        values = Array(repeating: SignalValue(healthy: 0), count: sensors.count)
        readings = Array(repeating: nil, count: sensors.count)
        self.sensorRandom = sensorRandom
        var lifeRandom = seeds.stream("life")
        var planRandom = seeds.stream("planned repairs")
        life = Machine.firstLife(
            equipment, fate: fate, start: options.start, random: &lifeRandom, plan: &planRandom)
        self.lifeRandom = lifeRandom
        self.planRandom = planRandom
        repairedAt = .distantPast
        if let plan = fate.disturbance { disturb(plan, seeds: seeds) }
    }

    private mutating func disturb(_ plan: DisturbancePlan, seeds: SeedSource) {
        var random = seeds.stream("disturbance")
        guard plan.kind == .stuckSensor else {
            transmission = Transmission(plan: plan, random: random)
            coming.append((plan.kind.identity, plan.onset))
            return
        }
        let index = random.below(sensors.count)
        let defect = StuckSensor(sensor: sensors[index].specification.name, plan: plan)
        // One sensor can be loose or stuck, not both.
        guard sensors[index].defect == nil else { return }
        sensors[index].defect = defect
        coming.append((defect.identity, plan.onset))
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
        stopIfPlanned(at: time)
        let conditions = OperatingConditions(
            isRunning: runningSince != nil,
            secondsSinceStart: runningSince.map { (time - $0).seconds } ?? 0,
            load: load.value, ambient: outside + shelter, damage: damage,
            symptoms: life.mechanism.symptoms(damage: damage))
        equipment.step(conditions, into: &values)
        for index in sensors.indices {
            readings[index] = sensors[index].read(values[index], at: time, random: &sensorRandom)
        }
        recordDefects(at: time)
    }

    /// Appends what arrives at `time`: the line of the last step, unless the uplink is down or all
    /// readings were lost, with what a disturbance makes of it. `stamp` is the end of a line of
    /// that time.
    mutating func appendLines(at time: Timestamp, stamp: [UInt8], into buffer: inout [UInt8]) {
        transmission?.appendHeld(at: time, into: &buffer)
        guard uplink.isUp else { return }
        guard let end = transmission?.stamp(at: time, right: stamp) else {
            appendLine(stamp: stamp, into: &buffer)
            return
        }
        var line: [UInt8] = []
        appendLine(stamp: end, into: &line)
        if !line.isEmpty { transmission?.send(line, at: time, into: &buffer) }
    }

    private func appendLine(stamp: [UInt8], into buffer: inout [UInt8]) {
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
        let isRunning = schedule.isOn && !isBroken && repairAt == nil
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
        maintenance.append(
            MaintenanceEvent(
                time: time, device: device, component: identity.component, kind: .failure,
                part: "", cost: life.mechanism.work.failureCost, note: identity.name))
    }

    private mutating func stopIfPlanned(at time: Timestamp) {
        guard let due = life.plannedRepair, due <= time, repairAt == nil, !isBroken else { return }
        repairAt = time + Machine.plannedStop
        runningSince = nil
    }

    private mutating func repairIfDue(at time: Timestamp) {
        guard let due = repairAt, due <= time else { return }
        let work = life.mechanism.work
        let verb = work.kind == .repair ? "repaired" : "replaced"
        let occasion = isBroken ? "after failure" : "in a planned stop"
        maintenance.append(
            MaintenanceEvent(
                time: time, device: device, component: life.mechanism.identity.component,
                kind: work.kind, part: work.partPrefix.map { $0 + equipment.model } ?? "",
                cost: work.cost, note: "\(verb) \(occasion)"))
        repairAt = nil
        repairedAt = due
        openFault = nil
        equipment.repair(life.mechanism.fault, &lifeRandom)
        var onset = Timestamp.distantFuture
        if let mean = fate.meanLife {
            onset =
                time
                + LifeDistribution.drawTimeToOnset(mean: mean, age: .zero, random: &lifeRandom)
        }
        life = Machine.newLife(
            equipment, fate: fate, onset: onset, random: &lifeRandom, plan: &planRandom)
    }

    private mutating func recordOnset() {
        guard openFault == nil else { return }
        openFault = truth.count
        truth.append(
            GroundTruthEvent(
                device: device, fault: life.mechanism.identity, onset: life.onset,
                pfInterval: life.pfInterval, failure: nil))
    }

    private mutating func recordDefects(at time: Timestamp) {
        for (identity, onset) in coming where onset <= time {
            truth.append(
                GroundTruthEvent(
                    device: device, fault: identity, onset: onset, pfInterval: nil, failure: nil))
        }
        coming.removeAll { $0.onset <= time }
    }

    private static func firstLife(
        _ equipment: some Equipment, fate: Fate, start: Timestamp, random: inout Random,
        plan: inout Random
    ) -> PartLife {
        switch fate.firstFault {
        case .never:
            return newLife(
                equipment, fate: fate, onset: .distantFuture, random: &random, plan: &plan)
        case .drawn:
            guard let mean = fate.meanLife else {
                preconditionFailure("BUG: a drawn first fault needs a mean life")
            }
            // Ages are mixed, as in any plant: up to the mean life.
            let age = random.uniform(.zero, mean)
            let wait = LifeDistribution.drawTimeToOnset(mean: mean, age: age, random: &random)
            return newLife(
                equipment, fate: fate, onset: start + wait, random: &random, plan: &plan)
        case .given(let onset, let pfInterval):
            return newLife(
                equipment, fate: fate, onset: onset, pfInterval: pfInterval, random: &random,
                plan: &plan)
        }
    }

    /// A P-F interval of nil is drawn.
    private static func newLife(
        _ equipment: any Equipment, fate: Fate, onset: Timestamp, pfInterval: TimeSpan? = nil,
        random: inout Random, plan: inout Random
    ) -> PartLife {
        // A single candidate costs no draw.
        let choice = fate.faults.count > 1 ? random.below(fate.faults.count) : 0
        let mechanism = equipment.mechanism(fate.faults[choice], &random)
        let drawn = LifeDistribution.drawPFInterval(&random)
        let interval = pfInterval ?? drawn
        let isNoticed = plan.uniform() < fate.plannedRepairShare
        let share = plan.uniform(0.4, 0.9)
        return PartLife(
            mechanism: mechanism, onset: onset, pfInterval: interval,
            curve: DamageCurve(random: &random),
            plannedRepair: isNoticed && onset < .distantFuture
                ? onset + TimeSpan(secondsRounded: (share * interval.seconds).rounded()) : nil)
    }
}
