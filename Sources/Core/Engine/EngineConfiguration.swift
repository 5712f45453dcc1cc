package import Detection
package import Primitives
package import Prognosis
package import Tickets
package import Windows

/// Everything the engine needs to know from the configuration, as values.
package struct EngineConfiguration: Equatable, Sendable {
    package var identity: IdentityPolicy
    package var clock: ClockPolicy
    package var limits: EngineLimits
    package var tickets: TicketPolicySettings
    /// `classes[0]` is `generic`, the class of devices that match no declared one.
    package var classes: [MachineClass]
    /// Devices that are missed when nothing comes from them, in order of name.
    package var devices: [DeclaredDevice]
    /// What listeners say about their lines beyond the lines themselves; `lineTerms[0]` says
    /// nothing.
    package var lineTerms: [LineTerms] = [LineTerms()]

    package init(
        identity: IdentityPolicy = IdentityPolicy(), clock: ClockPolicy = ClockPolicy(),
        limits: EngineLimits = EngineLimits(),
        tickets: TicketPolicySettings = TicketPolicySettings(),
        generic: MachineClass = MachineClass(name: "generic"), classes: [MachineClass] = [],
        devices: [DeclaredDevice] = []
    ) {
        self.identity = identity
        self.clock = clock
        self.limits = limits
        self.tickets = tickets
        self.classes = [generic] + classes
        self.devices = devices
    }
}

extension EngineConfiguration {
    /// The configuration as the engine works with it: every class has components.
    package var completed: EngineConfiguration {
        var copy = self
        copy.classes = classes.map(\.withComponents)
        return copy
    }
}

/// A class of machine, declared once for all its devices.
package struct MachineClass: Equatable, Sendable {
    package var name: String
    /// A device that sends one of these measurements belongs to the class.
    package var measurements: [String]
    package var windows: WindowPolicy
    package var detection: DetectionPolicy
    /// Fields whose values are fault codes, `field` or `measurement.field`.
    package var faultCodes: [String]
    /// One per component, in the order of `detection.components`.
    package var prognosis: [PrognosisPolicy]
    /// One per component, in the order of `detection.components`.
    package var advice: [ComponentAdvice]

    package init(
        name: String, measurements: [String] = [], faultCodes: [String] = [],
        windows: WindowPolicy = WindowPolicy(),
        detection: DetectionPolicy = DetectionPolicy(), prognosis: [PrognosisPolicy] = [],
        advice: [ComponentAdvice] = []
    ) {
        self.name = name
        self.measurements = measurements
        self.faultCodes = faultCodes
        self.windows = windows
        self.detection = detection
        self.prognosis = prognosis
        self.advice = advice
    }
}

/// A device that the configuration names. Most need no declaration: they are discovered.
package struct DeclaredDevice: Equatable, Sendable {
    package var name: String
    /// Name of its class; `nil` lets its telemetry say.
    package var className: String?
    /// In order of key.
    package var attributes: [Device.Attribute]

    package init(name: String, className: String? = nil, attributes: [Device.Attribute] = []) {
        self.name = name
        self.className = className
        self.attributes = attributes
    }
}

/// What a listener says about every line it takes: part of the line as if its sender had said it.
package struct LineTerms: Equatable, Sendable {
    /// Tags for lines that do not carry them; what a line says itself comes first. Keys are
    /// distinct.
    package var tags: [Device.Attribute]
    /// Device of lines without any identity tag; empty leaves it to
    /// ``IdentityPolicy/defaultIdentity``.
    package var defaultIdentity: String

    package init(tags: [Device.Attribute] = [], defaultIdentity: String = "") {
        self.tags = tags
        self.defaultIdentity = defaultIdentity
    }
}

/// Which tags say whose reading it is.
package struct IdentityPolicy: Equatable, Sendable {
    /// The first present one names the device.
    package var identityTags: [String]
    /// These describe the device and are not part of a signal's name.
    package var attributeTags: [String]
    /// This tag names the device's class.
    package var classTag: String
    /// Device name for lines without any identity tag; empty refuses such lines.
    package var defaultIdentity: String

    package init(
        identityTags: [String] = ["device", "asset", "machine", "host"],
        attributeTags: [String] = ["site", "model", "line", "region"],
        classTag: String = "class", defaultIdentity: String = ""
    ) {
        self.identityTags = identityTags
        self.attributeTags = attributeTags
        self.classTag = classTag
        self.defaultIdentity = defaultIdentity
    }
}

/// Where arrival time comes from and how far a stamp may lie from it.
package struct ClockPolicy: Equatable, Sendable {
    package enum Source: String, CaseIterable, Sendable {
        /// Arrival time is the gateway's clock.
        case wall
        /// Arrival time is the greatest accepted event time so far.
        case event
    }

    package var source: Source
    /// Stamps further ahead than this are a wrong clock.
    package var maximumJump: TimeSpan
    /// Stamps older than this are a wrong clock, not a backlog.
    package var maximumAge: TimeSpan
    /// Time advances in multiples of this.
    package var tick: TimeSpan
    /// Readings of closed windows amend them when they are at most so old; zero amends none.
    package var amendFor: TimeSpan
    /// What becomes of stamps known to be wrong; looked at with the wall clock only.
    package var skewedStamps: SkewedStamps
    /// A device's clock is wrong when it is further off than this; behind, by more than twice the
    /// device's usual gap too.
    package var skewTolerance: TimeSpan

    package init(
        source: Source = .wall, maximumJump: TimeSpan = .days(1),
        maximumAge: TimeSpan = .days(400), tick: TimeSpan = .seconds(1),
        amendFor: TimeSpan = .days(30), skewedStamps: SkewedStamps = .keep,
        skewTolerance: TimeSpan = .minutes(2)
    ) {
        self.amendFor = amendFor
        self.skewedStamps = skewedStamps
        self.skewTolerance = skewTolerance
        self.source = source
        self.maximumJump = maximumJump
        self.maximumAge = maximumAge
        self.tick = tick
    }
}

extension MachineClass {
    /// Whether a field (`measurement.field[,tag=value...]`) is declared a fault code.
    func isFaultCode(_ name: String) -> Bool {
        faultCodes.contains { signalName($0, matches: name) }
    }

    /// A class without components is watched as one: the machine, with all its signals.
    fileprivate var withComponents: MachineClass {
        guard detection.components.isEmpty else { return self }
        var copy = self
        copy.detection.components = [ComponentSignals(name: "machine", signals: ["*"])]
        copy.prognosis = [PrognosisPolicy(component: "machine")]
        copy.advice = [
            ComponentAdvice(
                component: "machine", failureMode: "unknown",
                action: "Inspect the machine.",
                firstCheck: "Compare the listed signals with those of a neighbouring machine.")
        ]
        return copy
    }
}
