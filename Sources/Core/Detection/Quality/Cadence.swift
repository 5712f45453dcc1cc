package import Primitives

/// How a device usually spaces its telemetry, learned from its own windows: what a pause must
/// exceed to be silence.
///
/// Two things are kept. The *usual gap* between the starts of consecutive windows with data follows
/// slowly (an exponential average over about sixteen gaps, each counted as at most four times the
/// present value, so that one long pause is no habit but a new rhythm is learned). And the longest
/// pauses of the last four weeks: one that has happened twice is part of the rhythm (a night, a
/// weekend), one that happened once may have been a failure.
package struct Cadence: Equatable, Sendable {
    private struct Pause: Equatable, Sendable {
        var length: TimeSpan
        var at: Timestamp
    }

    /// Pauses remembered.
    static let pausesMost = 8
    static let memory = TimeSpan.days(28)
    /// A gap longer than this many usual ones is a pause.
    static let pauseFactor: Int64 = 2
    /// Silence is longer than this many usual gaps ...
    static let gapsOfSilence: Int64 = 3

    private var lastStart: Timestamp?
    private var gap: TimeSpan?
    private var pauses: [Pause] = []

    package init() {}

    /// Takes note of a window with data.
    mutating func note(_ start: Timestamp, window: TimeSpan) {
        guard let last = lastStart else {
            lastStart = start
            return
        }
        // A backlog of windows before the latest one says nothing about pauses.
        guard start > last else { return }
        lastStart = start
        let length = max(start - last, window)
        let usual = gap ?? length
        if length > usual * Self.pauseFactor { remember(Pause(length: length, at: start)) }
        let step = (min(length, usual * 4).nanoseconds - usual.nanoseconds) / 16
        gap = TimeSpan(nanoseconds: usual.nanoseconds + step)
    }

    private mutating func remember(_ pause: Pause) {
        pauses.removeAll { pause.at - $0.at > Self.memory }
        if pauses.count == Self.pausesMost,
            let shortest = pauses.indices.min(by: { pauses[$0].length < pauses[$1].length })
        {
            guard pauses[shortest].length < pause.length else { return }
            pauses.remove(at: shortest)
        }
        pauses.append(pause)
    }

    /// How long the device said nothing before a window that starts at `start`, when that is longer
    /// than its rhythm explains; zero otherwise.
    func pause(before start: Timestamp) -> TimeSpan {
        guard let lastStart, start - lastStart > silence(atLeast: .zero) else { return .zero }
        return gap == nil ? .zero : start - lastStart
    }

    /// Usual time between windows with data; `nil` before the second one.
    package var usualGap: TimeSpan? { gap }

    /// How long the device must have sent nothing to be silent: three usual gaps, or one and a half
    /// times the longest pause that has happened twice lately, but at least `minimum`.
    package func silence(atLeast minimum: TimeSpan) -> TimeSpan {
        var longest = minimum
        if let gap { longest = max(longest, gap * Self.gapsOfSilence) }
        let repeated = pauses.map(\.length).sorted().dropLast().last
        if let repeated {
            longest = max(
                longest, TimeSpan(nanoseconds: repeated.nanoseconds + repeated.nanoseconds / 2))
        }
        return longest
    }
}

extension Cadence {
    func encode(into state: inout StateWriter) {
        state.put(lastStart) { $0.put($1) }
        state.put(gap) { $0.put($1) }
        state.put(each: pauses) { state, pause in
            state.put(pause.length)
            state.put(pause.at)
        }
    }

    init(from state: inout StateReader) throws(StateFailure) {
        lastStart = try state.optionalTimestamp()
        gap = try state.optional { (state) throws(StateFailure) in try state.timeSpan() }
        pauses = try state.array { (state) throws(StateFailure) in
            Pause(length: try state.timeSpan(), at: try state.timestamp())
        }
        guard pauses.count <= Self.pausesMost else { throw .invalid("pauses") }
    }
}
