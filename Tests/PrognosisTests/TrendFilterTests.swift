import Primitives
import Testing

@testable import Prognosis

/// The unrolled filter against full matrices, and the bank of three.
@Suite struct TrendFilterTests {
    /// Random observations at irregular times, from one hour to two months apart.
    @Test(arguments: 1...5)
    func equalsDenseMatrices(_ seed: UInt64) {
        var random = Random(seed: seed)
        let variance = 0.02
        let slopeDeviation = 0.004
        let memory = 100.0 * Double(seed)
        var filter = TrendFilter(
            level: 1.1, observationVariance: variance, slopeDeviation: slopeDeviation,
            memory: memory)
        let slopeNoise = slopeDeviation * slopeDeviation / (4 * memory)
        #expect(filter.slopeNoise == slopeNoise)
        var dense = DenseKalman(
            state: [1.1, 0, 0],
            covariance: [
                [variance, 0, 0], [0, slopeDeviation * slopeDeviation, 0], [0, 0, variance / 2],
            ])
        for step in 0..<400 {
            let hours = step % 50 == 49 ? 1_500 : 1 + 8 * random.uniform()
            let noise = 0.01 + 0.05 * random.uniform()
            let observed = 1 + 0.003 * Double(step) + 0.3 * random.normal()
            let fading = Math.exp(-hours / 18)
            dense.predict(
                transition: [[1, hours, 0], [0, 1, 0], [0, 0, fading]],
                noise: [
                    [slopeNoise * hours * hours * hours / 3, slopeNoise * hours * hours / 2, 0],
                    [slopeNoise * hours * hours / 2, slopeNoise * hours, 0],
                    [0, 0, (1 - fading * fading) * noise / 2],
                ])
            let seen = dense.observe(observed, row: [1, 0, 1], noise: noise / 2)
            let likelihood = filter.update(observed, after: hours, observationVariance: noise)
            let expected =
                -0.5
                * (Math.log(seen.variance) + seen.innovation * seen.innovation / seen.variance)
            let differences = [
                filter.level - dense.state[0], filter.slope - dense.state[1],
                filter.levelVariance - dense.covariance[0][0],
                filter.slopeVariance - dense.covariance[1][1], likelihood - expected,
            ]
            guard differences.allSatisfy({ abs($0) < 1e-9 }) else {
                Issue.record("step \(step), seed \(seed): \(differences)")
                return
            }
        }
    }

    /// Variances stay positive through a year of blocks without any new information.
    @Test func variancesStayPositive() {
        var filter = TrendFilter(
            level: 0, observationVariance: 1e-4, slopeDeviation: 1, memory: 1)
        for _ in 0..<2_000 {
            let likelihood = filter.update(0, after: 4, observationVariance: 1e-4)
            #expect(likelihood.isFinite)
            #expect(filter.levelVariance > 0 && filter.slopeVariance > 0)
        }
    }

    @Test(arguments: [0.0, 0.002, 0.02])
    func theBankFindsTheSlope(_ slope: Double) {
        var random = Random(seed: 4)
        var bank = TrendBank(level: 1, distance: 2, interval: 720)
        for block in 1...200 {
            bank.update(1 + slope * 4 * Double(block) + 0.1 * random.normal(), after: 4)
            let total = bank.weights.reduce(0, +)
            #expect(abs(total - 1) < 1e-12)
            #expect(bank.weights.allSatisfy { $0 > 0 && $0 < 1 })
            #expect(TrendBank.observationRange.contains(bank.observationVariance))
            #expect((0...1).contains(bank.risingProbability))
        }
        #expect(abs(bank.slope - slope) < 0.001, "\(bank.slope)")
        #expect(abs(bank.level - (1 + 800 * slope)) < 0.15, "\(bank.level)")
        if slope > 0 { #expect(bank.risingProbability > 0.95) }
        #expect(bank.updates == 201)
    }

    /// Absurd observations neither break the weights nor the bounds of the noise.
    @Test func theBankSurvivesAnything() {
        var bank = TrendBank(level: 1, distance: -5, interval: 720)
        for observed in [1e6, -1e6, 0, 1e12, 0, 0, 1] {
            bank.update(observed, after: 0.01)
            bank.update(observed, after: 1e5)
            #expect(abs(bank.weights.reduce(0, +) - 1) < 1e-9, "\(bank.weights)")
            #expect(TrendBank.observationRange.contains(bank.observationVariance))
            #expect(bank.level.isFinite && bank.slope.isFinite)
        }
    }
}
