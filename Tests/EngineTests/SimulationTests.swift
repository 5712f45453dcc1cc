import Foundation
import ScheduleSimulation
import Testing

/// Schedules of clock jumps, reordering, loss, repeats and late delivery; `make simulation` runs
/// ten thousand.
@Suite struct SimulationTests {
    private static let path = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Simulation/failed-seeds.txt").path

    private func check(_ seeds: [UInt64]) -> ScheduleTrial.Coverage {
        var coverage = ScheduleTrial.Coverage()
        for seed in seeds {
            let trial = ScheduleTrial(Schedule(seed: seed))
            #expect(trial.findings.isEmpty, "seed \(seed): \(trial.findings.prefix(3))")
            coverage += trial.coverage
        }
        return coverage
    }

    /// What failed once is tried first.
    @Test func seedsThatFailed() throws {
        let text = try String(contentsOfFile: Self.path, encoding: .utf8)
        let seeds = text.split(separator: "\n").compactMap { UInt64($0) }
        #expect(seeds.count >= 5)
        #expect(check(seeds).schedules == seeds.count)
    }

    /// And they are worth it: all that may happen to lines does happen.
    @Test func schedules() {
        let coverage = check(Array(1...150))
        #expect(coverage.schedules == 150)
        for count in [
            coverage.late, coverage.amending, coverage.refused, coverage.restamped,
            coverage.replaced,
            coverage.restarts,
        ] { #expect(count > 50) }
        #expect(coverage.windows > 1_000)
    }
}
