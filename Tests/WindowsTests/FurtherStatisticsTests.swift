import Primitives
import Testing

@testable import Windows

/// What only some signals have: changes, crossings, rates and quantiles.
@Suite struct FurtherStatisticsTests {
    private let bench = WindowBench()
    private static let policy = WindowPolicy(length: .seconds(60), lateness: .seconds(120))

    private func device(_ statistics: FurtherStatistics) -> DeviceID {
        let device = bench.addDevice(Self.policy, signals: 2)
        bench.setStatistics(statistics, of: device)
        return device
    }

    private func send(_ readings: [(Int64, Double)], to device: DeviceID) {
        for (time, value) in readings { bench.send(value, to: device, at: time, arrival: 100) }
    }

    private func changes(_ device: DeviceID) -> [Int32?] {
        bench.finish()
        return bench.summaries(of: device).map(\.changes)
    }

    @Test func changesOfAState() {
        let device = device(FurtherStatistics(countsChanges: true))
        send([(0, 1), (10, 1), (20, 0), (30, 1), (59, 1), (60, 1), (70, 2)], to: device)
        #expect(changes(device) == [2, 1])
    }

    @Test func whatNobodyAsksForIsNotCounted() {
        let device = device(FurtherStatistics())
        send([(0, 1), (10, 2)], to: device)
        #expect(changes(device) == [nil])
        #expect(bench.frames.allSatisfy { $0.quantiles.isEmpty })
    }

    /// The change from one window to the next belongs to the later one.
    @Test func aChangeBetweenWindowsIsCountedOnce() {
        let device = device(FurtherStatistics(countsChanges: true))
        send([(0, 1), (60, 2), (120, 2), (180, 1)], to: device)
        #expect(changes(device) == [0, 1, 0, 1])
    }

    @Test func crossingsOfALevel() {
        let device = device(FurtherStatistics(crossingsOf: 5))
        // At the level is above it.
        send([(0, 4), (5, 4.5), (10, 5), (20, 9), (30, 4), (40, 6)], to: device)
        #expect(changes(device) == [3])
    }

