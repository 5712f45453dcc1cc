import Primitives

/// Where "now" comes from while lines are taken in.
///
/// With the wall clock, now is each block's arrival time and ticks come from outside. With the
/// event clock, now is the greatest accepted event time so far, so that a recording is worked
/// through exactly as if it were arriving live: ticks fall on multiples of the tick length, before
/// the first line past them.
struct EventClock: Sendable {
    enum Verdict: Equatable {
        /// Take the line at this event time.
        case accept(Timestamp)
        /// As `accept`, after ticking to the second time.
        case tickThenAccept(Timestamp, tick: Timestamp)
        /// Stamped ahead of arrival by a little: take it at arrival time.
        case restamp(Timestamp)
        /// Ahead of the event clock by more than the largest jump: wait for what others say.
        case hold
        case refuse(RefusalReason)
    }

    /// Times outside about 1823...2116 are refused: window arithmetic never overflows inside.
    static let representable = Int64(-1) << 62...Int64(1) << 62

    let policy: ClockPolicy
    /// `nil` until the event clock has started.
    private(set) var now: Timestamp?
    private var nextTick = Timestamp.distantFuture

    init(policy: ClockPolicy) {
        self.policy = policy
    }

    /// Judges a line stamped `stamp` that arrived at `arrival` (ignored by the event clock).
    mutating func judge(
        _ stamp: Timestamp?, arrival: Timestamp, lateness: TimeSpan, trusted: Bool
    ) -> Verdict {
        if policy.source == .wall {
            return judgeByWall(stamp, arrival: arrival, lateness: lateness)
        }
        guard let stamp else {
            guard let now else { return .refuse(.noTimestamp) }
            return .accept(now)
        }
        guard Self.representable.contains(stamp.nanoseconds) else { return .refuse(.clockSkew) }
        guard let now else {
            start(at: stamp)
            return .accept(stamp)
        }
        if stamp <= now {
            return stamp < now - policy.maximumAge ? .refuse(.clockSkew) : .accept(stamp)
        }
        if stamp - now > policy.maximumJump, !trusted { return .hold }
        self.now = stamp
        guard stamp > nextTick else { return .accept(stamp) }
        var tick = stamp.floored(to: policy.tick)
        if tick == stamp { tick = tick - policy.tick }
        nextTick = tick + policy.tick
        return .tickThenAccept(stamp, tick: tick)
    }

    /// Whether ``judge(_:arrival:lateness:trusted:)`` accepts a stamp as it is and changes nothing:
    /// it is not ahead of now, nor too far behind.
    @inline(__always) func isPlain(_ stamp: Timestamp, at now: Timestamp) -> Bool {
        // As an unsigned number the distance says both, also where it does not fit a signed one.
        UInt64(bitPattern: now.nanoseconds &- stamp.nanoseconds)
            <= UInt64(bitPattern: policy.maximumAge.nanoseconds)
            && stamp.nanoseconds >= Self.representable.lowerBound
    }

    private func judgeByWall(
        _ stamp: Timestamp?, arrival: Timestamp, lateness: TimeSpan
    ) -> Verdict {
        guard let stamp else { return .accept(arrival) }
        if stamp - arrival > policy.maximumJump || arrival - stamp > policy.maximumAge {
            return .refuse(.clockSkew)
        }
        return stamp > arrival + lateness ? .restamp(arrival) : .accept(stamp)
    }

    fileprivate mutating func start(at time: Timestamp) {
        now = time
        // The first tick that is not before now: one at this very instant is still to come.
        let floored = time.floored(to: policy.tick)
        nextTick = floored == time ? time : floored + policy.tick
    }
}

extension EventClock {
    /// Continues where an earlier process stopped.
    mutating func restore(now: Timestamp?) {
        if policy.source == .event, let now { start(at: now) }
    }
}
