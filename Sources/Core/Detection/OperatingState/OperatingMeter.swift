import Primitives

/// What the readings of one window say a machine did.
enum OperatingReading: UInt8, CaseIterable, Sendable {
    case running = 0
    case idle = 1
    case off = 2
    /// It began or ceased to run within the window.
    case runningPartly = 3
    /// It did not run, and was idle for a part of the window.
    case idlePartly = 4

    /// The state it was in all the time; `nil` when it changed.
    var state: OperatingState? {
        switch self {
        case .running: .running
        case .idle: .idle
        case .off: .off
        case .runningPartly, .idlePartly: nil
        }
    }
}

/// Counts the running time and the starts of one machine.
///
/// What comes in: the windows of a device in order of time, each with what its readings say. What
/// goes out: the state during the window, and a tally. What always holds: a stretch of time is
/// counted once, whoever folds the windows again; the tally depends on nothing but the windows.
/// Deliberately absent: conditions and signals (``OperatingWatch``).
///
/// How time is counted:
/// - A state counts when it has lasted for the minimum; until then the machine is transient. Then
///   all of that time is its own. A state that is left earlier was none: its time belongs to the
///   one before.
/// - A window in which the machine begins or ceases to run counts half as running. The moment is
///   not known, each one is as likely early as late, so over many starts and stops the error
///   evens out; over n of them it is about 0.3 * sqrt(n) windows.
/// - A window whose readings do not tell (a signal is absent) repeats the one before.
/// - Time without windows counts as nothing, it is neither running nor off. A device that sends
///   less than once a window has windows only now and then: each speaks for the time since the
///   last one, up to one and a half of the device's usual gaps.
/// - A machine that is running when it is first seen was not seen to start.
struct OperatingMeter: Equatable, Sendable {
    private(set) var tally = OperatingTally()
    /// During the latest window.
    private(set) var state = OperatingState.off
    /// The last one that has lasted long enough; `nil` before the first.
    private var settled: OperatingState?
    /// The one that has not yet.
    private var candidate: Candidate?
    private var reading: OperatingReading?
    private var lastStart = Timestamp.distantPast
    private var lastEnd = Timestamp.distantPast

    private struct Candidate: Equatable, Sendable {
        var state: OperatingState
        var lasted: TimeSpan
    }

    init() {}

    /// Takes the next window of the device; one that is not later than those taken changes
    /// nothing.
    ///
    /// - Parameters:
    ///   - reading: `nil` when the window does not tell.
    ///   - usualGap: between the starts of the device's windows; `nil` when not known.
    ///   - minimum: how long a state must last to count.
    mutating func take(
        _ reading: OperatingReading?, from start: Timestamp, to end: Timestamp,
        usualGap: TimeSpan?, minimum: TimeSpan
    ) {
        guard start >= lastEnd else { return }
        var span = end - start
        if lastEnd > .distantPast, start > lastEnd {
            if let usualGap, (start - lastStart) * 2 <= usualGap * 3 {
                span = end - lastEnd
            } else {
                // Nobody saw whether it lasted.
                drop()
            }
        }
        lastStart = start
        lastEnd = end
        switch reading ?? self.reading {
        case .runningPartly?:
            turn(reading == nil ? .zero : span, \.running)
        case .idlePartly?:
            turn(reading == nil ? .zero : span, \.idle)
        case let whole?:
            if let found = whole.state { note(found, span, minimum: minimum) }
        case nil: break
        }
        if let reading { self.reading = reading }
    }

    /// Takes up what the store has counted.
    mutating func adopt(_ tally: OperatingTally) {
        self.tally = tally
    }

    private mutating func turn(_ span: TimeSpan, _ part: WritableKeyPath<OperatingTally, TimeSpan>)
    {
        drop()
        state = .transient
        tally.observed = tally.observed + span
        tally[keyPath: part] =
            tally[keyPath: part] + TimeSpan(nanoseconds: span.nanoseconds / 2)
    }

    private mutating func note(
        _ found: OperatingState, _ span: TimeSpan, minimum: TimeSpan
    ) {
        if found == settled {
            drop()
            count(span, as: found)
            state = found
            return
        }
        if let candidate, candidate.state == found {
            self.candidate = Candidate(state: found, lasted: candidate.lasted + span)
        } else {
            drop()
            candidate = Candidate(state: found, lasted: span)
        }
        guard let candidate, candidate.lasted >= minimum else {
            state = .transient
            return
        }
        if found == .running, settled != nil { tally.starts += 1 }
        settled = found
        drop()
        state = found
    }

    /// What did not last belongs to the state before it; what has just become settled, to itself.
    private mutating func drop() {
        guard let candidate else { return }
        if let settled { count(candidate.lasted, as: settled) }
        self.candidate = nil
    }

    private mutating func count(_ span: TimeSpan, as state: OperatingState) {
        tally.observed = tally.observed + span
        switch state {
        case .running: tally.running = tally.running + span
        case .idle: tally.idle = tally.idle + span
        case .off, .transient: break
        }
    }
}

extension OperatingMeter {
    func encode(into state: inout StateWriter) {
        tally.encode(into: &state)
        state.put(self.state.rawValue)
        state.put(settled) { $0.put($1.rawValue) }
        state.put(candidate) { state, candidate in
            state.put(candidate.state.rawValue)
            state.put(candidate.lasted)
        }
        state.put(reading) { $0.put($1.rawValue) }
        state.put(lastStart)
        state.put(lastEnd)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        tally = try OperatingTally(from: &state)
        self.state = try state.code(OperatingState.self)
        settled = try state.optional { (state) throws(StateFailure) in
            try state.code(OperatingState.self)
        }
        candidate = try state.optional { (state) throws(StateFailure) in
            Candidate(
                state: try state.code(OperatingState.self), lasted: try state.timeSpan())
        }
        reading = try state.optional { (state) throws(StateFailure) in
            try state.code(OperatingReading.self)
        }
        lastStart = try state.timestamp()
        lastEnd = try state.timestamp()
        guard settled != .transient, candidate?.state != .transient, lastStart <= lastEnd else {
            throw .invalid("operating meter")
        }
    }
}
