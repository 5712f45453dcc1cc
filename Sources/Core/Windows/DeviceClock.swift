package import Primitives

/// How the clock of a device stands against arrival time.
///
/// What comes in is the *lag* of a stamp now and then: its arrival less what it says. A lag is the
/// error of the clock and the time the reading was on its way, and only the second part varies: a
/// backlog, a buffer or a slow network makes it longer and nothing makes it shorter. So the error
/// is looked for along the lower edge of the lags (the method of Paxson, "On Calibrating
/// Measurements of Packet Transit Times", 1998): the least lag of each quarter of an hour in which
/// the device spoke, over the last four of them.
///
/// A clock is *behind* when even the least of these is longer than the device's own rhythm and the
/// tolerance explain and has stayed about the same (that of a backlog being worked off shrinks),
/// *unset* when it stamps about 1970, *ahead* when stamps lie in the future again and again (one
/// such stamp is a slip), *drifting* when the least lag has moved one way at an even pace for a
/// day. What cannot be told apart from a clock behind is a network that always takes as long.
package struct DeviceClock: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        /// Too few stamps were seen to say.
        case unknown
        case right
        case behind
        case ahead
        /// Stamps about 1970: the clock was never set.
        case unset
        /// Not wrong yet, but going faster or slower than the gateway's.
        case drifting

        /// Readings are filed under wrong times.
        package var isWrong: Bool { self == .behind || self == .ahead || self == .unset }
        /// Shown as `clock_skew`.
        package var isSkew: Bool { isWrong || self == .drifting }
    }

    /// Lags of one quarter of an hour in which the device spoke.
    private struct Quarter: Equatable, Sendable {
        var number: Int64
        /// Arrival of its first stamp.
        var begun: Timestamp
        var least: TimeSpan
        /// Stamps that lay in the future by more than the tolerance.
        var ahead = 0
    }

    /// The least lag of six hours.
    private struct Epoch: Equatable, Sendable {
        var number: Int64
        var least: TimeSpan
    }

    static let quarterLength = TimeSpan.minutes(15)
    /// Quarters that are looked at together.
    static let quartersMost = 4
    /// Fewest quarters for a clock that is behind; two for any other judgement, and in both cases
    /// at least this long: a clock may be unset for a moment after every start.
    static let quartersOfBehind = 3
    static let judgedAfter = TimeSpan.minutes(10)
    /// Fewest stamps in the future.
    static let stampsAhead = 3
    /// Until here a stamp is about 1970.
    static let unsetUntil = Timestamp(seconds: 2 * 365 * 86_400)
    static let epochLength = TimeSpan.hours(6)
    static let epochsMost = 8
    static let epochsOfDrift = 4
    /// Drift over fewer than this is the network's.
    static let driftLeast = TimeSpan.seconds(5)
    /// What is further off than this is no drift.
    static let driftMost = TimeSpan.days(1)
    /// An offset is told again when it has moved by this much, and by a hundredth of itself.
    static let toldStep = TimeSpan.seconds(1)

    package private(set) var state = State.unknown
    /// How far it is ahead of the gateway's, behind when negative; the time readings are on their
    /// way counts as behind. `nil` while unknown.
    package private(set) var offset: TimeSpan?
    /// Arrival time since when it has been in this state.
    package private(set) var since: Timestamp?
    private var quarters: [Quarter] = []
    private var epochs: [Epoch] = []
    private var told: TimeSpan?
    /// Lags up to this are the device's rhythm; at least the tolerance.
    private var allowance: TimeSpan
    /// Stamps were replaced since the last window closed: the window's own say nothing.
    private var hasReplaced = false
    private var isDrifting = false
    /// Of the last stamp that was looked at.
    package private(set) var lastArrival = Timestamp.distantPast

    package init(tolerance: TimeSpan) {
        allowance = tolerance
    }

    /// Takes note of a stamp on its way to being refused, replaced or found late. `true` when
    /// there is something to tell.
    package mutating func note(
        _ stamp: Timestamp, at arrival: Timestamp, tolerance: TimeSpan
    ) -> Bool {
        hasReplaced = true
        return take(arrival - stamp, at: arrival, tolerance: tolerance)
    }

    /// Takes note of the latest stamp and the latest arrival when a window closes, and of how far
    /// apart the device's windows with data usually are. `true` when there is something to tell.
    package mutating func noteClosing(
        latest stamp: Timestamp, at arrival: Timestamp, usualGap: TimeSpan, tolerance: TimeSpan
    ) -> Bool {
        // Who stamps the beginning of an interval and sends at its end is one gap behind for ever.
        allowance = max(tolerance, usualGap * 2)
        defer { hasReplaced = false }
        // Several windows may close after one arrival: the last of them knows the latest stamp.
        guard !hasReplaced, arrival >= lastArrival, stamp > .distantPast else { return false }
        return take(arrival - stamp, at: arrival, tolerance: tolerance)
    }

    private mutating func take(
        _ lag: TimeSpan, at arrival: Timestamp, tolerance: TimeSpan
    ) -> Bool {
        lastArrival = arrival
        let isNew = count(lag, at: arrival, tolerance: tolerance)
        if follow(lag, at: arrival) { judgeDrift() }
        let (found, error) = judge(at: arrival)
        guard let error, found != .unknown else { return false }
        offset = error
        if found != state {
            state = found
            since = arrival
            told = error
            return true
        }
        guard isNew else { return false }
        let moved = abs(error.seconds - (told?.seconds ?? 0))
        guard moved >= Self.toldStep.seconds, moved >= abs(error.seconds / 100) else {
            return false
        }
        told = error
        return true
    }

    /// Adds a lag to its quarter; `true` when it is the first one in it.
    private mutating func count(
        _ lag: TimeSpan, at arrival: Timestamp, tolerance: TimeSpan
    ) -> Bool {
        let number = arrival.nanoseconds / Self.quarterLength.nanoseconds
        // The gateway's own clock was set back: what was seen before is from no time we know.
        if let last = quarters.last, number < last.number - 1 { quarters = [] }
        let isNew = quarters.last.map { $0.number < number } ?? true
        if isNew {
            quarters.append(Quarter(number: number, begun: arrival, least: lag))
            if quarters.count > Self.quartersMost { quarters.removeFirst() }
        }
        let place = quarters.count - 1
        quarters[place].least = min(quarters[place].least, lag)
        let edge = state == .ahead ? tolerance.nanoseconds / 2 : tolerance.nanoseconds
        if lag.nanoseconds < -edge { quarters[place].ahead += 1 }
        return isNew
    }

    private func judge(at arrival: Timestamp) -> (State, TimeSpan?) {
        guard quarters.count >= 2, arrival - quarters[0].begun >= Self.judgedAfter else {
            return (.unknown, nil)
        }
        let ahead = quarters.filter { $0.ahead > 0 }
        let isRecent = quarters.suffix(2).contains { $0.ahead > 0 }
        if isRecent, ahead.count >= 2, ahead.reduce(0, { $0 + $1.ahead }) >= Self.stampsAhead {
            // The middle one: a single slip among them may be anywhere.
            let leasts = ahead.map(\.least).sorted()
            return (.ahead, error(of: leasts[leasts.count / 2]))
        }
        let leasts = quarters.filter { $0.ahead == 0 }.map(\.least)
        guard let least = leasts.min(), let most = leasts.max() else { return (.unknown, nil) }
        let error = error(of: least)
        if arrival - least < Self.unsetUntil { return (.unset, error) }
        let edge = state == .behind ? allowance.nanoseconds / 2 : allowance.nanoseconds
        if least.nanoseconds > edge {
            let isSteady =
                most.nanoseconds - least.nanoseconds
                <= max(allowance.nanoseconds, least.nanoseconds / 8)
            if quarters.count >= Self.quartersOfBehind, isSteady { return (.behind, error) }
            // A backlog, or the first sign of a wrong clock.
            return (state, offset)
        }
        return (isDrifting ? .drifting : .right, error)
    }

    /// The error of a clock with this lag: the other way round, and saturating.
    private func error(of lag: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: lag.nanoseconds == Int64.min ? Int64.max : -lag.nanoseconds)
    }

    // MARK: Drift

    /// Adds a lag to its six hours; `true` when they are the first of new ones.
    private mutating func follow(_ lag: TimeSpan, at arrival: Timestamp) -> Bool {
        guard lag > error(of: Self.driftMost), lag < Self.driftMost else { return false }
        let number = arrival.nanoseconds / Self.epochLength.nanoseconds
        guard let last = epochs.last, number >= last.number else {
            epochs = [Epoch(number: number, least: lag)]
            return false
        }
        if number == last.number {
            epochs[epochs.count - 1].least = min(last.least, lag)
            return false
        }
        epochs.append(Epoch(number: number, least: lag))
        if epochs.count > Self.epochsMost + 1 { epochs.removeFirst() }
        return true
    }

    /// The last day of whole epochs: one way, at an even pace.
    private mutating func judgeDrift() {
        let whole = epochs.dropLast().suffix(Self.epochsOfDrift)
        isDrifting = false
        guard whole.count == Self.epochsOfDrift, let first = whole.first, let last = whole.last
        else { return }
        let steps = zip(whole, whole.dropFirst()).map {
            $1.least.nanoseconds - $0.least.nanoseconds
        }
        let total = last.least.nanoseconds - first.least.nanoseconds
        let mean = total / Int64(steps.count)
        let isOneWay = steps.allSatisfy { ($0 > 0) == (total > 0) && $0 != 0 }
        isDrifting =
            isOneWay && abs(total) >= Self.driftLeast.nanoseconds
            && steps.allSatisfy { abs($0) / 3 <= abs(mean) }
    }
}