    /// In any order, and over many more readings than are kept.
    @Test(arguments: 1...20)
    func changesAndRatesInAnyOrder(seed: UInt64) {
        var random = Random(seed: seed)
        let kept = RecentReadings.kept
        let values = (0..<60).map { _ in Double(random.below(3)) }
        let state = device(FurtherStatistics(countsChanges: true))
        let counter = device(FurtherStatistics(isCounter: true, wantsQuantiles: true))
        var total = 0.0
        var order = Array(0..<60)
        // Neighbours change places only while both are among the latest.
        for start in stride(from: 0, to: 60, by: kept / 2) {
            for index in 0..<kept / 2 {
                order.swapAt(start + index, start + random.below(kept / 2))
            }
        }
        let totals = values.map { value in
            total += value
            return total
        }
        for index in order {
            send([(Int64(index), values[index])], to: state)
            send([(Int64(index), totals[index])], to: counter)
        }
        let expected = zip(values, values.dropFirst()).count { $0 != $1 }
        #expect(changes(state) == [Int32(expected)])
        let rates = bench.summaries(of: counter)[0]
        #expect(rates.count == 59)
        #expect(abs(rates.mean - (totals[59] - totals[0]) / 59) <= 1e-12)
        #expect(
            rates.minimum == values.dropFirst().min() && rates.maximum == values.dropFirst().max())
    }

    @Test func aCounterHasARate() throws {
        let device = device(FurtherStatistics(isCounter: true))
        send([(0, 100), (10, 120), (20, 160), (40, 160), (60, 180), (90, 240)], to: device)
        bench.finish()
        let rates = bench.summaries(of: device)
        // 2 and 4 a second, then none; the step into the second window is the second window's.
        #expect(rates.map(\.count) == [3, 2])
        #expect(rates.map(\.mean) == [2, 1.5])
        #expect(rates.map(\.minimum) == [0, 1] && rates.map(\.maximum) == [4, 2])
        #expect(rates.map(\.first) == [2, 1] && rates.map(\.last) == [0, 2])
        let slope = try #require(rates[1].slope)
        #expect(abs(slope - 1.0 / 30) <= 1e-12)
    }

    @Test func aCounterBeginsAgainAtZero() {
        let device = device(FurtherStatistics(isCounter: true))
        send([(0, 1_000), (10, 1_010), (20, 5), (30, 15)], to: device)
        bench.finish()
        let rates = bench.summaries(of: device)[0]
        #expect(rates.count == 3 && rates.minimum == 0.5 && rates.maximum == 1)
        #expect(rates.first == 1 && rates.last == 1)
    }

    /// One reading alone says nothing, and one a window is enough.
    @Test func aSlowCounter() {
        let device = device(FurtherStatistics(isCounter: true))
        send([(30, 10), (90, 70), (150, 190)], to: device)
        bench.finish()
        #expect(bench.frames.count == 3)
        #expect(bench.summaries(of: device).map(\.mean) == [1, 2])
    }

    /// A late reading moves the beginning of the next rate, and says nothing itself.
    @Test func aLateReadingOfACounter() {
        let counter = device(FurtherStatistics(isCounter: true))
        let gauge = device(FurtherStatistics())
        send([(0, 0), (30, 30)], to: counter)
        bench.finish()
        #expect(bench.takeLate(90, at: 50, of: counter))
        #expect(bench.takeLate(30, at: 20, of: counter))
        #expect(!bench.takeLate(30, at: 20, of: gauge))
        bench.send(110, to: counter, at: 60, arrival: 1_000)
        bench.finish()
        #expect(bench.summaries(of: counter).map(\.mean) == [1, 2])
    }

    @Test(arguments: [
        FurtherStatistics(countsChanges: true), FurtherStatistics(crossingsOf: 0.5),
        FurtherStatistics(isCounter: true),
        FurtherStatistics(isCounter: true, wantsQuantiles: true),
        FurtherStatistics(wantsQuantiles: true),
    ])
    func aRestartChangesNothing(statistics: FurtherStatistics) throws {
        func frames(restarting: Bool) throws -> [WindowFrame] {
            let bench = WindowBench()
            let device = bench.addDevice(Self.policy, signals: 2)
            bench.setStatistics(statistics, of: device)
            var random = Random(seed: 4)
            for second in 0..<Int64(400) {
                let value = Double(random.below(2)) + (statistics.isCounter ? Double(second) : 0)
                bench.send(value, to: device, at: second)
                if restarting, second % 50 == 17 {
                    try bench.restart(device, Self.policy, statistics: statistics)
                }
            }
            bench.finish()
            return bench.frames
        }
        let whole = try frames(restarting: false)
        #expect(whole.count == 7)
        #expect(whole.allSatisfy { statistics.wantsQuantiles == !$0.quantiles.isEmpty })
        #expect(try frames(restarting: true) == whole)
    }

    /// Nobody else knows that a signal is a boolean.
    @Test func aBooleanIsKnownAfterARestart() throws {
        let device = device(FurtherStatistics(countsChanges: true))
        send([(0, 1), (1, 0)], to: device)
        try bench.restart(device, Self.policy)
        #expect(bench.statistics(of: device).countsChanges)
        #expect(changes(device) == [1])
    }

    /// Steps that were committed after the checkpoint have closed what is open in it.
    @Test func whatACommittedStepHasClosedIsOnlyPassed() {
        let device = device(FurtherStatistics(isCounter: true))
        for second in 0..<Int64(100) { bench.send(Double(second), to: device, at: second) }
        bench.forget(device, windowStarting: 0)
        bench.send(220, to: device, at: 120)
        bench.finish()
        let rates = bench.summaries(of: device)
        #expect(rates.map(\.count) == [40, 1])
        #expect(rates[0].mean == 1 && rates[1].mean == (220.0 - 99) / 21)
    }

    @Test func aCounterThatBecomesAGaugeBeginsAnew() {
        let device = device(FurtherStatistics(isCounter: true))
        send([(0, 10), (10, 20)], to: device)
        bench.finish()
        bench.setStatistics(FurtherStatistics(), of: device)
        bench.send(500, to: device, at: 60, arrival: 1_000)
        bench.finish()
        #expect(bench.summaries(of: device).map(\.mean) == [1, 500])
    }
}
