import Primitives
import Testing
import Windows

/// How many readings a window should have, by the signal's own pace.
@Suite struct ExpectedReadingsTests {
    private let bench = WindowBench()

    private func expected(_ device: DeviceID) -> [Int32?] {
        bench.finish()
        return bench.summaries(of: device).map(\.expected)
    }

    @Test func aSteadyPace() {
        let device = bench.addDevice(length: 60, lateness: 5)
        for second in stride(from: Int64(30), to: 300, by: 2) {
            bench.send(1, to: device, at: second)
        }
        // The first window is half as full as it would be.
        #expect(expected(device) == [30, 30, 30, 30, 30])
        #expect(bench.summaries(of: device).map(\.missing) == [15, nil, nil, nil, nil])
    }

    @Test(arguments: 1...10)
    func lossIsSeen(seed: UInt64) {
        var random = Random(seed: seed)
        let device = bench.addDevice(length: 60, lateness: 5)
        for second in 0..<Int64(6_000) where random.below(4) > 0 {
            bench.send(1, to: device, at: second)
        }
        let counts = expected(device).compactMap(\.self)
        #expect(counts.count == 100)
        #expect(counts.allSatisfy { 50...60 ~= $0 }, "\(counts)")
        let missing = bench.summaries(of: device).reduce(0) { $0 + ($1.missing ?? 0) }
        #expect(1_000...1_700 ~= missing)
    }

    @Test func aNewPaceIsLearned() {
        let device = bench.addDevice(length: 60, lateness: 5)
        for second in stride(from: Int64(0), to: 600, by: 1) {
            bench.send(1, to: device, at: second)
        }
        for second in stride(from: Int64(600), to: 12_600, by: 10) {
            bench.send(1, to: device, at: second)
        }
        let counts = expected(device)
        #expect(counts[9] == 60 && counts[10] != 6 && counts.last == 6)
    }

    /// Less than one reading a window: what comes is all there is.
    @Test func aSlowSignal() {
        let device = bench.addDevice(length: 60, lateness: 5)
        for second in stride(from: Int64(0), to: 3_000, by: 300) {
            bench.send(1, to: device, at: second)
        }
        #expect(expected(device) == [nil] + Array(repeating: 1, count: 9))
    }

    @Test func aRestartChangesNothing() throws {
        func expected(restarting: Bool) throws -> [Int32?] {
            let bench = WindowBench()
            let policy = WindowPolicy(length: .seconds(60), lateness: .seconds(5))
            let device = bench.addDevice(policy, signals: 1)
            for second in stride(from: Int64(0), to: 1_800, by: 3) {
                bench.send(1, to: device, at: second + second % 2)
                if restarting, second % 150 == 0 { try bench.restart(device, policy) }
            }
            bench.finish()
            return bench.summaries(of: device).map(\.expected)
        }
        #expect(try expected(restarting: true) == expected(restarting: false))
    }
}
