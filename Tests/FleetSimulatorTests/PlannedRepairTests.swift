import FleetSimulator
import Primitives
import Testing

/// A planned stop ends the life of a part before it fails and begins the next one.
@Suite struct PlannedRepairTests {
    private static func options(_ fault: Fault, share: Double) -> FleetOptions {
        var options = FleetOptions(
            devices: 1, days: 32, seed: 12, interval: .minutes(10),
            scenario: .wear(fault, onset: .days(5), pfInterval: .days(20)))
        options.plannedRepairShare = share
        return options
    }

    private func check(
        _ fault: Fault, _ kind: MaintenanceEvent.Kind, part: String, note: String,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let options = Self.options(fault, share: 1)
        let telemetry = Telemetry(options)
        let event = try #require(telemetry.truth.first, sourceLocation: location)
        #expect(telemetry.truth.count == 1, sourceLocation: location)
        #expect(event.failure == nil, sourceLocation: location)
        #expect(telemetry.maintenance.map(\.kind) == [kind], sourceLocation: location)
        let repair = try #require(telemetry.maintenance.first, sourceLocation: location)
        #expect(repair.component == event.fault.component, sourceLocation: location)
        #expect(repair.part.hasPrefix(part) && repair.part.isEmpty == part.isEmpty)
        #expect(repair.note == note, sourceLocation: location)
        #expect(repair.cost > 0 && repair.cost < 1_000, sourceLocation: location)
        // 0.4 to 0.9 of the way to the failure, and the six hours of the stop.
        let way = (repair.time - event.onset).hours / 24
        #expect((8...18.5).contains(way), "after \(way) days", sourceLocation: location)
        let stop = telemetry.lines.filter {
            $0.time >= repair.time - .hours(6) && $0.time < repair.time
        }
        #expect(stop.count > 30, sourceLocation: location)
        #expect(stop.allSatisfy { !$0.isRunning }, sourceLocation: location)
        #expect(telemetry.lines.contains { $0.time > repair.time && $0.isRunning })
    }

    @Test func everyFaultHasItsRepair() throws {
        let replaced = "replaced in a planned stop"
        let repaired = "repaired in a planned stop"
        try check(.bearingWear, .replacement, part: "BRG-NX-", note: replaced)
        try check(.sealLeak, .replacement, part: "SEAL-NX-", note: replaced)
        try check(.cavitation, .repair, part: "", note: repaired)
        try check(.airLeak, .repair, part: "", note: repaired)
        try check(.filterClog, .replacement, part: "FLT-CX-", note: replaced)
        try check(.imbalance, .repair, part: "", note: repaired)
        try check(.beltSlip, .replacement, part: "BELT-VR-", note: replaced)
    }

    @Test func theRepairedMachineIsAsGoodAsNew() throws {
        let telemetry = Telemetry(Self.options(.filterClog, share: 1))
        let repair = try #require(telemetry.maintenance.first).time
        func drop(_ isIncluded: (Telemetry.Line) -> Bool) -> Double {
            median(
                telemetry.lines.filter { $0.isRunning && isIncluded($0) }
                    .compactMap { $0.fields["filter_dp"] })
        }
        let new = drop { $0.time < FleetOptions.defaultStart + .days(5) }
        let worn = drop { $0.time < repair && $0.time > repair - .days(2) }
        let again = drop { $0.time > repair }
        #expect(worn > 1.25 * new, "\(worn) after \(new)")
        #expect((0.8...1.25).contains(again / new), "\(again) after \(new)")
    }

    @Test func someFaultsAreNoticedAndTheOthersFail() {
        var options = FleetOptions(
            devices: 30, days: 300, seed: 4, interval: .hours(2),
            meanTimeBetweenFaults: .days(60))
        options.plannedRepairShare = 0.5
        let telemetry = Telemetry(options)
        let failures = telemetry.maintenance.count { $0.kind == .failure }
        let planned = telemetry.maintenance.count { $0.note.hasSuffix("planned stop") }
        let share = Double(planned) / Double(planned + failures)
        #expect(planned + failures > 60)
        #expect((0.35...0.65).contains(share), "\(planned) of \(planned + failures)")
        // Machines wear again after a planned repair.
        #expect(
            telemetry.maintenance.contains { repair in
                repair.kind != .failure
                    && telemetry.truth.contains {
                        $0.device == repair.device && $0.onset > repair.time
                    }
            })
        options.plannedRepairShare = 0
        #expect(
            Telemetry(options).maintenance.allSatisfy { !$0.note.hasSuffix("planned stop") })
    }
}
