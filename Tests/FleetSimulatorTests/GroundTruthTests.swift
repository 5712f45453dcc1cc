import FleetSimulator
import Primitives
import Testing

/// Truth and maintenance log of a whole fleet, and their text.
@Suite struct GroundTruthTests {
    private func check(
        _ text: String, header: String, columns: Int, rows: Int,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first.map(String.init) == header, sourceLocation: location)
        #expect(lines.last == "", "the last row ends with a line feed", sourceLocation: location)
        #expect(lines.count == rows + 2, sourceLocation: location)
        #expect(
            lines.dropLast().allSatisfy {
                $0.split(separator: ",", omittingEmptySubsequences: false).count == columns
            }, sourceLocation: location)
    }

    @Test func failuresAreRepairedAndWearAgain() {
        let options = FleetOptions(
            devices: 12, days: 240, seed: 31, interval: .hours(1),
            meanTimeBetweenFaults: .days(40), noisySensorShare: 0.3)
        let recording = Recording(options)
        let worn = recording.truth.filter { $0.fault.component == "bearing" }
        let failed = worn.filter { $0.failure != nil }
        #expect(failed.count >= 12, "\(failed.count) failures, seed 31")
        #expect(worn.allSatisfy { $0.fault.failureMode == "VIB" && $0.pfInterval != nil })
        #expect(recording.truth.contains { $0.fault.name == "noisy_sensor" })
        for event in failed {
            let nominal = event.onset + (event.pfInterval ?? .zero)
            #expect((event.failure ?? .distantPast) >= nominal)
        }
        #expect(
            zip(recording.truth, recording.truth.dropFirst()).allSatisfy { $0.onset <= $1.onset })
        let log = recording.maintenance
        #expect(zip(log, log.dropFirst()).allSatisfy { $0.time <= $1.time })
        let failures = log.filter { $0.kind == .failure }
        #expect(
            failures.map(\.time).sorted() == failed.compactMap(\.failure).sorted())
        let replaced = log.filter { $0.kind == .replacement }
        for failure in failures where failure.time + .days(1) < options.start + .days(240) {
            #expect(
                replaced.contains {
                    $0.device == failure.device && $0.time == failure.time + .days(1)
                })
        }
        check(
            GroundTruthEvent.csv(recording.truth),
            header: "device,component,failure_mode,onset,failure", columns: 5,
            rows: recording.truth.count)
        check(
            MaintenanceEvent.csv(log), header: "time,device,component,event,part,cost,note",
            columns: 7, rows: log.count)
    }

    @Test func rowsReadAsStated() {
        let options = FleetOptions(
            devices: 2, days: 9, seed: 7, interval: .minutes(10),
            scenario: .bearingWear(onset: .days(1), pfInterval: .days(5)))
        let recording = Recording(options)
        let failure = recording.truth.first?.failure?.rfc3339 ?? "none"
        #expect(
            GroundTruthEvent.csv(recording.truth)
                == "device,component,failure_mode,onset,failure\n"
                + "P-101,bearing,VIB,2026-01-06T00:00:00Z,\(failure)\n")
        let rows = MaintenanceEvent.csv(recording.maintenance).split(separator: "\n")
        #expect(rows.count == 3)
        #expect(rows.dropFirst().first == "\(failure),P-101,bearing,failure,,6500,bearing_wear")
    }

    @Test func anUnrepairedMachineStaysOff() throws {
        let options = FleetOptions(
            devices: 1, days: 12, seed: 7, interval: .minutes(10), repairTime: nil,
            scenario: .bearingWear(onset: .days(1), pfInterval: .days(4)))
        let recording = Recording(options)
        let failure = try #require(recording.truth.first?.failure)
        let after = recording.lines.filter { $0.time >= failure }
        #expect(after.count > 400)
        #expect(after.allSatisfy { !$0.isRunning })
        #expect(recording.maintenance.map(\.kind) == [.failure])
    }
}
