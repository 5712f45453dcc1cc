import Primitives

/// When a wandering, drifting level first reaches a limit: the inverse Gaussian distribution
/// (first passage of a Wiener process with drift; Folks & Chhikara, JRSS B 40, 1978).
enum FirstPassage {
    /// P(first passage <= t) for distance `d > 0`, drift `mu` and variance rate `s2 > 0`:
    /// `Phi((mu t - d)/sqrt(s2 t)) + exp(2 mu d / s2) Phi(-(mu t + d)/sqrt(s2 t))`.
    /// With `mu <= 0` the distribution is defective: the limit may never be reached.
    static func probability(
        within time: Double, distance: Double, drift: Double, varianceRate: Double
    ) -> Double {
        if distance <= 0 { return 1 }
        if time <= 0 { return 0 }
        let root = Math.squareRoot(varianceRate * time)
        let direct = Math.normalCDF((drift * time - distance) / root)
        let exponent = 2 * drift * distance / varianceRate
        let reflected = exponent + Math.logNormalCDF(-(drift * time + distance) / root)
        // Both terms in logarithms: the factor alone overflows where the product is tiny.
        let second = reflected > -700 ? Math.exp(min(reflected, 0)) : 0
        return min(1, direct + second)
    }
}
