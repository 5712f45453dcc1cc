import Primitives
import Testing

@testable import Prognosis

/// The inverse Gaussian distribution, against numeric integration of its density.
@Suite struct FirstPassageTests {
    /// Density of the first passage: `d / sqrt(2 pi s2 t^3) exp(-(d - mu t)^2 / (2 s2 t))`.
    private func density(_ t: Double, _ d: Double, _ mu: Double, _ s2: Double) -> Double {
        let miss = d - mu * t
        return d / Math.squareRoot(2 * .pi * s2 * t * t * t) * Math.exp(-miss * miss / (2 * s2 * t))
    }

    /// Simpson's rule over `u = ln t`, where the density is smooth.
    private func integral(to time: Double, _ d: Double, _ mu: Double, _ s2: Double) -> Double {
        let steps = 40_000
        let low = Math.log(time) - 40
        let width = 40 / Double(steps)
        var sum = 0.0
        for index in 0...steps {
            let t = Math.exp(low + width * Double(index))
            let weight = index == 0 || index == steps ? 1.0 : (index % 2 == 1 ? 4 : 2)
            sum += weight * t * density(t, d, mu, s2)
        }
        return sum * width / 3
    }

    @Test(arguments: [
        (1.0, 1.0, 1.0, 1.0), (1, 1, 1, 0.1), (10, 1, 1, 0.1), (10, 2, 0.1, 0.5), (100, 2, 0, 0.5),
        (50, 1, -0.05, 0.1), (5, 3, 1, 0.2), (700, 0.7, 0.002, 0.001), (48, 0.03, 0.01, 0.012),
    ])
    func equalsTheIntegralOfItsDensity(_ t: Double, _ d: Double, _ mu: Double, _ s2: Double) {
        let found = FirstPassage.probability(within: t, distance: d, drift: mu, varianceRate: s2)
        let expected = integral(to: t, d, mu, s2)
        #expect(abs(found - expected) < 1e-6, "\(found), integral \(expected)")
    }

    @Test func risesWithTime() {
        var random = Random(seed: 31)
        for _ in 0..<300 {
            let d = 0.03 + 3 * random.uniform()
            let mu = 0.2 * (random.uniform() - 0.3)
            let s2 = Math.power(10, -6 + 6 * random.uniform())
            var last = 0.0
            for step in 0...60 {
                let p = FirstPassage.probability(
                    within: Math.power(10, -2 + 0.1 * Double(step)), distance: d, drift: mu,
                    varianceRate: s2)
                #expect(p >= last - 1e-12 && p <= 1, "d \(d) mu \(mu) s2 \(s2), seed 31")
                last = p
            }
        }
    }

    /// Against the drift the limit may never be reached: P(ever) = exp(2 mu d / s2).
    @Test(arguments: [(1.0, -0.5, 1.0), (2, -0.1, 0.5), (0.5, -0.01, 0.1)])
    func isDefectiveAgainstTheDrift(_ d: Double, _ mu: Double, _ s2: Double) {
        let ever = FirstPassage.probability(
            within: 1e9, distance: d, drift: mu, varianceRate: s2)
        #expect(abs(ever - Math.exp(2 * mu * d / s2)) < 1e-9)
    }

    @Test(arguments: [
        (1.0, 0.0, 1.0, 1.0, 1.0), (1, -1, 1, 1, 1), (0, 1, 1, 1, 0), (-5, 1, 1, 1, 0),
        // Exponents of 2e9 and more: almost no noise, the limit is reached at d / mu = 10.
        (10.1, 10, 1, 1e-8, 1), (9.9, 10, 1, 1e-8, 0), (1e6, 10, 1e-3, 1e-12, 1),
        (1e300, 1, 1, 1e-300, 1), (1e-300, 1, 1, 1, 0), (1, 1, -1e200, 1, 0),
        (1, 1e150, 1e150, 1e-9, 1),
    ])
    func extremes(
        _ t: Double, _ d: Double, _ mu: Double, _ s2: Double, _ expected: Double
    ) {
        let p = FirstPassage.probability(within: t, distance: d, drift: mu, varianceRate: s2)
        #expect(p >= 0 && p <= 1, "\(p)")
        if d < 1e100 { #expect(abs(p - expected) < 1e-9, "\(p)") }
    }
}
