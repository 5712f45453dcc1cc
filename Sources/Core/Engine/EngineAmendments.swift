import Primitives
import Windows

/// Readings of windows that are closed already.
///
/// A closed window was judged, and stays judged, on what was known then; it is not opened again,
/// and nothing here moves a clock or closes anything. The readings go out with the step as they
/// came, and the store, which has the window, amends it. Deliberately absent: merging, so that a
/// repetition is found by the key of its row and the order of arrival means nothing. A counter
/// needs no amending: its next reading says all that was counted since.
extension TelemetryEngine {
    /// Where the readings of a line belong.
    enum WindowPlace {
        case open(OpenWindow)
        /// Start of a closed window.
        case closed(Timestamp)
    }

    /// A step is sealed early when it holds this many late readings.
    static let lateReadingsPerStep = 8_192

    /// Whether a reading of a closed window is recent enough to amend it. What an earlier process
    /// took in is not: it may be in the committed window.
    func mayAmend(at time: Timestamp, now: Timestamp) -> Bool {
        !isContained && clock.policy.amendFor > .zero
            && time >= now - clock.policy.amendFor
    }

    /// Takes ``numbers`` for signals that follow one another.
    mutating func amend(_ place: WindowPlace, _ run: Range<Int32>, at time: Timestamp) {
        guard case .closed(let start) = place else { return }
        for (offset, signal) in run.enumerated() {
            let signal = SignalID(rawValue: signal)
            if windows.takeLate(numbers[offset], at: time, of: signal) { continue }
            pending.late.append(
                LateReading(signal: signal, start: start, time: time, value: numbers[offset]))
            counters.readingsAmending &+= 1
        }
        counters.readings &+= UInt64(run.count)
    }

    /// Notes that a line's readings were added, once per line.
    mutating func markTaken(
        _ place: WindowPlace, of device: DeviceID, emit: (EngineStep) -> Void
    ) {
        switch place {
        case .open(let open): windows.markOpen(open, of: device)
        case .closed: if pending.late.count >= Self.lateReadingsPerStep { seal(emit: emit) }
        }
    }

    /// In order of time, device and signal; of repetitions the last to come stays last.
    mutating func sortLate() {
        guard pending.late.count > 1 else { return }
        let names = registry
        pending.late = pending.late.enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            if one.time != other.time { return one.time < other.time }
            if one.signal == other.signal { return left.offset < right.offset }
            let (signal, second) = (names[one.signal], names[other.signal])
            return (names[signal.device].name, signal.name)
                < (names[second.device].name, second.name)
        }.map(\.element)
    }
}
