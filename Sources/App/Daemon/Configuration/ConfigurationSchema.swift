import Detection
import Engine
import Primitives
import Prognosis
import Store
import Tickets
import Windows

/// Every key there is. The loader accepts nothing else, and the reference page prints nothing
/// else.
package enum ConfigurationSchema {
    /// All keys, section by section.
    package static let keys: [KeyFacts] =
        gateway.map(\.facts) + ListenerKeys.all.map(\.facts) + machineClass.map(\.facts)
        + SignalKeys.all.map(\.facts) + component.map(\.facts) + part.map(\.facts)
        + device.map(\.facts)

    static let listenerSection = ["listener", "NAME"]
    static let classSection = ["class", "NAME"]
    static let componentSection = ["class", "NAME", "component", "NAME"]
    static let deviceSection = ["device", "NAME"]
    static let partSection = ["class", "NAME", "component", "NAME", "parts"]

    /// Keys outside any class.
    static let gateway: [ConfigurationKey<DaemonConfiguration>] =
        identityKeys + daemonKeys + webKeys + clockKeys + limitKeys + ticketKeys

    private static let identityKeys: [ConfigurationKey<DaemonConfiguration>] = [
        top(
            "gateway", \.gateway, .plainName, defaultText: "the host name",
            "Names this gateway in tickets."),
        top(
            "identity_tags", \.engine.identity.identityTags, .names(atLeastOne: true),
            "The first of these tags that a line carries names its device."),
        top(
            "attribute_tags", \.engine.identity.attributeTags, .names(),
            "These tags describe the device and are not part of a signal's name."),
        top(
            "class_tag", \.engine.identity.classTag, .line(mayBeEmpty: false),
            "The tag that names the device's class; without it the measurement decides."),
        top(
            "default_identity", \.engine.identity.defaultIdentity, .line(),
            "Device of lines without any identity tag; empty refuses such lines."),
    ]

    private static let webKeys: [ConfigurationKey<DaemonConfiguration>] = [
        top(
            "intake.maximum_web_connections", \.intake.maximumWebConnections, .whole(1...65_536),
            unit: "connections",
            "Connections over HTTP and over TLS open at once, a quarter of them of one sender; "
                + "newcomers beyond it are refused and counted."),
        top(
            "intake.maximum_requests", \.intake.maximumRequests, .whole(1...1_024),
            unit: "requests",
            "Requests whose bodies are taken in at once, half of them of one sender; others are "
                + "told to come back (503)."),
        top(
            "intake.maximum_body", \.intake.maximumBodyBytes, .size(1 << 10, 1 << 30),
            "Longer bodies of requests are refused (413) and counted."),
        top(
            "intake.maximum_inflated_body", \.intake.maximumInflatedBytes,
            .size(1 << 10, 16 << 30),
            "Bodies that are longer after unpacking likewise; unpacking stops there."),
        top(
            "intake.request_timeout", \.intake.requestTimeout, .duration(.seconds(1), .hours(1)),
            "A request whose body has not come to its end after this long is refused and counted."),
    ]

    private static let daemonKeys: [ConfigurationKey<DaemonConfiguration>] = [
        top(
            "state.directory", \.stateDirectory, ValueForm<String>.folder.optional,
            defaultText: "`./forestall-state`",
            "Where the database, the checkpoints and the outbox live; `--state` and "
                + "`$STATE_DIRECTORY` (systemd sets it) come first."),
        top(
            "state.maximum_size", \.retention.sizeMost, .size(64 << 20, 1 << 40),
            "The database is kept from growing beyond this: its oldest windows are removed. "
                + "Tickets, decisions and maintenance events stay."),
        top(
            "state.keep_windows", \.retention.windows, .duration(.days(1), .days(36_500)),
            "Older windows are removed, whatever the size."),
        top(
            "state.keep_15min", \.retention.quarters, .duration(.days(1), .days(36_500)),
            "Older sums of windows over 15 minutes are removed."),
        top(
            "state.keep_days", \.retention.days, .duration(.days(1), .days(36_500)),
            "Older sums of windows over a day are removed."),
        top(
            "state.durability", \.journal.durability, .choice,
            "What survives a crash: with `window` all but the readings of open windows; with "
                + "`journal` every line that an HTTP request was answered 204 for, because lines "
                + "are written down first."),
        top(
            "state.journal_interval", \.journal.interval,
            .duration(.milliseconds(1), .seconds(10)),
            "With `journal`, a request waits for the disk at most this long; many share one wait."),
        top(
            "state.journal_size", \.journal.size, .size(4 << 20, 64 << 30),
            "With `journal`, its files have at most this many bytes; beyond it requests are told "
                + "to come back (503) until a checkpoint contains the oldest lines."),
        top(
            "state.checkpoint_interval", \.checkpointInterval,
            .duration(.seconds(1), .days(1)),
            "How often what has been learned is written down. A crash loses the readings of open "
                + "windows that came after it, and a start after a crash folds the windows since; "
                + "each time is written whole."),
        top(
            "state.log_size", \.logBytes, .size(1 << 20, 1 << 30),
            "The database's write-ahead log is carried over when it is this long. A longer one "
                + "spares the medium; after a crash all of it is read."),
        top("log.level", \.logLevel, .choice, "Messages below this level are not logged."),
        top(
            "intake.udp", \.intake.udp, .addresses,
            "Where to listen for line protocol over UDP; port 0 lets the kernel choose, "
                + "an empty list means nowhere."),
        top(
            "intake.tcp", \.intake.tcp, .addresses,
            "Where to listen for line protocol over TCP, likewise."),
        top(
            "intake.http", \.intake.http, .addresses,
            "Where to listen for HTTP requests, likewise."),
        top(
            "intake.receive_buffer", \.intake.receiveBufferBytes, .size(64 << 10, 1 << 30),
            "Kernel buffer of each UDP socket; bursts beyond it are lost and counted."),
        top(
            "intake.maximum_line_bytes", \.intake.maximumLineBytes, .whole(256...65_536),
            unit: "bytes", "Longer lines are refused and counted."),
        top(
            "intake.maximum_connections", \.intake.maximumConnections, .whole(1...65_536),
            unit: "connections",
            "TCP connections open at once; newcomers beyond it are refused and counted."),
        top(
            "intake.maximum_connections_per_source", \.intake.maximumConnectionsPerSource,
            .whole(1...65_536), unit: "connections",
            "Those of one sender, so that it cannot take all places; likewise."),
        top(
            "intake.lines_per_second", \.intake.linesPerSecond, .whole(0...10_000_000),
            unit: "lines",
            "Lines taken from one sender in a second, averaged over ten; those beyond it are "
                + "refused and counted. 0 takes all; a listener may say otherwise."),
        top(
            "intake.idle_timeout", \.intake.idleTimeout, .duration(.zero, .days(365)),
            "A TCP connection on which nothing came for this long is closed and counted; "
                + "\"0s\" closes none."),
    ]

    private static let clockKeys: [ConfigurationKey<DaemonConfiguration>] = [
        top(
            "clock.max_jump", \.engine.clock.maximumJump, .duration(.seconds(1), .days(365)),
            "Stamps further ahead of arrival than this are a wrong clock and refused, unless "
                + "`skewed_stamps` says otherwise."),
        top(
            "clock.max_age", \.engine.clock.maximumAge, .duration(.hours(1), .days(3_650)),
            "Stamps older than this are a wrong clock, not a backlog; likewise."),
        top(
            "clock.amend_for", \.engine.clock.amendFor, .duration(.zero, .days(3_650)),
            "Readings that come after their window was closed amend it when they are at most so "
                + "old; older ones are refused and counted as `late`. \"0s\" amends none."),
        top(
            "clock.skewed_stamps", \.engine.clock.skewedStamps, .choice,
            "What becomes of stamps that are known to be wrong. `keep` refuses impossible ones and "
                + "takes those of a device whose clock is found wrong as they are; `restamp` gives "
                + "both the time of their arrival; `refuse` takes neither. Wall clock only."),
        top(
            "clock.skew_tolerance", \.engine.clock.skewTolerance,
            .duration(.seconds(1), .days(1)),
            "A device whose clock is further off than this shows `clock_skew`; behind, it must be "
                + "off by more than twice the usual time between its windows too."),
        top(
            "clock.tick", \.engine.clock.tick, .duration(.milliseconds(100), .minutes(1)),
            "Time advances in multiples of this."),
    ]

    private static let limitKeys: [ConfigurationKey<DaemonConfiguration>] = [
        top(
            "limits.devices", \.engine.limits.devices, .whole(1...1_000_000), unit: "devices",
            "Devices beyond this number are refused and counted."),
        top(
            "limits.signals_per_device", \.engine.limits.signalsPerDevice, .whole(1...65_536),
            unit: "signals", "Signals of one device beyond this number are refused and counted."),
        top(
            "limits.signals", \.engine.limits.signals, .whole(1...500_000), unit: "signals",
            "Signals of all devices beyond this number are refused and counted."),
        top(
            "limits.texts_per_device", \.engine.limits.textsPerDevice, .whole(0...4_096),
            unit: "texts", "Text fields of one device beyond this number are refused and counted."),
        top(
            "limits.new_devices_per_minute", \.engine.limits.newDevicesPerMinute,
            .whole(1...1_000_000), unit: "devices",
            "Devices that may be new within a minute; more are refused and counted until the "
                + "next."),
        top(
            "limits.tag_set_bytes", \.engine.limits.tagSetBytes, .whole(64...65_536),
            unit: "bytes", "Lines of a new series with a longer measurement and tags are refused."),
        top(
            "limits.series_keys", \.engine.limits.seriesKeys, .whole(1...10_000_000),
            unit: "series", "Distinct measurement and tag combinations remembered."),
        top(
            "limits.counted_sources", \.engine.limits.countedSources, .whole(1...65_536),
            unit: "senders",
            "Senders whose refused lines are counted apart; all others share one counter."),
    ]

    private static let ticketKeys: [ConfigurationKey<DaemonConfiguration>] = [
        top(
            "tickets.open_risk", \.engine.tickets.openRisk, .number(0.001, 1),
            "A ticket opens at this probability of failure within the component's horizon, "
                + "unless the component's costs give a higher break-even."),
        top(
            "tickets.persistence", \.engine.tickets.persistence, .duration(.zero, .days(90)),
            "The condition must have held for this long before a ticket opens."),
        top(
            "tickets.recovery", \.engine.tickets.recovery, .duration(.zero, .days(90)),
            "An open ticket has recovered when its condition was absent for this long."),
        top(
            "tickets.close_after", \.engine.tickets.closeAfter, .duration(.zero, .days(365)),
            "A recovered ticket nobody touched is closed after this long."),
        top(
            "tickets.update_interval", \.engine.tickets.updateInterval,
            .duration(.zero, .days(365)), "At most one update of a ticket is sent in this time."),
    ]

    /// Keys of `[class.NAME]`.
    static let machineClass: [ConfigurationKey<ClassDraft>] = [
        key(
            "measurements", \.measurements, .names(atLeastOne: true), classSection, ClassDraft(),
            defaultText: "`[\"NAME\"]`",
            "A device that sends one of these measurements belongs to the class."),
        key(
            "fault_codes", \.machine.faultCodes, .names(), classSection, ClassDraft(),
            "Fields, texts or numbers, that say what is wrong with the machine; every new value "
                + "is an event and an alert. Empty, 0, false and none say that nothing is."),
        key(
            "window", \.machine.windows.length, .duration(.milliseconds(1), .days(1)),
            classSection, ClassDraft(), "Length of the windows readings are summarised in."),
        key(
            "lateness", \.machine.windows.lateness, .duration(.zero, .days(1)), classSection,
            ClassDraft(), "How long after its end a window still takes readings."),
        key(
            "tick", \.machine.detection.tick, .choice, classSection, ClassDraft(),
            "What is judged one after another: windows, or every reading as it comes, for machines "
                + "that send one now and then. `window` and `lateness` have no meaning then."),
        key(
            "running", \.machine.detection.running,
            ValueForm<OperatingCondition>.condition.optional,
            classSection, ClassDraft(), defaultText: "always running",
            "When the machine counts as running; it is judged and learned from only then."),
        key(
            "load_signal", \.machine.detection.loadSignal,
            ValueForm<String>.line(mayBeEmpty: false).optional, classSection, ClassDraft(),
            "Instead of `running`: a signal with two levels, of which the machine runs at the "
                + "upper one. They are found by themselves; until both have been seen clearly, it "
                + "counts as running."),
        key(
            "idle", \.machine.detection.idle,
            ValueForm<OperatingCondition>.condition.optional, classSection, ClassDraft(),
            defaultText: "never idle",
            "When a machine that does not run is idle: powered, but not at work. What is neither "
                + "is off."),
        key(
            "minimum_duration", \.machine.detection.minimumDuration,
            .duration(.zero, .days(1)), classSection, ClassDraft(),
            "How long running, idle or off must last to count; until then the machine is "
                + "transient, and a shorter interruption is none."),
        key(
            "settling", \.machine.detection.settling, .duration(.zero, .days(1)), classSection,
            ClassDraft(), "After a start the machine is not judged for this long."),
        key(
            "commissioning", \.machine.detection.commissioning, .duration(.zero, .days(365)),
            classSection, ClassDraft(),
            "Running time a new machine is only watched and learned from."),
        key(
            "silent_after", \.machine.detection.silentAfter, .duration(.zero, .days(30)),
            classSection, ClassDraft(),
            "A device that sends nothing for this long, or for longer than its own pauses explain, "
                + "gets a ticket; `0s` never gives one."),
    ]

    /// Keys of `[class.NAME.component.NAME]`.
    static let component: [ConfigurationKey<ComponentDraft>] = componentKeys + costKeys

    private static let componentKeys: [ConfigurationKey<ComponentDraft>] = [
        componentKey(
            "signals", \.signals, .names(atLeastOne: true), defaultText: "required",
            "The signals that speak for the component, strongest first."),
        componentKey(
            "failure_mode", \.advice.failureMode, .line(mayBeEmpty: false),
            "How it fails, in the words of ISO 14224 or your own."),
        componentKey(
            "typical_failure_interval", \.prognosis.typicalFailureInterval,
            .duration(.hours(1), .days(3_650)),
            "Typical time from the first detectable sign to functional failure."),
        componentKey(
            "horizon", \.prognosis.horizon, .duration(.hours(1), .days(3_650)),
            "The probability of failure is given for this much time ahead."),
        componentKey("action", \.advice.action, .line(), "What to do, one sentence."),
        componentKey(
            "first_check", \.advice.firstCheck, .line(), "What to look at first, one sentence."),
        componentKey(
            "part", \.part, ValueForm<String>.line(mayBeEmpty: false).optional,
            "Number of the one spare part needed; short for `parts` with quantity 1."),
        componentKey("skill", \.advice.skill, .line(), "Who can do it."),
        componentKey(
            "duration_minutes", \.advice.durationMinutes,
            ValueForm<Int>.whole(1...100_000).optional, unit: "minutes",
            "How long the work takes."),
        componentKey(
            "lead_time", \.advice.leadTime, .duration(.zero, .days(365)),
            "Time from the decision to a technician with the part at the machine."),
    ]

    private static let costKeys: [ConfigurationKey<ComponentDraft>] = [
        costKey(
            "cost_failure", \.advice.cost.failure,
            "An unplanned failure: repair, lost production, penalties."),
        costKey(
            "cost_planned_repair", \.advice.cost.plannedRepair,
            "A planned repair, parts included."),
        costKey("cost_visit", \.advice.cost.visit, "A visit that finds nothing."),
        componentKey(
            "currency", \.advice.cost.currency, ValueForm<String>.currency.optional,
            "Currency of the costs."),
    ]

    /// Keys of each element of `parts`.
    static let part: [ConfigurationKey<PartDraft>] = [
        key(
            "number", \.part.number, .line(mayBeEmpty: false), partSection, PartDraft(),
            defaultText: "required", "Number or name the part is ordered by."),
        key(
            "quantity", \.part.quantity, .whole(1...10_000), partSection, PartDraft(),
            unit: "pieces", "How many are needed."),
    ]

    /// Keys of `[device.NAME]`.
    static let device: [ConfigurationKey<DeviceDraft>] = [
        key(
            "class", \.className, ValueForm<String>.line(mayBeEmpty: false).optional,
            deviceSection, DeviceDraft(), defaultText: "what its telemetry says",
            "Its class, whatever its telemetry says."),
        key(
            "attributes", \.attributes, .names(), deviceSection, DeviceDraft(),
            "What describes it, as `key=value`; what its telemetry says comes first."),
    ]

    // MARK: - Shorthands

    private static func top<Value>(
        _ name: String, _ target: Target<DaemonConfiguration, Value>,
        _ form: ValueForm<Value>, unit: String = "", defaultText: String? = nil, _ summary: String
    ) -> ConfigurationKey<DaemonConfiguration> {
        key(
            name, target, form, [], DaemonConfiguration(), unit: unit, defaultText: defaultText,
            summary)
    }

    private static func componentKey<Value>(
        _ name: String, _ target: Target<ComponentDraft, Value>,
        _ form: ValueForm<Value>, unit: String = "", defaultText: String? = nil, _ summary: String
    ) -> ConfigurationKey<ComponentDraft> {
        key(
            name, target, form, componentSection, ComponentDraft(), unit: unit,
            defaultText: defaultText, summary)
    }

    private static func costKey(
        _ name: String, _ target: Target<ComponentDraft, Double?>,
        _ summary: String
    ) -> ConfigurationKey<ComponentDraft> {
        componentKey(
            name, target, ValueForm<Double>.number(0, 1e12).optional, unit: "the currency",
            summary)
    }

    private static func key<Section, Value>(
        _ name: String, _ target: Target<Section, Value>,
        _ form: ValueForm<Value>, _ section: [String], _ standard: Section, unit: String = "",
        defaultText: String? = nil, _ summary: String
    ) -> ConfigurationKey<Section> {
        ConfigurationKey(
            name, target, form, in: section, standard: standard, unit: unit,
            defaultText: defaultText, summary)
    }
}
