import FleetSimulator
import Primitives
import Testing

/// The fleet of a real plant: kinds, faults and sites in one.
@Suite struct MixTests {
    static let varied = FleetOptions(
        devices: 8, days: 60, seed: 17, interval: .hours(1), meanTimeBetweenFaults: .days(30)
    ).varied

    @Test func kindsTakeTurns() {
        let telemetry = Telemetry(Self.varied)
        #expect(telemetry.malformed == [])
        let names = Set(telemetry.lines.map(\.device)).sorted()
        #expect(
            names == ["C-102", "C-106", "F-104", "F-108", "P-101", "P-103", "P-105", "P-107"])
        for line in telemetry.lines {
            let letter = line.measurement == "pump" ? "P" : line.measurement == "fan" ? "F" : "C"
            #expect(line.device.hasPrefix(letter))
        }
        let signals = telemetry.lines.reduce(into: [String: Set<String>]()) {
            $0[$1.measurement, default: []].formUnion($1.fields.keys)
        }
        #expect(signals["pump"] == Set(Recording.fields + ["suction_pressure"]))
        #expect(signals["compressor"]?.count == 7 && signals["fan"]?.count == 7)
        let faults = Set(telemetry.truth.map(\.fault.name))
        #expect(faults.count >= 5, "\(faults)")
    }

    @Test func equalOptionsGiveEqualFleets() {
        let first = Telemetry(Self.varied)
        let second = Telemetry(Self.varied)
        #expect(first.lines.map(\.text) == second.lines.map(\.text))
        #expect(first.truth == second.truth && first.maintenance == second.maintenance)
        var other = Self.varied
        other.seed += 1
        #expect(first.lines.map(\.text) != Telemetry(other).lines.map(\.text))
    }

    @Test func anotherMachineChangesNoOther() {
        var options = Self.varied
        options.disturbedShare = 0.6
        let few = Telemetry(options)
        let known = Set(few.lines.map(\.device))
        options.devices = 11
        let many = Telemetry(options)
        #expect(
            many.lines.filter { known.contains($0.device) }.map(\.text) == few.lines.map(\.text))
        #expect(many.truth.filter { known.contains($0.device) } == few.truth)
        #expect(many.maintenance.filter { known.contains($0.device) } == few.maintenance)
    }

    @Test func onlyTheGivenFaultsHappen() {
        var options = Self.varied
        options.noisySensorShare = 0
        options.disturbedShare = 0
        options.faults = [.beltSlip]
        let telemetry = Telemetry(options)
        #expect(!telemetry.truth.isEmpty)
        #expect(telemetry.truth.allSatisfy { $0.fault.name == "belt_slip" })
        #expect(telemetry.truth.allSatisfy { $0.device.hasPrefix("F-") })
    }

    @Test func aScenarioChoosesItsMachine() {
        var options = FleetOptions(devices: 2, days: 2, seed: 1, interval: .hours(1))
        options.scenario = .wear(.imbalance, onset: .hours(5), pfInterval: .days(1))
        #expect(Set(Telemetry(options).lines.map(\.device)) == ["F-101", "P-102"])
    }

    @Test func sitesAreAsManyAsAsked() {
        var options = FleetOptions(devices: 6, days: 1, seed: 1, interval: .hours(1))
        for sites in 1...4 {
            options.sites = sites
            #expect(Set(Telemetry(options).lines.map { $0.tags["site"] }).count == sites)
        }
    }

    /// No sensor shows more than it can.
    @Test func aRatioEndsAtAHundred() {
        var options = FleetOptions(devices: 1, days: 12, seed: 3, interval: .minutes(10))
        options.scenario = .wear(.airLeak, onset: .hours(1), pfInterval: .days(10))
        let ratios = Telemetry(options).lines.compactMap { $0.fields["loaded_ratio"] }
        #expect(ratios.max() == 100)
        #expect(ratios.min() == 0)
    }
}
