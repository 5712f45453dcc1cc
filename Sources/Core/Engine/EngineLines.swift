import LineProtocol
import Primitives
import Windows

/// Lines into readings of open windows: the hot path, one call per block.
///
/// Nearly every line is of a series seen before and looks like that series' last one; it takes the
/// short way: found by its raw key, read as expected, added to its window. Everything else takes
/// the ordinary way, which decides alone what is taken and what is refused.
extension TelemetryEngine {
    mutating func take(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, _ line: LineContext,
        emit: (EngineStep) -> Void
    ) {
        var position = start
        var seen = start
        while position < end {
            let recordStart = position
            if position >= seen, series.isScattered {
                seen = ahead.look(
                    bytes, from: position, to: end, terms: line.terms, series, windows)
            }
            if let known = readKnown(bytes, &position, end: end, terms: line.terms) {
                if !takePlainly(known, line) {
                    takeKnown(known, bytes, recordStart..<position, line, emit: emit)
                }
                continue
            }
            switch parser.nextDeferringTags(bytes, position: &position, end: end) {
            case .end: return
            case .blank: continue
            case .rejected(let rejection):
                refuse(
                    rejection, bytes, recordStart..<position, source: line.source,
                    time: line.arrival)
            case .record:
                takeRecord(bytes, recordStart..<position, line, emit: emit)
            }
        }
    }

    /// What all lines of a block have in common.
    struct LineContext {
        var source: LineSource
        var arrival: Timestamp
        /// What its stamps count in.
        var precision: StampPrecision
        /// What its listener adds: a place in ``EngineConfiguration/lineTerms``.
        var terms: Int
        /// Held lines that are believed after all.
        var trusted: Bool

        /// Stamps are taken as they are.
        var countsNanoseconds: Bool { precision == .auto || precision == .nanoseconds }
    }

    /// The short way for a record of a known series that looks like its last one: the series, or
    /// `nil` when the record must be read the ordinary way.
    @inline(__always) private mutating func readKnown(
        _ bytes: Span<UInt8>, _ position: inout Int, end: Int, terms: Int
    ) -> Int? {
        var index = series.expected(bytes, at: position, end: end, terms: terms)
        if index >= 0 {
            let count = series.keyCount(of: index)
            if !parser.expectKey(bytes, at: position, end: end, keyCount: count) { index = -1 }
        } else if parser.guessKey(bytes, at: position, end: end) {
            index = findSeries(bytes, terms)
        }
        if index < 0 {
            guard parser.passKey(bytes, at: position, end: end) else { return nil }
            index = findSeries(bytes, terms)
            guard index >= 0 else { return nil }
        }
        series.follow(index)
        let known = series.series[index]
        guard known.layout >= 0 else { return nil }
        guard
            parser.readKnown(
                bytes, position: &position, end: end, layout: Int(known.layout), into: &numbers)
        else { return nil }
        return index
    }

    /// The series of the key the parser has just found, or -1.
    @inline(__always) private func findSeries(_ bytes: Span<UInt8>, _ terms: Int) -> Int {
        let start = parser.offsets.seriesKeyStart
        let end = parser.offsets.seriesKeyEnd
        let hash = SeriesTable.hash(bytes, start, end, terms: terms)
        return series.find(bytes, start, end, terms: terms, hash: hash)
    }

    /// Takes in the record ``readKnown(_:_:end:terms:)`` has just read when its stamp needs no
    /// judging and its window no opening or closing; false, and nothing is changed, otherwise.
    @inline(__always) private mutating func takePlainly(
        _ index: Int, _ line: LineContext
    ) -> Bool {
        guard line.countsNanoseconds, parser.offsets.hasTimestamp, hold.isEmpty else {
            return false
        }
        let time = Timestamp(nanoseconds: parser.offsets.timestamp)
        let now = clock.now ?? line.arrival
        guard clock.isPlain(time, at: now) else { return false }
        let device = series.series[index].device
        let count = parser.offsets.fieldCount
        guard
            windows.addPlainly(
                numbers, count: count, from: SignalID(rawValue: series.series[index].firstSignal),
                of: device, time: time, arrival: now)
        else { return false }
        lastArrivals[device.index] = now
        counters.linesAccepted &+= 1
        counters.readings &+= UInt64(truncatingIfNeeded: count)
        return true
    }

    /// Takes in the record ``readKnown(_:_:end:terms:)`` has just read.
    @inline(never) private mutating func takeKnown(
        _ index: Int, _ bytes: Span<UInt8>, _ record: Range<Int>, _ line: LineContext,
        emit: (EngineStep) -> Void
    ) {
        let device = series.series[index].device
        guard
            let event = judge(
                device, windows.lateness(of: device), bytes, record, line, emit: emit),
            let place = admit(device, at: event.time, bytes, record, line, emit: emit)
        else { return }
        let first = series.series[index].firstSignal
        let count = Int32(truncatingIfNeeded: parser.offsets.fieldCount)
        add(first..<first &+ count, to: place, at: event)
        markTaken(place, of: device, emit: emit)
    }

