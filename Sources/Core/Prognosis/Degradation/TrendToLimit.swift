import Primitives

/// Remaining life of one signal that walks towards its limit.
///
/// What comes in: one deviation (in baseline standard deviations, the median of a block of windows)
/// every four hours, and the deviation at which the limit lies. The trend is followed in
/// `y = ln(z + 3)`: wear accelerates, so its logarithm is closer to a straight line, and noise that
/// grows with the excursion becomes constant. The time to the limit is the first passage of the
/// filtered trend, with the uncertainty of slope, level and limit integrated numerically.
///
/// It stays silent unless the evidence carries a date: the level beyond ``onsetDeviation``, the
/// slope positive with 95 % probability, both twice in a row, and the whole interval inside
/// ``farthest``: a trend that may as well take years is no date.
struct TrendToLimit: Equatable, Sendable {
    static let offset = 3.0
    /// Level, in baseline standard deviations, from which a date is considered.
    static let onsetDeviation = 3.0
    static let risingProbability = 0.95
    static let stayingProbability = 0.5
    static let minimumBlocks = 6
    /// No date further away than this is published, hours.
    static let farthest = 24.0 * 365
    /// Uncertainty of the limit itself, in y.
    static let limitDeviation = 0.12

    private var bank: TrendBank?
    private var lastBlock: Timestamp?
    private var limit: Double = 0
    private var passes = 0
    private let interval: Double

    init(typicalFailureInterval: TimeSpan) {
        interval = max(typicalFailureInterval.hours, 1)
    }

    static func logarithmic(_ deviation: Double) -> Double {
        Math.log(max(deviation, 0.5 - offset) + offset)
    }

    /// Takes the median deviation of a block that ended at `end`.
    mutating func update(
        deviation: Double, limitDeviation: Double, at end: Timestamp
    ) {
        let observed = Self.logarithmic(deviation)
        limit = Self.logarithmic(max(limitDeviation, 1))
        if bank == nil {
            bank = TrendBank(
                level: observed, distance: limit - observed, interval: interval)
        } else if let lastBlock {
            bank?.update(observed, after: max((end - lastBlock).hours, 0.01))
        }
        lastBlock = end
        guard let bank else { return }
        // What has been dated keeps its date until the slope is in real doubt.
        let certainty = isDated ? Self.stayingProbability : Self.risingProbability
        let isRising =
            bank.updates >= Self.minimumBlocks
            && bank.level >= Self.logarithmic(Self.onsetDeviation)
            && bank.risingProbability >= certainty
        passes = isRising ? passes + 1 : 0
    }

    /// P(limit reached within `hours` of the last block); meaningful also while no date is given.
    func probability(within hours: Double) -> Double {
        guard let bank else { return 0 }
        var total = 0.0
        for (weight, filter) in zip(bank.weights, bank.filters) {
            total += weight * probability(within: hours, filter: filter, bank: bank)
        }
        return min(max(total, 0), 1)
    }

    private func probability(
        within hours: Double, filter: TrendFilter, bank: TrendBank
    ) -> Double {
        let levelDeviation = Math.squareRoot(
            filter.levelVariance + Self.limitDeviation * Self.limitDeviation)
        let varianceRate = 0.05 * bank.observationVariance
        // Wear that has begun does not heal: no drift below a fraction of the typical one.
        let slowest = 0.15 * max(limit - Self.logarithmic(0), 0.1) / interval
        // The slope goes on wandering until the limit is reached, and no longer: a doubt that grew
        // on behind that would make a longer look ahead less probable.
        let passage = max(limit - filter.level, 0.03) / max(filter.slope, slowest)
        let ahead = min(hours, passage, interval) / 3
        let slopeDeviation = Math.squareRoot(filter.slopeVariance + filter.slopeNoise * ahead)
        var sum = 0.0
        for (level, levelWeight) in Self.levelNodes {
            let distance = max(limit + level * levelDeviation - filter.level, 0.03)
            for (slope, slopeWeight) in Self.slopeNodes {
                sum +=
                    levelWeight * slopeWeight
                    * FirstPassage.probability(
                        within: hours, distance: distance,
                        drift: max(filter.slope + slope * slopeDeviation, slowest),
                        varianceRate: varianceRate)
            }
        }
        return sum
    }

    /// Gauss-Hermite nodes and weights for the standard normal, three and five points.
    private static let levelNodes = [
        (-1.732_050_8, 1.0 / 6), (0.0, 2.0 / 3), (1.732_050_8, 1.0 / 6),
    ]
    private static let slopeNodes = [
        (-2.856_970, 0.011_257_4), (-1.355_626, 0.222_075_9), (0.0, 0.533_333_3),
        (1.355_626, 0.222_075_9), (2.856_970, 0.011_257_4),
    ]

    /// Remaining life in hours after the last block, or `nil` where the evidence carries no date.
    var remaining: RemainingLife? {
        guard passes >= 2, let p05 = quantile(0.05), let p50 = quantile(0.5),
            let p95 = quantile(0.95)
        else { return nil }
        return RemainingLife(
            p05: TimeSpan(secondsRounded: 3_600 * p05), p50: TimeSpan(secondsRounded: 3_600 * p50),
            p95: TimeSpan(secondsRounded: 3_600 * p95))
    }

    var isDated: Bool { passes >= 2 }

    /// Hours at which the probability reaches `share`; `nil` beyond ``farthest``. By bisection: the
    /// distribution function is monotone.
    private func quantile(_ share: Double) -> Double? {
        if probability(within: Self.farthest) < share { return nil }
        var low = 0.0
        var high = Self.farthest
        for _ in 0..<40 where high - low > 0.01 {
            let middle = (low + high) / 2
            if probability(within: middle) >= share { high = middle } else { low = middle }
        }
        return high
    }
}

extension TrendToLimit {
    func encode(into state: inout StateWriter) {
        state.put(bank) { $1.encode(into: &$0) }
        state.put(lastBlock) { $0.put($1) }
        state.put(limit)
        state.put(passes)
    }

    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        bank = try state.optional { (state) throws(StateFailure) in try TrendBank(from: &state) }
        lastBlock = try state.optional { (state) throws(StateFailure) in try state.timestamp() }
        limit = try state.double()
        passes = try state.int()
    }
}
