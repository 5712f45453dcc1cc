import Primitives

/// How rare a deviation of this size is: its tail probability, from a tracked quantile of 95 % and
/// the mean excess of the logarithms beyond it (B. M. Hill, A simple general approach to inference
/// about the tail of a distribution, Annals of Statistics 3, 1975).
struct TailExcess: Equatable, Sendable {
    /// The quantile; sum of squares during the first values.
    private var quantile = 0.0
    /// A typical size; sum during the first values.
    private var scale = 0.0
    /// Mean of the logarithms of how many times the quantile those beyond it were.
    private var excess = 0.0
    private var beyond = 0.0

    /// Values the first quantile comes from.
    private static let first = 64
    /// What one power of ten counts, and how many do at most.
    private static let weight = 0.0375
    private static let powersMost = 8.0

    /// How much the deviation counts, in [0, 0.3], and takes it in; `count` are those before it.
    mutating func take(_ deviation: Double, count: Int) -> Double {
        guard count >= Self.first else {
            scale += deviation
            quantile += deviation * deviation
            if count == Self.first - 1 { fit() }
            return 0
        }
        var powers = 0.0
        if deviation > quantile, quantile > 0 {
            let times = Math.log(deviation / quantile)
            powers = 1.30103 + times / max(excess, 0.02) / 2.302585
            beyond += 1
            excess += max(0.02, 1 / (beyond + 4)) * (min(times, 4 * excess + 0.1) - excess)
        }
        scale += 0.002 * (min(deviation, 5 * scale + 1e-12) - scale)
        quantile += 0.004 * scale * (deviation > quantile ? 0.95 : -0.05)
        if quantile < 1e-9 * scale { quantile = 1e-9 * scale }
        return min(powers, Self.powersMost) * Self.weight
    }

    private mutating func fit() {
        let mean = scale / Double(Self.first)
        let variance = max(quantile / Double(Self.first) - mean * mean, 0)
        quantile = max(mean + 1.645 * variance.squareRoot(), 1e-12)
        scale = mean + 1e-12
        excess = 0.5
    }
}

extension TailExcess {
    func encode(into state: inout StateWriter) {
        for value in [quantile, scale, excess, beyond] { state.put(value) }
    }

    init(from state: inout StateReader) throws(StateFailure) {
        quantile = try state.double()
        scale = try state.double()
        excess = try state.double()
        beyond = try state.double()
        guard quantile.isFinite, scale.isFinite, excess.isFinite, beyond >= 0 else {
            throw .invalid("tail of records")
        }
    }
}
