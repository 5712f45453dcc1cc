import FleetSimulator
import Primitives
import Testing

/// What the fleet promises whatever the physics: determinism, independence, order, shape.
@Suite struct FleetTests {
    static let small = FleetOptions(devices: 4, days: 2, seed: 9, interval: .minutes(2))

    /// Hash over all bytes of a recording, and their number.
    private func check(
        _ left: FleetOptions, equals right: FleetOptions, _ expected: Bool,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let isEqual = digest(left) == digest(right)
        #expect(isEqual == expected, "seeds \(left.seed), \(right.seed)", sourceLocation: location)
    }

    private func digest(_ options: FleetOptions) -> [UInt64] {
        var fleet = Fleet(options)
        var buffer: [UInt8] = []
        var hash: UInt64 = 0
        var length = 0
        while fleet.next(into: &buffer) != nil {
            hash = ByteHash.hash(buffer.span, from: 0, to: buffer.count, seed: hash)
            length += buffer.count
            buffer.removeAll(keepingCapacity: true)
        }
        return [hash, UInt64(length)]
    }

    @Test func equalOptionsGiveEqualBytes() {
        var otherSeed = Self.small
        otherSeed.seed = 10
        var scenario = Self.small
        scenario.scenario = .bearingWear(onset: .hours(6), pfInterval: .days(1))
        check(Self.small, equals: Self.small, true)
        check(Self.small, equals: otherSeed, false)
        check(scenario, equals: scenario, true)
        check(Self.small, equals: scenario, false)
    }

    @Test(arguments: [nil, FleetOptions.Scenario.noisySensor(onset: .hours(3))])
    func anotherMachineChangesNoOther(_ scenario: FleetOptions.Scenario?) {
        var options = Self.small
        options.meanTimeBetweenFaults = .days(3)
        options.noisySensorShare = 0.5
        options.scenario = scenario
        let few = Recording(options)
        options.devices = 7
        let many = Recording(options)
        let kept = many.lines.filter { $0.device < "P-105" }
        #expect(Set(many.lines.map(\.device)).count == 7)
        #expect(kept.count == few.lines.count)
        for (left, right) in zip(kept, few.lines) {
            guard left.time == right.time, left.device == right.device,
                left.values.map(\.bitPattern) == right.values.map(\.bitPattern)
            else {
                Issue.record("\(left) is not \(right)")
                return
            }
        }
    }

    /// Weather, schedule and noise do not depend on what happens to the machine.
    @Test func wearChangesNothingBeforeItsOnset() {
        var options = FleetOptions(devices: 1, days: 4, seed: 3, interval: .minutes(5))
        options.scenario = .healthy
        let healthy = Recording(options).lines
        options.scenario = .bearingWear(onset: .days(2), pfInterval: .days(1))
        let worn = Recording(options).lines
        let onset = options.start + .days(2)
        let before = zip(healthy, worn).filter { $0.0.time <= onset }
        #expect(before.count > 500)
        #expect(before.allSatisfy { $0.0.values.description == $0.1.values.description })
        #expect(healthy.last?.values.description != worn.last?.values.description)
    }

    @Test func linesHaveOneShapeAndComeInOrder() {
        let recording = Recording(
            FleetOptions(devices: 8, days: 6, seed: 21, interval: .minutes(3)))
        #expect(recording.malformed == [])
        let lines = recording.lines
        #expect(
            zip(lines, lines.dropFirst()).allSatisfy {
                ($0.time, $0.device) < ($1.time, $1.device)
            })
        #expect(lines.first?.time == FleetOptions.defaultStart)
        #expect(lines.allSatisfy { $0.time < FleetOptions.defaultStart + .days(6) })
        // The minus sign is written, and January is cold somewhere.
        #expect(lines.contains { $0.values[Recording.ambient] < 0 })
        let readings = Double(lines.count * Recording.fields.count)
        let lost = Double(lines.reduce(0) { $0 + $1.values.count { $0.isNaN } })
        #expect((0.001...0.003).contains(lost / readings), "lost \(lost) of \(readings)")
        let missing = 8 * 6 * 480 - lines.count
        #expect(missing > 0, "the uplinks are down at times")
        #expect(missing < 8 * 6 * 480 / 50)
    }

    @Test func theEndIsTheEnd() {
        var fleet = Fleet(FleetOptions(devices: 1, days: 1, seed: 1, interval: .hours(8)))
        var buffer: [UInt8] = []
        var times: [Timestamp] = []
        while let time = fleet.next(into: &buffer) { times.append(time) }
        let size = buffer.count
        #expect(
            times == [0, 8, 16].map { FleetOptions.defaultStart + .hours($0) })
        #expect(fleet.next(into: &buffer) == nil)
        #expect(buffer.count == size)
    }

    /// Every pump is stopped now and then.
    @Test func machinesStartAndStop() {
        let recording = Recording(
            FleetOptions(
                devices: 12, days: 14, seed: 77, interval: .minutes(10), scenario: .healthy))
        for device in Set(recording.lines.map(\.device)) {
            let states = recording.lines.filter { $0.device == device }
                .filter { !$0.values[Recording.flow].isNaN }.map(\.isRunning)
            let changes = zip(states, states.dropFirst()).count { $0 != $1 }
            #expect(changes >= 6, "\(device) changed \(changes) times in two weeks")
            #expect(states.count { $0 } > states.count / 8, "\(device) hardly runs")
        }
    }
}
