package import Primitives

/// A seeded fleet of machines that wear and fail.
///
/// - In: `FleetOptions` (how many, how long, which seed, which scenario). No clock, no files.
/// - Out: line protocol, one instant at a time, and beside it the ground truth: when wear began,
///   when the machine failed, what was replaced.
/// - Always holds: equal options give equal bytes; every machine draws from seeds made of the
///   fleet seed and its own name, so that adding a machine changes no other; lines come in order
///   of time and, within an instant, of device, unless a `Disturbance` of the device says
///   otherwise; memory does not grow with the length of the recording, except by one entry per
///   fault and per repair.
/// - Deliberately absent: anything a detector could share. The physics is written from what
///   machines and sensors do, with noise of at least a tenth of every symptom; it knows no
///   threshold, window or model, and nothing that detects imports it.
///
/// Equal bytes are promised for one C library. Another one may round a logarithm differently,
/// which can move single readings by one unit of their last decimal.
///
/// A further class of machine is a case of `MachineKind`, a type that conforms to `Equipment` and
/// a line in `Roster`; a further fault is a case of `Fault` with its `WearMechanism`, or a
/// `SensorDefect` (of a sensor), or a `Disturbance` (of the transmission).
package struct Fleet: Sendable {
    private var machines: [Machine]
    private var sites: [Ambient]
    private let interval: TimeSpan
    private let end: Timestamp
    private var upcoming: Timestamp
    private var stamp: [UInt8] = []

    package init(_ options: FleetOptions) {
        precondition(options.devices > 0, "BUG: a fleet needs at least one device")
        precondition(options.days > 0, "BUG: a recording needs at least one day")
        precondition(options.interval > .zero, "BUG: the reading interval must be positive")
        precondition(!options.machines.isEmpty, "BUG: a fleet needs a class of machine")
        precondition((1...4).contains(options.sites), "BUG: a fleet has one to four sites")
        machines = Roster.machines(options)
        sites = Site.allCases.map {
            Ambient(site: $0, fleetSeed: options.seed, start: options.start)
        }
        interval = options.interval
        upcoming = options.start
        end = options.start + .days(Int64(options.days))
    }

    /// Appends the lines of the next instant and returns its time, or nil at the end.
    ///
    /// An instant may be empty, when every machine's line was lost on the way.
    package mutating func next(into buffer: inout [UInt8]) -> Timestamp? {
        guard upcoming < end else { return nil }
        let time = upcoming
        upcoming = time + interval
        LineWriter.formatStamp(time, into: &stamp)
        for index in sites.indices {
            sites[index].advance(to: time)
        }
        for index in machines.indices {
            let outside = sites[machines[index].site.rawValue].temperature
            machines[index].step(at: time, outside: outside)
            machines[index].appendLines(at: time, stamp: stamp, into: &buffer)
        }
        return time
    }

    /// The names of the devices, in the order of their lines.
    package var devices: [String] { machines.map(\.device) }

    /// Every fault that has begun so far, in order of onset, then of device.
    package var truth: [GroundTruthEvent] {
        Fleet.ordered(machines.map(\.truth), by: \.onset)
    }

    /// Every failure, replacement and repair so far, in order of time, then of device.
    package var maintenance: [MaintenanceEvent] {
        Fleet.ordered(machines.map(\.maintenance), by: \.time)
    }

    /// Merges lists that are each in order; position breaks ties, because the order of the
    /// standard library's sort among equals is not documented.
    private static func ordered<Event>(
        _ lists: [[Event]], by time: (Event) -> Timestamp
    ) -> [Event] {
        lists.flatMap { $0 }.enumerated()
            .sorted { (time($0.element), $0.offset) < (time($1.element), $1.offset) }
            .map(\.element)
    }
}
