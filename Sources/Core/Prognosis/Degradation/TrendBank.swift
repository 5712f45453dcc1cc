import Primitives

/// Three trend filters of different agility, mixed by how well each has predicted lately.
///
/// Wear may end in four days or in forty; one memory length is wrong for most. Each filter assumes
/// another time scale, and their weights follow their predictive likelihood with forgetting
/// (dynamic model averaging; Raftery, Karny, Ettler, Technometrics 52, 2010).
struct TrendBank: Equatable, Sendable {
    /// Time scales of the filters as a share of the typical failure interval.
    static let scales = [0.15, 0.4, 1.0]
    /// Exponent on the old weights at each update.
    static let forgetting = 0.98
    /// The observation variance is kept inside this range.
    static let observationRange = 1e-4...0.25

    private(set) var filters: [TrendFilter]
    private(set) var weights: [Double]
    private(set) var observationVariance: Double
    private(set) var updates = 1

    /// `distance` is how far the level must rise to the limit, `interval` the typical hours that
    /// takes once it has begun.
    init(level: Double, distance: Double, interval: Double) {
        let variance = 0.02
        observationVariance = variance
        filters = Self.scales.map { scale in
            TrendFilter(
                level: level, observationVariance: variance,
                slopeDeviation: max(distance, 0.1) / (scale * interval),
                memory: scale * interval)
        }
        weights = Self.scales.map { _ in 1 / Double(Self.scales.count) }
    }

    mutating func update(_ observed: Double, after hours: Double) {
        updates += 1
        let innovation = observed - level - slope * hours
        let innovationVariance = zip(weights, filters).reduce(observationVariance) {
            $0 + $1.0 * ($1.1.levelVariance + hours * hours * $1.1.slopeVariance)
        }
        var likelihoods: [Double] = []
        for index in filters.indices {
            likelihoods.append(
                filters[index].update(
                    observed, after: hours, observationVariance: observationVariance))
        }
        let best = likelihoods.reduce(-Double.infinity, max)
        var total = 0.0
        for index in weights.indices {
            let prior = Math.power(weights[index], Self.forgetting)
            weights[index] = prior * Math.exp(likelihoods[index] - best) + 1e-4
            total += weights[index]
        }
        for index in weights.indices { weights[index] /= total }
        // What the bank could not foresee, beyond its own uncertainty, is noise.
        let expected = innovationVariance - observationVariance
        let excess = max(innovation * innovation - expected, 0.1 * observationVariance)
        observationVariance += 0.04 * (min(excess, 9 * observationVariance) - observationVariance)
        observationVariance = min(
            max(observationVariance, Self.observationRange.lowerBound),
            Self.observationRange.upperBound)
    }

    var level: Double {
        zip(weights, filters).reduce(0) { $0 + $1.0 * $1.1.level }
    }

    var slope: Double {
        zip(weights, filters).reduce(0) { $0 + $1.0 * $1.1.slope }
    }

    /// P(slope > 0).
    var risingProbability: Double {
        zip(weights, filters).reduce(0) { sum, pair in
            sum + pair.0
                * Math.normalCDF(pair.1.slope / Math.squareRoot(max(pair.1.slopeVariance, 1e-30)))
        }
    }
}

extension TrendBank {
    func encode(into state: inout StateWriter) {
        state.put(each: filters) { $1.encode(into: &$0) }
        state.put(weights)
        state.put(observationVariance)
        state.put(updates)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        filters = try state.array { (state) throws(StateFailure) in
            try TrendFilter(from: &state)
        }
        weights = try state.doubles()
        observationVariance = try state.double()
        updates = try state.int()
        guard filters.count == Self.scales.count, weights.count == filters.count else {
            throw .invalid("trend bank")
        }
    }
}
