import FleetSimulator
import Primitives
import Testing

/// What a disturbance of the telemetry does to the lines, against the same lines undisturbed.
@Suite struct DisturbanceTests {
    static let onset = TimeSpan.days(2)
    static let length = TimeSpan.days(1)

    private let clean: Telemetry
    private let from = FleetOptions.defaultStart + onset
    private let until = FleetOptions.defaultStart + onset + length

    private static func options(_ scenario: FleetOptions.Scenario, seed: UInt64) -> FleetOptions {
        FleetOptions(
            devices: 2, days: 4, seed: seed, interval: .minutes(2), scenario: scenario)
    }

    init() { clean = Telemetry(Self.options(.healthy, seed: 5)) }

    private func disturbed(_ kind: Disturbance) -> Telemetry {
        Telemetry(
            Self.options(
                .disturbance(kind, onset: Self.onset, lasting: Self.length), seed: 5))
    }

    /// The other device, and this one before and after, are as they were; the truth says what
    /// happened and when.
    private func check(
        _ telemetry: Telemetry, _ component: String, _ mode: String,
        _ location: SourceLocation = #_sourceLocation
    ) {
        func outside(_ telemetry: Telemetry) -> [String] {
            telemetry.lines.filter {
                $0.device != "P-101" || $0.arrival < from || $0.arrival > until + .hours(2)
            }.map(\.text)
        }
        #expect(outside(telemetry) == outside(clean), sourceLocation: location)
        #expect(telemetry.maintenance == [], sourceLocation: location)
        #expect(
            GroundTruthEvent.csv(telemetry.truth).split(separator: "\n").dropFirst()
                == ["P-101,\(component),\(mode),\(from.rfc3339),"], sourceLocation: location)
    }

    private func during(_ telemetry: Telemetry) -> [Telemetry.Line] {
        telemetry.of("P-101").filter { $0.arrival >= from && $0.arrival < until }
    }

    @Test func aSilentDeviceSendsNothing() {
        let telemetry = disturbed(.silent)
        check(telemetry, "telemetry", "silent")
        #expect(during(telemetry).isEmpty)
        #expect(telemetry.of("P-101").contains { $0.arrival >= until })
        let lost = clean.lines.count - telemetry.lines.count
        #expect(lost == during(clean).count && lost > 600)
    }

    @Test func aSkewedClockIsOffByOneAmount() throws {
        let telemetry = disturbed(.clockSkew)
        check(telemetry, "telemetry", "clock_skew")
        let skewed = during(telemetry)
        let right = during(clean)
        #expect(skewed.count == right.count)
        #expect(zip(skewed, right).allSatisfy { $0.fields == $1.fields && $0.tags == $1.tags })
        let skews = Set(skewed.map { $0.time - $0.arrival })
        #expect(skews.count == 1)
        let size = abs(try #require(skews.first).seconds)
        #expect((120...129_600).contains(size), "off by \(size) s")
    }

    /// Clocks are fast and slow, some by more than a day.
    @Test func skewsAreOfAllSizes() {
        let skews = (1...40).compactMap { seed in
            Telemetry(
                FleetOptions(
                    devices: 1, days: 1, seed: seed, interval: .hours(2),
                    scenario: .disturbance(.clockSkew, onset: .zero, lasting: nil))
            ).lines.first.map { ($0.time - $0.arrival).hours }
        }
        #expect(skews.contains { $0 > 1 } && skews.contains { $0 < -1 })
        #expect(skews.contains { abs($0) < 0.5 } && skews.contains { abs($0) > 24 })
    }

    @Test func duplicateLinesFollowEachOther() {
        let telemetry = disturbed(.duplicateLines)
        check(telemetry, "telemetry", "duplicate_lines")
        let sent = during(telemetry).map(\.text)
        let once = during(clean).map(\.text)
        let repeats = zip(sent, sent.dropFirst()).count { $0 == $1 }
        #expect(sent.count == once.count + repeats)
        #expect(Set(sent) == Set(once))
        #expect((0.01...0.13).contains(Double(repeats) / Double(once.count)))
    }

    @Test func lateLinesAllArriveInTheEnd() {
        let telemetry = disturbed(.lateLines)
        check(telemetry, "telemetry", "late_lines")
        let arrived = telemetry.of("P-101")
        #expect(arrived.map(\.text).sorted() == clean.of("P-101").map(\.text).sorted())
        let late = arrived.filter { $0.arrival > $0.time }
        #expect((0.01...0.13).contains(Double(late.count) / Double(during(clean).count)))
        #expect(late.allSatisfy { $0.arrival - $0.time <= .hours(1) + .minutes(2) })
        #expect(late.allSatisfy { $0.time >= from && $0.time < until })
        #expect(zip(arrived, arrived.dropFirst()).contains { $0.time > $1.time })
    }

    @Test func aStuckSensorRepeatsItself() throws {
        let telemetry = disturbed(.stuckSensor)
        let component = try #require(telemetry.truth.first?.fault.component)
        check(telemetry, component, "AIR")
        let field = String(component.dropLast("_sensor".count))
        let stuck = during(telemetry)
        #expect(Set(stuck.compactMap { $0.fields[field] }).count == 1)
        #expect(Set(during(clean).compactMap { $0.fields[field] }).count > 5)
        for (line, right) in zip(stuck, during(clean)) {
            #expect(
                line.fields.filter { $0.key != field } == right.fields.filter { $0.key != field })
        }
    }

    /// Chance disturbs as many machines as it should, for days, not for ever.
    @Test func chanceDisturbsItsShare() {
        var options = FleetOptions(
            devices: 200, days: 20, seed: 8, interval: .hours(6), noisySensorShare: 0)
        options.faults = []
        options.disturbedShare = 0.3
        let telemetry = Telemetry(options)
        #expect((40...80).contains(telemetry.truth.count), "\(telemetry.truth.count) of 200")
        #expect(Set(telemetry.truth.map(\.device)).count == telemetry.truth.count)
        for mode in ["silent", "clock_skew", "duplicate_lines", "late_lines", "AIR"] {
            #expect(telemetry.truth.contains { $0.fault.failureMode == mode }, "no \(mode)")
        }
        let silent = telemetry.truth.filter {
            $0.fault.failureMode == "silent" && $0.onset < options.start + .days(14)
        }
        #expect(!silent.isEmpty)
        for event in silent {
            #expect(telemetry.of(event.device).contains { $0.time > event.onset + .days(5) })
        }
    }
}
