import Primitives
import Testing

@Suite struct MathTests {
    /// Reference values: Abramowitz & Stegun table 26.1, and for the far tail the value of
    /// log Phi(-10) = -53.23128515051247 and log Phi(-40) = -804.6084420137538 (mpmath, 30 digits).
    @Test func normalDistribution() {
        #expect(Math.normalCDF(0) == 0.5)
        #expect(abs(Math.normalCDF(1) - 0.841_344_746_068_543) < 1e-12)
        #expect(abs(Math.normalCDF(-3) - 0.001_349_898_031_630) < 1e-12)
        #expect(abs(Math.logNormalCDF(-10) + 53.231_285_150_512_47) < 1e-5)
        #expect(abs(Math.logNormalCDF(-40) + 804.608_442_013_753_8) < 1e-6)
        #expect(abs(Math.logNormalCDF(-7.99) - Math.logNormalCDF(-8.01)) < 0.2)
    }

    @Test func randomIsReproducibleAndUniform() {
        var first = Random(seed: 7)
        var second = Random(seed: 7)
        var sum = 0.0
        var square = 0.0
        for _ in 0..<100_000 {
            let draw = first.normal()
            #expect(draw == second.normal())
            sum += draw
            square += draw * draw
        }
        #expect(abs(sum / 100_000) < 0.02)
        #expect(abs(square / 100_000 - 1) < 0.03)
        for _ in 0..<1_000 { #expect((0..<6).contains(first.below(6))) }
    }
}