    private mutating func takeRecord(
        _ bytes: Span<UInt8>, _ record: Range<Int>, _ line: LineContext,
        emit: (EngineStep) -> Void
    ) {
        let keyStart = parser.offsets.seriesKeyStart
        let keyEnd = parser.offsets.seriesKeyEnd
        let hash = SeriesTable.hash(bytes, keyStart, keyEnd, terms: line.terms)
        var index = series.find(bytes, keyStart, keyEnd, terms: line.terms, hash: hash)
        var newcomer: Newcomer?
        if index < 0 {
            // A key seen before was well formed; only a new one is taken apart.
            if let rejection = parser.splitTags(bytes) {
                return refuse(rejection, bytes, record, source: line.source, time: line.arrival)
            }
            switch identify(bytes, keyStart..<keyEnd, line) {
            case .success(let found): newcomer = found
            case .failure(let refusal):
                return refuse(
                    refusal.reason, bytes, record, source: line.source, time: line.arrival)
            }
        }
        let known = index < 0 ? newcomer?.device : series.series[index].device
        let lateness = newcomer?.lateness ?? windows.lateness(of: series.series[index].device)
        guard let event = judge(known, lateness, bytes, record, line, emit: emit) else { return }
        let time = event.time
        if let newcomer {
            index = enrol(
                newcomer, bytes, keyStart..<keyEnd, line, hash: hash, at: time, emit: emit)
        }
        let device = series.series[index].device
        guard let place = admit(device, at: time, bytes, record, line, emit: emit) else { return }
        let (hasReading, refused) = addFields(
            bytes, to: place, series: index, record: record, at: event)
        if hasReading { markTaken(place, of: device, emit: emit) }
        if let refused, !wasContained {
            ledger.note(
                refused.reason.rawValue, source: line.source, column: refused.column,
                record: bytes, start: record.lowerBound, end: record.upperBound,
                time: clock.now ?? line.arrival)
        }
        if series.wantsLayout(index), trustsStamps(of: device), namesAllInOrder(bytes, index) {
            series.setLayout(
                parser.learnLayout(bytes), count: parser.offsets.fieldCount, of: index)
        }
    }

    /// Whether the record in hand has the fields of its series in the order in which they first
    /// came; a record that said less may have come first.
    private func namesAllInOrder(_ bytes: Span<UInt8>, _ index: Int) -> Bool {
        (0..<parser.offsets.fieldCount).allSatisfy { field in
            series.field(
                of: index, bytes, parser.offsets.fieldKeyStart(field),
                parser.offsets.fieldKeyEnd(field), expected: field) == field
        }
    }

    /// When a line's readings were taken.
    struct EventTime {
        var time: Timestamp
        /// The line said so itself. Otherwise its sender has no clock, or a wrong one, and what it
        /// says is no repetition because something was said at the same time.
        var isOwn: Bool
    }

    /// The event time to take a line at; `nil` when it was refused or is held.
    @inline(__always) private mutating func judge(
        _ device: DeviceID?, _ lateness: TimeSpan, _ bytes: Span<UInt8>, _ record: Range<Int>,
        _ line: LineContext, emit: (EngineStep) -> Void
    ) -> EventTime? {
        var isOwn = parser.offsets.hasTimestamp
        let time: Timestamp
        var reading = readStamp(
            of: line.source, precision: line.precision, arrival: line.arrival, lateness: lateness,
            trusted: line.trusted)
        settle(&reading, of: device, arrival: line.arrival)
        switch reading.verdict {
        case .accept(let accepted):
            time = accepted
        case .refuse(let reason):
            refuse(
                reason, bytes, record, source: line.source, time: line.arrival, fits: reading.fits)
            return nil
        case .hold:
            let held = JumpHold.Line(
                bytes: record.map { bytes[$0] }, source: line.source,
                stamp: reading.stamp ?? line.arrival, precision: line.precision, terms: line.terms,
                device: device)
            holdLine(held, emit: emit)
            return nil
        case .restamp(let arrival):
            counters.linesRestamped += 1
            isOwn = false
            time = arrival
        case .tickThenAccept(let accepted, let tick):
            self.tick(to: tick, emit: emit)
            time = accepted
        }
        if !hold.isEmpty { refuseHeld() }
        if waitingEvents.next <= time { takeEvents(through: reached, emit: emit) }
        return EventTime(time: time, isOwn: isOwn)
    }