extension DeviceClock {
    /// Takes up what an earlier process told last.
    package mutating func adopt(_ state: State, offset: TimeSpan?, since: Timestamp?) {
        guard state != self.state else { return }
        self.state = state
        self.offset = offset
        self.since = since
        told = offset
        quarters = []
    }

    package func encode(into writer: inout StateWriter) {
        writer.put(state.rawValue)
        writer.put(offset) { $0.put($1) }
        writer.put(since) { $0.put($1) }
        writer.put(each: quarters) { writer, quarter in
            writer.put(quarter.number)
            writer.put(quarter.begun)
            writer.put(quarter.least)
            writer.put(quarter.ahead)
        }
        writer.put(each: epochs) { writer, epoch in
            writer.put(epoch.number)
            writer.put(epoch.least)
        }
        writer.put(told) { $0.put($1) }
        writer.put(allowance)
        writer.put(hasReplaced)
        writer.put(lastArrival)
        writer.put(isDrifting)
    }

    package init(from reader: inout StateReader) throws(StateFailure) {
        state = try reader.word(State.self)
        offset = try reader.optional { (reader) throws(StateFailure) in try reader.timeSpan() }
        since = try reader.optionalTimestamp()
        quarters = try reader.array { (reader) throws(StateFailure) in
            Quarter(
                number: try reader.int64(), begun: try reader.timestamp(),
                least: try reader.timeSpan(), ahead: try reader.int())
        }
        epochs = try reader.array { (reader) throws(StateFailure) in
            Epoch(number: try reader.int64(), least: try reader.timeSpan())
        }
        told = try reader.optional { (reader) throws(StateFailure) in try reader.timeSpan() }
        allowance = try reader.timeSpan()
        hasReplaced = try reader.bool()
        lastArrival = try reader.timestamp()
        isDrifting = try reader.bool()
        guard quarters.count <= Self.quartersMost, epochs.count <= Self.epochsMost + 1 else {
            throw .invalid("clock")
        }
    }
}
