import Detection
package import Primitives
package import Windows

/// What becomes of stamps that are known to be wrong: those no clock error or backlog explains, and
/// those of a device whose clock has been found wrong.
package enum SkewedStamps: String, CaseIterable, Sendable {
    /// Impossible stamps are refused; a wrong clock's are taken as they are. Nothing is guessed,
    /// and a device that is steadily off is still judged against itself.
    case keep
    /// Both are replaced by the time of arrival.
    case restamp
    /// Both are refused.
    case refuse
}

/// A device's clock was found to be right or wrong, or its offset has moved.
package struct ClockChange: Equatable, Sendable {
    package var device: DeviceID
    /// Arrival time.
    package var time: Timestamp
    package var state: DeviceClock.State
    /// `nil` when only the offset has moved.
    package var previous: DeviceClock.State?
    /// How far the clock is ahead of the gateway's; behind when negative.
    package var offset: TimeSpan
    package var since: Timestamp

    package init(
        device: DeviceID, time: Timestamp, state: DeviceClock.State,
        previous: DeviceClock.State?, offset: TimeSpan, since: Timestamp
    ) {
        self.device = device
        self.time = time
        self.state = state
        self.previous = previous
        self.offset = offset
        self.since = since
    }

    /// Worth an alert: a clock went wrong, or is right again.
    package var isAlert: Bool {
        previous.map { state.isSkew != $0.isSkew || (state.isSkew && state != $0) } ?? false
    }
}

/// The last told clock of a device, as the store kept it.
package struct RecordedClock: Equatable, Sendable {
    package var device: String
    package var state: DeviceClock.State
    package var offset: TimeSpan?
    package var since: Timestamp?

    package init(
        device: String, state: DeviceClock.State, offset: TimeSpan?, since: Timestamp?
    ) {
        self.device = device
        self.state = state
        self.offset = offset
        self.since = since
    }
}

/// The clocks of devices, compared with the wall clock.
///
/// Nothing is done per line: a look at the device's watermark when a window closes, and at stamps
/// that are refused, replaced or late, which take the ordinary way anyhow. Lines of a device whose
/// stamps are not to be believed are kept off the short way by taking their layouts away. With the
/// event clock there is no arrival to compare with, and no clock is judged.
extension TelemetryEngine {
    /// Applies the policy about wrong stamps to a judged one.
    mutating func settle(
        _ reading: inout StampReading, of device: DeviceID?, arrival: Timestamp
    ) {
        let policy = clock.policy
        guard policy.source == .wall, let stamp = reading.stamp else { return }
        switch reading.verdict {
        case .accept:
            guard policy.skewedStamps != .keep, let device, clocks[device.index].state.isWrong
            else { return }
            noteClock(of: device, stamp: stamp, at: arrival)
            // This very stamp may have shown that the clock is right again.
            guard clocks[device.index].state.isWrong else { return }
            reading.verdict =
                policy.skewedStamps == .restamp ? .restamp(arrival) : .refuse(.clockSkew)
        case .restamp:
            if let device { noteClock(of: device, stamp: stamp, at: arrival) }
        case .refuse(.clockSkew) where reading.fits == nil:
            if let device { noteClock(of: device, stamp: stamp, at: arrival) }
            if policy.skewedStamps == .restamp { reading.verdict = .restamp(arrival) }
        case .refuse, .hold, .tickThenAccept: break
        }
    }

    /// Takes note of a stamp that is refused, replaced or late.
    mutating func noteClock(of device: DeviceID, stamp: Timestamp, at arrival: Timestamp) {
        guard clock.policy.source == .wall else { return }
        let previous = clocks[device.index].state
        let isNews = clocks[device.index].note(
            stamp, at: arrival, tolerance: clock.policy.skewTolerance)
        if isNews { tellClock(of: device, previous: previous, at: arrival) }
    }

    /// Takes note of how a device's clock stands when one of its windows closes.
    mutating func noteClock(afterClosing device: DeviceID) {
        guard clock.policy.source == .wall else { return }
        let latest = windows.latest(of: device)
        let previous = clocks[device.index].state
        let isNews = clocks[device.index].noteClosing(
            latest: latest.stamp, at: latest.arrival, usualGap: detector.usualGap(of: device),
            tolerance: clock.policy.skewTolerance)
        if isNews { tellClock(of: device, previous: previous, at: latest.arrival) }
    }

    private mutating func tellClock(
        of device: DeviceID, previous: DeviceClock.State, at time: Timestamp
    ) {
        let known = clocks[device.index]
        if known.state.isWrong != previous.isWrong, clock.policy.skewedStamps != .keep {
            series.forgetLayouts(of: device)
        }
        pending.clocks.append(
            ClockChange(
                device: device, time: time, state: known.state,
                previous: known.state == previous ? nil : previous,
                offset: known.offset ?? .zero, since: known.since ?? time))
    }

    /// Whether lines of the device may take the short way.
    func trustsStamps(of device: DeviceID) -> Bool {
        clock.policy.skewedStamps == .keep || !clocks[device.index].state.isWrong
    }

    /// Takes up what is known of clocks after the committed steps were folded again: no window
    /// tells it.
    package mutating func adopt(_ recorded: [RecordedClock]) {
        for item in recorded {
            guard let device = registry.device(named: item.device) else { continue }
            clocks[device.index].adopt(item.state, offset: item.offset, since: item.since)
        }
    }

    /// By name: ids belong to a process.
    func encodeClocks(into state: inout StateWriter) {
        state.put(each: registry.devices) { state, device in
            state.put(device.name)
            clocks[device.id.index].encode(into: &state)
        }
    }

    mutating func restoreClocks(from state: inout StateReader) throws(StateFailure) {
        var restored = clocks
        for _ in 0..<(try state.count()) {
            let name = try state.string()
            guard let device = registry.device(named: name) else {
                throw .invalid("device \(name)")
            }
            restored[device.index] = try DeviceClock(from: &state)
        }
        clocks = restored
    }
}
