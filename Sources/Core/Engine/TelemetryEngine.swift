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
    var series: SeriesTable
    package internal(set) var registry = Registry()
    var windows = WindowStore()
    var detector = Detector()
    var alertMachines: [ConditionAlertMachine] = []
    var prognosticator = Prognosticator()
    var desk = TicketDesk()
    var silence: SilenceDesk
    /// Per device, the time it is or was last shelved for.
    var shelves: [Shelf?] = []
    /// Operators' decisions that wait for the next tick.
    var waitingCommands: [OperatorCommand] = []
    var hasRegisteredDeclared = false
    var clock: EventClock
    var hold: JumpHold
    var ledger: RefusalLedger
    package internal(set) var counters = EngineCounters()
    var pending: EngineStep
    /// Greatest arrival time and tick so far.
    var advancedTo = Timestamp.distantPast
    /// Per device, dense, because they are read for every line.
    var lastArrivals: [Timestamp] = []
    var latenesses: [TimeSpan] = []

    /// A step is sealed early when it holds this many windows, so that a backlog does not grow one
    /// step without bound.
    static let windowsPerStep = 2_048

    package init(_ configuration: EngineConfiguration, lastSequence: Int = 0) {
        let complete = configuration.completed
        self.configuration = complete
        binder = LineBinder(complete)
        parser = LineParser(limits: LineLimits(maxLineBytes: configuration.limits.lineBytes))
        series = SeriesTable(limit: configuration.limits.seriesKeys)
        silence = SilenceDesk(closeAfter: configuration.tickets.closeAfter)
        clock = EventClock(policy: configuration.clock)
        hold = JumpHold(maximumJump: configuration.clock.maximumJump)
        ledger = RefusalLedger(limit: configuration.limits.countedSources)
        pending = EngineStep(
            sequence: lastSequence + 1, advancedTo: .distantPast, counters: EngineCounters())
    }

    /// Takes in the lines of `bytes[start..<end]`, whole records of one sender whose stamps count
    /// in `precision`.
    package mutating func ingest(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, source: LineSource,
        arrivedAt arrival: Timestamp, precision: StampPrecision = .auto,
        emit: (EngineStep) -> Void
    ) {
        take(
            bytes, from: start, to: end, source: source, arrival: arrival, precision: precision,
            trusted: false, emit: emit)
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

    // MARK: Lines

    private mutating func take(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, source: LineSource,
        arrival: Timestamp, precision: StampPrecision, trusted: Bool, emit: (EngineStep) -> Void
    ) {
        var position = start
        while position < end {
            let recordStart = position
            switch parser.nextDeferringTags(bytes, position: &position, end: end) {
            case .end: return
            case .blank: continue
            case .rejected(let rejection):
                refuse(
                    rejection, bytes, recordStart..<position, source: source, time: arrival)
            case .record:
                takeRecord(
                    bytes, recordStart..<position, source: source, arrival: arrival,
                    precision: precision, trusted: trusted, emit: emit)
            }
        }
    }

    private mutating func takeRecord(
        _ bytes: Span<UInt8>, _ record: Range<Int>, source: LineSource, arrival: Timestamp,
        precision: StampPrecision, trusted: Bool, emit: (EngineStep) -> Void
    ) {
        let keyStart = parser.offsets.seriesKeyStart
        let keyEnd = parser.offsets.seriesKeyEnd
        let hash = ByteHash.hash(bytes, from: keyStart, to: keyEnd)
        var index = series.find(bytes, keyStart, keyEnd, hash: hash)
        var newcomer: Newcomer?
        if index < 0 {
            // A key seen before was well formed; only a new one is taken apart.
            if let rejection = parser.splitTags(bytes) {
                return refuse(rejection, bytes, record, source: source, time: arrival)
            }
            switch identify(bytes, keyStart..<keyEnd) {
            case .success(let found): newcomer = found
            case .failure(let refusal):
                return refuse(refusal.reason, bytes, record, source: source, time: arrival)
            }
        }
        let lateness = newcomer?.lateness ?? latenesses[series.series[index].device.index]
        let time: Timestamp
        let reading = readStamp(
            of: source, precision: precision, arrival: arrival, lateness: lateness,
            trusted: trusted)
        switch reading.verdict {
        case .refuse(let reason):
            return refuse(
                reason, bytes, record, source: source, time: arrival, fits: reading.fits)
        case .hold:
            let device = index < 0 ? newcomer?.device : series.series[index].device
            let line = JumpHold.Line(
                bytes: record.map { bytes[$0] }, source: source,
                stamp: reading.stamp ?? arrival, precision: precision, device: device)
            return holdLine(line, emit: emit)
        case .restamp(let arrival):
            counters.linesRestamped += 1
            time = arrival
        case .accept(let accepted):
            time = accepted
        case .tickThenAccept(let accepted, let tick):
            self.tick(to: tick, emit: emit)
            time = accepted
        }
        if !hold.isEmpty { refuseHeld() }
        if let newcomer {
            index = enrol(newcomer, bytes, keyStart..<keyEnd, hash: hash, at: time, emit: emit)
        }
        let device = series.series[index].device
        let now = clock.now ?? arrival
        while windows.isDue(device, at: time, arrival: now) { close(device, emit: emit) }
        lastArrivals[device.index] = now
        guard let open = windows.admit(device, at: time, arrival: now) else {
            counters.linesLate += 1
            return refuse(.late, bytes, record, source: source, time: now)
        }
        counters.linesAccepted += 1
        let refused = addFields(bytes, to: open, of: device, series: index, record: record)
        if let refused {
            ledger.note(
                RefusalReason.tooManySignals.rawValue, source: source, column: refused,
                record: bytes, start: record.lowerBound, end: record.upperBound, time: now)
        }
    }

    /// Returns the column of the first field that was refused.
    private mutating func addFields(
        _ bytes: Span<UInt8>, to open: OpenWindow, of device: DeviceID, series index: Int,
        record: Range<Int>
    ) -> Int? {
        var expected = 0
        var hasReading = false
        var refusedColumn: Int?
        for field in 0..<parser.offsets.fieldCount {
            guard parser.offsets.fieldKind(field) != .string else {
                counters.textFields += 1
                continue
            }
            let nameStart = parser.offsets.fieldKeyStart(field)
            let nameEnd = parser.offsets.fieldKeyEnd(field)
            var place = series.field(
                of: index, bytes, nameStart, nameEnd, expected: expected)
            if place < 0 { place = registerField(of: index, bytes, nameStart..<nameEnd) }
            expected = place + 1
            let signal = place < 0 ? -1 : series.signal(of: index, field: place)
            guard signal >= 0 else {
                counters.readingsRefused += 1
                refusedColumn = refusedColumn ?? (nameStart - record.lowerBound + 1)
                continue
            }
            counters.readings += 1
            hasReading = true
            windows.add(parser.offsets.fieldDouble(field), of: SignalID(rawValue: signal), to: open)
        }
        if hasReading { windows.markOpen(open, of: device) }
        return refusedColumn
    }

    private mutating func refuse(
        _ reason: RefusalReason, _ bytes: Span<UInt8>, _ record: Range<Int>, source: LineSource,
        time: Timestamp, fits: StampPrecision? = nil
    ) {
        counters.linesRefused += 1
        ledger.note(
            reason.rawValue, source: source, column: 1, record: bytes, start: record.lowerBound,
            end: record.upperBound, time: clock.now ?? time, fits: fits)
    }

    private mutating func refuse(
        _ rejection: LineRejection, _ bytes: Span<UInt8>, _ record: Range<Int>,
        source: LineSource, time: Timestamp
    ) {
        counters.linesRefused += 1
        ledger.note(
            rejection.name, source: source, column: parser.rejectionColumn, record: bytes,
            start: record.lowerBound, end: record.upperBound, time: clock.now ?? time)
    }

    // MARK: Jumps of the event clock

    private mutating func holdLine(_ line: JumpHold.Line, emit: (EngineStep) -> Void) {
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
            take(
                line.bytes.span, from: 0, to: line.bytes.count, source: line.source,
                arrival: clock.now ?? .distantPast, precision: line.precision, trusted: trusted,
                emit: emit)
        }
    }

    private mutating func refuseHeld() { refuse(hold.take()) }

    private mutating func refuse(_ held: [JumpHold.Line]) {
        for line in held {
            refuse(
                .clockSkew, line.bytes.span, 0..<line.bytes.count, source: line.source,
                time: clock.now ?? .distantPast)
        }
    }

    // MARK: Time

    /// At the end of a recording nobody is looked for: it ended for all.
    private mutating func tick(
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
    var reached: Timestamp { max(advancedTo, clock.now ?? .distantPast) }

    mutating func close(_ device: DeviceID, emit: (EngineStep) -> Void) {
        let frame = windows.closeNext(of: device, signals: registry[device].signals)
        counters.windowsClosed += UInt64(frame.summaries.count)
        conclude(frame)
        if pending.closed.count >= Self.windowsPerStep { seal(emit: emit) }
    }

    /// Everything right of the windows: Detection, Prognosis, Tickets. A fold over frames.
    mutating func conclude(_ frame: WindowFrame) {
        let device = frame.device
        let assessment = detector.assess(frame)
        let isShelved = shelves[device.index]?.covers(frame) ?? false
        if !isShelved, let alert = alertMachines[device.index].update(assessment) {
            pending.alerts.append(alert)
        }
        let risks = prognosticator.update(assessment)
        let declared = configuration.classes[registry[device].machineClass.rawValue]
        let known = registry[device]
        let names = registry
        let outcome = desk.decide(
            assessment, risks: risks, isShelved: isShelved,
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
                frame: frame, assessment: assessment, risks: risks.filter(\.isNew)))
    }

    mutating func seal(emit: (EngineStep) -> Void) {
        if !ledger.isEmpty { pending.refused = ledger.take() }
        guard !pending.isEmpty else { return }
        pending.counters = counters
        pending.advancedTo = reached
        let names = registry
        pending.closed.sort { left, right in
            left.frame.end == right.frame.end
                ? names[left.frame.device].name < names[right.frame.device].name
                : left.frame.end < right.frame.end
        }
        pending.changes.sort { left, right in
            (left.time, left.ticket.device, left.ticket.component, left.revision)
                < (right.time, right.ticket.device, right.ticket.component, right.revision)
        }
        pending.decisions.sort { left, right in
            (left.time, names[left.device].name, left.component)
                < (right.time, names[right.device].name, right.component)
        }
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
