import Primitives
import Windows

/// Watches over the quality of one signal against its own history.
///
/// What comes in is every window of its device. What goes out is the quality of the signal in that
/// window, which decides whether it is judged, and now and then that its quality has become another
/// and stayed so. Everything follows from committed windows, so a restart arrives at the same.
struct SignalQuality: Equatable, Sendable {
    /// Windows with readings before anything is concluded from habits.
    static let windowsLeast = 30
    /// So many equal readings of a signal that never said the same for a window, in so many
    /// windows, are enough.
    static let readingsOfCertainty = 20
    static let windowsOfCertainty = 100
    /// A lost signal has been missing from this many windows and for this long at least.
    static let absentWindowsLeast = 4
    static let absentLeast = TimeSpan.minutes(10)
    /// Windows in a row that make a change of quality.
    static let windowsToTurn = 3
    /// Share of the usual readings below which a window is a gap, and of the fewest there were.
    static let gapOfUsual = 0.25
    static let gapOfLeast = 0.5
    static let readingsLeast = 8.0
    static let windowsOfRate = 30
    /// Gaps in a row that are a new rate.
    static let gapsOfNewRate = 16
    /// How slowly the fewest readings are forgotten: who sends when something changes has a window
    /// of one reading now and then.
    static let leastMemory = 1_024.0

    /// Another quality than the standing one, which may pass.
    private struct Turning: Equatable, Sendable {
        var quality = DataQuality.good
        var windows = 0
        var since = Timestamp.distantPast
    }

    /// What it has been lately; `nil` before the first window.
    private(set) var standing: DataQuality?
    private(set) var since = Timestamp.distantPast
    private var turning = Turning()

    private var seen = 0
    private var lastEnd = Timestamp.distantPast
    private var absence = RunLength()

    /// Windows that said something new.
    private var varied = 0
    private var repetition = RunLength()
    /// Readings of the windows in a row that repeat one value.
    private var equalReadings = 0
    private var last: Double?

    private var usualCount = 0.0
    private var leastCount = 0.0
    private var counted = 0
    private var gaps = 0

    private(set) var step = StepSize()

    /// Takes a window with readings; what the readings scatter is judged elsewhere.
    mutating func take(
        _ summary: WindowSummary, end: Timestamp, isRunning: Bool, limits: SignalLimits?
    ) -> DataQuality {
        seen += 1
        lastEnd = end
        absence.end()
        let isOutOfRange = DataQuality.isOutOfRange(summary, limits: limits)
        let isGap = takeCount(Double(summary.count))
        takeRepetition(summary, isRunning: isRunning)
        if !isOutOfRange { step.note(summary) }
        if isOutOfRange { return .outOfRange }
        if isStuck { return .stuck }
        return isGap ? .gap : .good
    }

    /// Takes a window without readings of the signal while its device speaks; `true` when the
    /// signal is lost. A machine that is off may well not say everything.
    mutating func miss(end: Timestamp, isRunning: Bool) -> Bool {
        if isRunning { absence.extend() }
        let isLost =
            seen >= Self.windowsLeast
            && absence.current > max(Self.absentWindowsLeast, 2 * absence.usual + 1)
            && end - lastEnd >= Self.absentLeast
        if isLost { forgetRepetition() }
        return isLost
    }

    // MARK: Stuck

    /// Longer flat than is its habit, though not for long enough to be stuck: it is not taken by
    /// its word about limits.
    var isDoubtful: Bool {
        varied >= Self.windowsLeast && repetition.current > repetition.usual
    }

    /// Windows in a row that repeat one value, when that is more than its habit explains.
    var suspectRun: Int? {
        guard varied >= Self.windowsLeast else { return nil }
        let habit = repetition.usual
        let isCertain =
            habit == 0 && varied >= Self.windowsOfCertainty
            && equalReadings >= Self.readingsOfCertainty
        let most = isCertain ? 0 : 2 * habit + 1
        return repetition.current > most ? repetition.current : nil
    }

    private var isStuck: Bool { suspectRun != nil }

    private mutating func takeRepetition(_ summary: WindowSummary, isRunning: Bool) {
        // What a machine that is off says is no sign of a sensor's life or death.
        guard isRunning else { return forgetRepetition() }
        let isFlat = summary.minimum == summary.maximum
        if isFlat, summary.minimum == last {
            repetition.extend()
            equalReadings += summary.count
        } else {
            repetition.end()
            equalReadings = isFlat ? summary.count : 0
            varied += 1
            // Three equal readings repeat each other.
            if isFlat, summary.count >= 3 { repetition.extend() }
        }
        last = summary.last
    }

    private mutating func forgetRepetition() {
        repetition.forget()
        last = nil
    }

    // MARK: Gap

    private mutating func takeCount(_ count: Double) -> Bool {
        let isGap =
            counted >= Self.windowsOfRate && usualCount >= Self.readingsLeast
            && count < Self.gapOfUsual * usualCount && count < Self.gapOfLeast * leastCount
        guard isGap else {
            gaps = 0
            counted += 1
            usualCount += (count - usualCount) / Double(min(counted, 16))
            let forgotten = (usualCount - leastCount) / Self.leastMemory
            leastCount = counted == 1 ? count : min(count, leastCount + forgotten)
            return false
        }
        gaps += 1
        guard gaps >= Self.gapsOfNewRate else { return true }
        gaps = 0
        usualCount = count
        leastCount = count
        return false
    }

    // MARK: What it has become

    /// Takes the quality of a window. Returns it with its beginning when it has just become the
    /// standing one.
    mutating func settle(
        _ quality: DataQuality, start: Timestamp
    ) -> (quality: DataQuality, since: Timestamp)? {
        guard quality != standing else {
            turning.windows = 0
            return nil
        }
        if turning.windows == 0 || turning.quality != quality {
            turning = Turning(quality: quality, since: start)
        }
        turning.windows += 1
        // Losing a signal and having it back takes its own time already.
        let isCertain = standing == nil || standing == .noData || quality == .noData
        guard isCertain || turning.windows >= Self.windowsToTurn else { return nil }
        standing = quality
        since = quality == .noData ? lastEnd : turning.since
        turning.windows = 0
        return (quality, since)
    }
}

extension SignalQuality {
    func encode(into state: inout StateWriter) {
        state.put(standing) { $0.put($1.rawValue) }
        state.put(since)
        state.put(turning.quality.rawValue)
        state.put(turning.windows)
        state.put(turning.since)
        state.put(seen)
        state.put(lastEnd)
        absence.encode(into: &state)
        state.put(varied)
        repetition.encode(into: &state)
        state.put(equalReadings)
        state.put(last) { $0.put($1) }
        state.put(usualCount)
        state.put(leastCount)
        state.put(counted)
        state.put(gaps)
        step.encode(into: &state)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        standing = try state.optional { (state) throws(StateFailure) in
            try state.word(DataQuality.self)
        }
        since = try state.timestamp()
        turning = Turning(
            quality: try state.word(DataQuality.self), windows: try state.int(),
            since: try state.timestamp())
        seen = try state.int()
        lastEnd = try state.timestamp()
        absence = try RunLength(from: &state)
        varied = try state.int()
        repetition = try RunLength(from: &state)
        equalReadings = try state.int()
        last = try state.optionalDouble()
        usualCount = try state.double()
        leastCount = try state.double()
        counted = try state.int()
        gaps = try state.int()
        step = try StepSize(from: &state)
        guard seen >= 0, varied >= 0, counted >= 0, gaps >= 0 else { throw .invalid("quality") }
    }
}