    /// Where a line's readings belong; `nil` when it comes too late even for a closed window.
    @inline(__always) private mutating func admit(
        _ device: DeviceID, at time: Timestamp, _ bytes: Span<UInt8>, _ record: Range<Int>,
        _ line: LineContext, emit: (EngineStep) -> Void
    ) -> WindowPlace? {
        let now = clock.now ?? line.arrival
        lastArrivals[device.index] = now
        while windows.isDue(device, at: time, arrival: now) { close(device, emit: emit) }
        if let open = windows.admit(device, at: time, arrival: now) {
            counters.linesAccepted += 1
            return .open(open)
        }
        noteClock(of: device, stamp: time, at: line.arrival)
        if mayAmend(at: time, now: now) {
            counters.linesAccepted += 1
            return .closed(windows.windowStart(of: device, at: time))
        }
        counters.linesLate += 1
        if isContained { recovery.late += 1 }
        refuse(.late, bytes, record, source: line.source, time: now)
        return nil
    }

    /// Returns whether there was a reading, and the first field that was refused: why, and its
    /// column.
    private mutating func addFields(
        _ bytes: Span<UInt8>, to open: WindowPlace, series index: Int, record: Range<Int>,
        at event: EventTime
    ) -> (hasReading: Bool, refused: (reason: RefusalReason, column: Int)?) {
        var expected = 0
        var hasReading = false
        // Signals that follow one another are added together, as the short way does.
        var run: Range<Int32> = 0..<0
        var refused: (RefusalReason, Int)?
        for field in 0..<parser.offsets.fieldCount {
            let name = parser.offsets.fieldKeyStart(field)..<parser.offsets.fieldKeyEnd(field)
            let isText = parser.offsets.fieldKind(field) == .string
            if isText { counters.textFields += 1 }
            var place = series.field(
                of: index, bytes, name.lowerBound, name.upperBound, expected: expected)
            if place < 0 { place = registerField(of: index, bytes, name) }
            expected = place + 1
            var text = SeriesTable.Field.refused
            var signal = SeriesTable.Field.refused
            if place >= 0 {
                if isText {
                    text = self.text(of: index, field: place, bytes, name)
                } else {
                    signal = self.signal(
                        of: index, field: place, bytes, name,
                        isBoolean: parser.offsets.fieldKind(field) == .boolean)
                    text = series.field(of: index, at: place).text
                }
            }
            if text >= 0 { takeText(field, as: TextID(rawValue: text), bytes, at: event.time) }
            if signal >= 0 {
                hasReading = true
                if signal != run.upperBound {
                    add(run, to: open, at: event)
                    run = signal..<signal
                }
                numbers[run.count] = parser.offsets.fieldDouble(field)
                run = run.lowerBound..<signal + 1
            } else if !isText {
                counters.readingsRefused += 1
                if wasContained { recovery.readingsRefused += 1 }
                refused = refused ?? (.tooManySignals, name.lowerBound - record.lowerBound + 1)
            } else if text < 0 {
                counters.textsRefused += 1
                refused = refused ?? (.tooManyTexts, name.lowerBound - record.lowerBound + 1)
            }
        }
        add(run, to: open, at: event)
        return (hasReading, refused)
    }

    /// Adds ``numbers`` to signals that follow one another.
    private mutating func add(_ run: Range<Int32>, to place: WindowPlace, at event: EventTime) {
        guard case .open(let open) = place else { return amend(place, run, at: event.time) }
        let replaced = windows.add(
            numbers, count: run.count, from: SignalID(rawValue: run.lowerBound), to: open,
            mayRepeat: event.isOwn)
        counters.readings &+= UInt64(truncatingIfNeeded: run.count &- replaced)
        counters.readingsReplaced &+= UInt64(truncatingIfNeeded: replaced)
    }

    /// `true` when an earlier process has told of it.
    private mutating func countRefused() -> Bool {
        let isTold = isContained
        if isTold { recovery.refused += 1 }
        counters.linesRefused += 1
        return isTold
    }

    mutating func refuse(
        _ reason: RefusalReason, _ bytes: Span<UInt8>, _ record: Range<Int>, source: LineSource,
        time: Timestamp, fits: StampPrecision? = nil
    ) {
        if countRefused() { return }
        ledger.note(
            reason.rawValue, source: source, column: 1, record: bytes, start: record.lowerBound,
            end: record.upperBound, time: clock.now ?? time, fits: fits)
    }

    mutating func refuse(
        _ rejection: LineRejection, _ bytes: Span<UInt8>, _ record: Range<Int>,
        source: LineSource, time: Timestamp
    ) {
        if countRefused() { return }
        ledger.note(
            rejection.name, source: source, column: parser.rejectionColumn, record: bytes,
            start: record.lowerBound, end: record.upperBound, time: clock.now ?? time)
    }
}
