import Testing

@testable import Detection

/// Deviation and distance to the limit, worked by hand with expectation 10 and scale 2.
@Suite struct DeviationReadingTests {
    static let limits = SignalLimits(alarmHigh: 20, tripHigh: 30, alarmLow: 4, tripLow: 0)

    private func check(
        _ mean: Double, _ direction: DeviationDirection, tolerated: Double = 0,
        limits: SignalLimits = Self.limits, deviation: Double, limit: Double?,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let reading = DeviationReading(
            mean: mean, expected: 10, scale: 2,
            policy: SignalPolicy(
                name: "a", direction: direction, limits: limits, minimumDeviation: tolerated))
        #expect(reading.deviation == deviation, sourceLocation: location)
        #expect(reading.limitDeviation == limit, sourceLocation: location)
    }

    @Test func directions() {
        check(16, .up, deviation: 3, limit: 10)
        check(4, .up, deviation: -3, limit: 10)
        check(4, .down, deviation: 3, limit: 5)
        check(16, .down, deviation: -3, limit: 5)
        check(16, .both, deviation: 3, limit: 10)
        check(4, .both, deviation: 3, limit: 5)
        check(10, .both, deviation: 0, limit: 10)
    }

    /// What is tolerated is taken off both the deviation and the way to the limit.
    @Test func tolerance() {
        check(16, .up, tolerated: 2, deviation: 2, limit: 9)
        check(11, .up, tolerated: 2, deviation: 0, limit: 9)
        check(9, .up, tolerated: 2, deviation: 0, limit: 9)
        check(4, .up, tolerated: 2, deviation: -2, limit: 9)
        check(4, .both, tolerated: 2, deviation: 2, limit: 4)
        check(12.5, .both, tolerated: 2, deviation: 0.25, limit: 9)
    }

    @Test func theEndIsTheTripElseTheAlarm() {
        check(16, .up, limits: .init(alarmHigh: 20), deviation: 3, limit: 5)
        check(4, .both, limits: .init(alarmHigh: 20), deviation: 3, limit: nil)
        check(4, .down, limits: .init(tripLow: 2), deviation: 3, limit: 4)
        check(16, .up, limits: .init(), deviation: 3, limit: nil)
        // Normal lies beyond the limit already.
        check(12, .up, limits: .init(tripHigh: 8), deviation: 1, limit: -1)
    }

    @Test func aSignalTheClassDoesNotNameDeviatesBothWays() {
        let reading = DeviationReading(mean: 4, expected: 10, scale: 2, policy: nil)
        #expect(reading.deviation == 3)
        #expect(reading.limitDeviation == nil)
    }

    @Test(arguments: [
        (10.0, LimitZone.within), (19.9, .within), (20, .alarm), (29.9, .alarm), (30, .trip),
        (4, .alarm), (4.1, .within), (0.1, .alarm), (0, .trip), (-99, .trip), (99, .trip),
    ])
    func zones(_ value: Double, _ zone: LimitZone) {
        #expect(Self.limits.zone(of: value) == zone)
        #expect(SignalLimits().zone(of: value) == .within)
    }

    @Test func zonesAreOrdered() {
        #expect(LimitZone.allCases == LimitZone.allCases.sorted())
        #expect(LimitZone.trip > .alarm)
    }

    @Test(arguments: [
        ("vibration", "pump.vibration", true), ("vibration", "pump.vibration,axis=x", true),
        ("pump.vibration", "pump.vibration,axis=x", true), ("*", "anything", true),
        ("pump.vibration,axis=x", "pump.vibration,axis=x", true),
        ("pump.vibration,axis=y", "pump.vibration,axis=x", false),
        ("vibration", "pump.vibration_rms", false), ("fan.vibration", "pump.vibration", false),
        ("vibration", "pump.mean.vibration", false), ("vibration", "vibration", true),
        ("x", "pump.vibration,axis=pump.x", false),
    ])
    func names(_ name: String, _ signal: String, _ expected: Bool) {
        #expect(signalName(name, matches: signal) == expected)
        #expect(SignalPolicy(name: name).matches(signal: signal) == expected)
    }
}
