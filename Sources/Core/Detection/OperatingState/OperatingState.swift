package import Primitives

/// What a machine was doing during a window.
package enum OperatingState: UInt8, CaseIterable, Sendable {
    case running = 0
    /// Started, stopped, still settling, or in a state that has not lasted long enough to count:
    /// neither learned from nor judged.
    case transient = 1
    case off = 2
    /// Powered, but not at work.
    case idle = 3
}

/// What a device has done since it was first seen, as of the end of a window. Every number only
/// grows.
package struct OperatingTally: Equatable, Sendable {
    package var running = TimeSpan.zero
    package var idle = TimeSpan.zero
    /// Time of which the state is known: running, idle and off.
    package var observed = TimeSpan.zero
    /// Times it began to run after it was seen idle or off.
    package var starts = 0

    package init() {}

    package init(running: TimeSpan, idle: TimeSpan, observed: TimeSpan, starts: Int) {
        self.running = running
        self.idle = idle
        self.observed = observed
        self.starts = starts
    }
}

/// What a window says about how a device is operated; only for classes that say when they run.
package struct DeviceOperation: Equatable, Sendable {
    /// What the machine did, also while it is in work and therefore not judged.
    package var state: OperatingState
    package var tally: OperatingTally

    package init(state: OperatingState, tally: OperatingTally) {
        self.state = state
        self.tally = tally
    }
}

extension OperatingTally {
    /// Whether they differ by no more than the store's seconds are rounded.
    func agrees(with other: OperatingTally) -> Bool {
        func isNear(_ one: TimeSpan, _ two: TimeSpan) -> Bool {
            abs(one.seconds - two.seconds) < 0.001
        }
        return starts == other.starts && isNear(running, other.running)
            && isNear(idle, other.idle) && isNear(observed, other.observed)
    }

    func encode(into state: inout StateWriter) {
        state.put(running)
        state.put(idle)
        state.put(observed)
        state.put(starts)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        running = try state.timeSpan()
        idle = try state.timeSpan()
        observed = try state.timeSpan()
        starts = try state.int()
        guard running >= .zero, idle >= .zero, observed >= .zero, starts >= 0 else {
            throw .invalid("operating tally")
        }
    }
}
