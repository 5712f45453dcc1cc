import Detection
import LineProtocol
package import Primitives
import Prognosis
import Tickets
package import Windows

/// The program: lines, commands and ticks in, steps out.
///
/// What comes in: blocks of whole lines with sender and arrival time, and ticks. What goes out:
/// ``EngineStep`` values through the `emit` closure, in order. What always holds: the same inputs
/// give the same steps; what one device gets depends on that device's lines and on the ticks, not
/// on how the input was cut or interleaved; output inside a step is ordered by window end, then
/// device name. Deliberately absent: clocks, sockets, files, locks, randomness.
///
/// Order of work for a closed window: Windows, Detection, Prognosis, Tickets.
package struct TelemetryEngine: ~Copyable {
    let configuration: EngineConfiguration
    let binder: LineBinder
    var parser: LineParser
    /// Of the record in hand; written and read for nearly every line.
    var numbers: [Double]
    var series: SeriesTable
    var ahead = LookAhead()
    package internal(set) var registry = Registry()
    var windows = WindowStore()
    var texts = TextValues()
    var newcomers: NewcomerRate
    var detector = Detector()
    var alertMachines: [ConditionAlertMachine] = []
    var prognosticator = Prognosticator()
    var desk = TicketDesk()
    var backlogs = BacklogDesk()
    var silence: SilenceDesk
    /// Per device.
    var clocks: [DeviceClock] = []
    /// Per device, the time it is or was last shelved for.
    var shelves: [Shelf?] = []
    /// Operators' decisions that wait for the next tick.
    var waitingCommands: [OperatorCommand] = []
    var waitingEvents = WaitingEvents()
    var maintenance = MaintenanceDesk()
    /// What the store has counted of devices that are not known any more, by name.
    var keptTallies: [String: OperatingTally] = [:]
    var hasRegisteredDeclared = false
    var clock: EventClock
    var hold: JumpHold
    var ledger: RefusalLedger
    var recovery = Recovery()
    package internal(set) var counters = EngineCounters()
    var pending: EngineStep
    /// Greatest arrival time and tick so far.
    var advancedTo = Timestamp.distantPast
    /// Per device, dense, because they are written for every line.
    var lastArrivals: [Timestamp] = []

    /// A step is sealed early when it holds this many windows, so that a backlog does not grow one
    /// step without bound.
    static let windowsPerStep = 2_048

    package init(_ configuration: EngineConfiguration, lastSequence: Int = 0) {
        let complete = configuration.completed
        self.configuration = complete
        binder = LineBinder(complete)
        parser = LineParser(limits: LineLimits(maxLineBytes: configuration.limits.lineBytes))
        numbers = [Double](repeating: 0, count: parser.limits.maxFields)
        series = SeriesTable(limit: configuration.limits.seriesKeys)
        newcomers = NewcomerRate(limit: configuration.limits.newDevicesPerMinute)
        silence = SilenceDesk(closeAfter: configuration.tickets.closeAfter)
        clock = EventClock(policy: configuration.clock)
        hold = JumpHold(maximumJump: configuration.clock.maximumJump)
        ledger = RefusalLedger(limit: configuration.limits.countedSources)
        pending = EngineStep(
            sequence: lastSequence + 1, advancedTo: .distantPast, counters: EngineCounters())
    }

    /// Takes in the lines of `bytes[start..<end]`, whole records of one sender whose stamps count
    /// in `precision` and to which the listener's `terms` apply, a place in
    /// ``EngineConfiguration/lineTerms``.
    package mutating func ingest(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, source: LineSource,
        arrivedAt arrival: Timestamp, precision: StampPrecision = .auto, terms: Int = 0,
        emit: (EngineStep) -> Void
    ) {
        let line = LineContext(
            source: source, arrival: arrival, precision: precision, terms: terms, trusted: false)
        take(bytes, from: start, to: end, line, emit: emit)
    }

    /// Lets time pass up to a tick of the wall clock. Closes what is due and seals the step.
    package mutating func advance(to now: Timestamp, emit: (EngineStep) -> Void) {
        tick(to: now, emit: emit)
    }

    /// The end of a recording: advances to the last event time plus lateness and window length and
    /// closes what is due, never further, so that nobody turns silent because a file ended.
    package mutating func finish(emit: (EngineStep) -> Void) {
        if hold.isUncontradicted { release(trusted: true, emit: emit) }
        if !hold.isEmpty { refuseHeld() }
        if clock.policy.source == .event, let end = windows.closingTime {
            tick(to: end, isEnd: true, emit: emit)
        }
        seal(emit: emit)
    }

    /// Takes what operators decided and seals the step as it is, without letting time pass.
    package mutating func flush(emit: (EngineStep) -> Void) {
        applyCommands(emit: emit)
        seal(emit: emit)
    }

    // MARK: Jumps of the event clock

    mutating func holdLine(_ line: JumpHold.Line, emit: (EngineStep) -> Void) {
        refuse(hold.takeContradicted(by: line.stamp))
        let since = (clock.now ?? .distantPast) - clock.policy.maximumJump
        let arrivals = lastArrivals
        let believed = hold.add(line) {
            Set(
                arrivals.indices.filter { arrivals[$0] >= since }
                    .map { DeviceID(rawValue: Int32($0)) })
        }
        if believed { release(trusted: true, emit: emit) }
    }

    /// Takes in the held lines after all: time went on without telemetry.
    private mutating func release(trusted: Bool, emit: (EngineStep) -> Void) {
        for line in hold.take() {
            let context = LineContext(
                source: line.source, arrival: clock.now ?? .distantPast,
                precision: line.precision, terms: line.terms, trusted: trusted)
            take(line.bytes.span, from: 0, to: line.bytes.count, context, emit: emit)
        }
    }

    mutating func refuseHeld() { refuse(hold.take()) }

    mutating func refuse(_ held: [JumpHold.Line]) {
        for line in held {
            refuse(
                .clockSkew, line.bytes.span, 0..<line.bytes.count, source: line.source,
                time: clock.now ?? .distantPast)
        }
    }

    // MARK: Time

    /// At the end of a recording nobody is looked for: it ended for all.
    mutating func tick(
        to now: Timestamp, isEnd: Bool = false, emit: (EngineStep) -> Void
    ) {
        noteDeafness(before: now)
        if now > advancedTo { advancedTo = now }
        if !hasRegisteredDeclared { registerDeclared(at: now) }
        applyCommands(emit: emit)
        if windows.mayClose(atTick: now) {
            for device in registry.devices.indices.map({ DeviceID(rawValue: Int32($0)) }) {
                while windows.isDue(device, atTick: now) { close(device, emit: emit) }
            }
            windows.tickDone()
        }
        if !isEnd { watchSilence(at: now) }
        seal(emit: emit)
    }

    /// How far time has advanced: what a step sealed now says.
    package var reached: Timestamp { max(advancedTo, clock.now ?? .distantPast) }

    mutating func close(_ device: DeviceID, emit: (EngineStep) -> Void) {
        let frame = windows.closeNext(of: device, signals: registry[device].signals)
        counters.windowsClosed += UInt64(frame.summaries.count)
        conclude(
            frame,
            judgedLate: judgedLate(frame.end, of: device, frame.end - frame.start))
        noteClock(afterClosing: device)
        if pending.closed.count >= Self.windowsPerStep { seal(emit: emit) }
    }

    /// Everything right of the windows: Detection, Prognosis, Tickets. A fold over frames.
    mutating func conclude(_ frame: WindowFrame, judgedLate: Timestamp? = nil) {
        let device = frame.device
        let exemption = pass(frame)
        let assessment = detector.assess(frame, isInWork: exemption != nil)
        let isShelved = shelves[device.index]?.covers(frame) ?? false
        let alert = isShelved ? nil : alertMachines[device.index].update(assessment)
        tell(alert, of: device, judgedLate: judgedLate)
        let risks = prognosticator.update(assessment)
        let declared = configuration.classes[registry[device].machineClass.rawValue]
        let known = registry[device]
        let names = registry
        let outcome = desk.decide(
            assessment, risks: risks, isShelved: isShelved, exemption: exemption,
            judgedLate: judgedLate,
            subject: { component in
                TicketSubject(
                    device: known.name, deviceClass: declared.name,
                    attributes: known.attributes.map {
                        Ticket.Attribute(key: $0.key, value: $0.value)
                    },
                    advice: declared.advice[component],
                    signals: assessment.signals.map { signal in
                        (
                            names[signal.signal].name,
                            signal.policy.map { declared.detection.signals[$0].unit }
                        )
                    })
            }, deviceName: known.name, advice: declared.advice)
        pending.changes.append(contentsOf: outcome.changes)
        pending.decisions.append(contentsOf: outcome.decisions)
        pending.closed.append(
            EngineStep.Closed(
                frame: frame, assessment: assessment, risks: risks.filter(\.isNew),
                judgedLate: judgedLate))
    }

    /// The counters as they stand, as a step without content: steps with content may be far apart,
    /// and whoever looks at the counters wants to see today's.
    package var progress: EngineStep {
        EngineStep(sequence: pending.sequence - 1, advancedTo: reached, counters: counters)
    }

    mutating func seal(emit: (EngineStep) -> Void) {
        tellHeld(at: reached)
        if !ledger.isEmpty { pending.refused = ledger.take() }
        if texts.hasUntold { pending.texts += texts.takeUntold() }
        guard !pending.isEmpty else { return }
        pending.counters = counters
        pending.advancedTo = reached
        let names = registry
        pending.closed.sort { left, right in
            left.frame.end == right.frame.end
                ? names[left.frame.device].name < names[right.frame.device].name
                : left.frame.end < right.frame.end
        }
        sortLate()
        // Those of one component stay as they came: a ticket that gives way goes before the next.
        pending.changes = pending.changes.enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            return (one.time, one.ticket.device, one.ticket.component, left.offset)
                < (other.time, other.ticket.device, other.ticket.component, right.offset)
        }.map(\.element)
        pending.decisions.sort { left, right in
            (left.time, names[left.device].name, left.component)
                < (right.time, names[right.device].name, right.component)
        }
        pending.texts.sort { left, right in
            (left.time, names[left.device].name, left.name)
                < (right.time, names[right.device].name, right.name)
        }
        pending.silent.sort { names[$0].name < names[$1].name }
        // In order of time per device already; a stable order of devices is all that is missing.
        pending.clocks = pending.clocks.enumerated().sorted { left, right in
            (left.element.time, names[left.element.device].name, left.offset)
                < (right.element.time, names[right.element.device].name, right.offset)
        }.map(\.element)
        pending.alerts.sort { left, right in
            (left.time, names[left.device].name) < (right.time, names[right.device].name)
        }
        let next = EngineStep(
            sequence: pending.sequence + 1, advancedTo: pending.advancedTo,
            counters: EngineCounters())
        emit(pending)
        pending = next
    }
}
