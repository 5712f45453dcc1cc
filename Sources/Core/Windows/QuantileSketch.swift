import Primitives

/// Quantiles of a stream in little room: a merging t-digest (T. Dunning and O. Ertl, Computing
/// extremely accurate quantiles using t-digests, arXiv:1902.04023, 2019) with the scale function
/// k1, which keeps the centroids at both ends small.
///
/// The same values in the same order give the same bits. Up to about ``compression`` / 4 values are
/// kept as they are, so that quantiles of few readings are exact up to interpolation; of many, a
/// quantile q is off by less than a centroid there holds of them, a share of 2 pi / ``compression``
/// * sqrt(q (1 - q)): 0.3 % for p99.
struct QuantileSketch: Sendable {
    /// Twice the number of centroids, about.
    static let compression = 200.0
    /// Values that wait to be merged; sorted together they cost less each.
    private static let waitingMost = 256

    private struct Centroid: Sendable {
        var mean: Double
        var weight: Double
    }

    /// In order.
    private var centroids: [Centroid] = []
    private var waiting: [Double] = []
    private var minimum = Double.infinity
    private var maximum = -Double.infinity
    private var merged = 0.0

    var isEmpty: Bool { merged == 0 && waiting.isEmpty }

    mutating func add(_ value: Double) {
        waiting.append(value)
        minimum = min(minimum, value)
        maximum = max(maximum, value)
        if waiting.count >= Self.waitingMost { merge() }
    }

    /// Takes up what waits: one pass over all in order, in which neighbours become one centroid as
    /// long as it stays within one unit of the scale.
    private mutating func merge() {
        guard !waiting.isEmpty else { return }
        waiting.sort()
        let total = merged + Double(waiting.count)
        var result: [Centroid] = []
        var before = 0.0
        var most = Self.share(after: 0) * total
        var old = 0
        var new = 0
        while old < centroids.count || new < waiting.count {
            let isOld =
                new == waiting.count
                || old < centroids.count && centroids[old].mean <= waiting[new]
            let next = isOld ? centroids[old] : Centroid(mean: waiting[new], weight: 1)
            if isOld { old += 1 } else { new += 1 }
            guard let current = result.last, before + current.weight + next.weight <= most else {
                if let current = result.last {
                    before += current.weight
                    most = Self.share(after: before / total) * total
                }
                result.append(next)
                continue
            }
            let weight = current.weight + next.weight
            result[result.count - 1] = Centroid(
                mean: current.mean + (next.mean - current.mean) * (next.weight / weight),
                weight: weight)
        }
        centroids = result
        merged = total
        waiting.removeAll(keepingCapacity: true)
    }

    /// The share of the values up to which a centroid may reach that begins after `share` of them:
    /// one unit of k1(q) = compression / 2 pi * asin(2 q - 1) further.
    private static func share(after share: Double) -> Double {
        let angle = Math.arcSine(min(1, max(-1, 2 * share - 1))) + 2 * .pi / compression
        return angle >= .pi / 2 ? 1 : (Math.sine(angle) + 1) / 2
    }

    /// The values of these shares, each between 0 and 1: linear between the middles of centroids,
    /// and from there to the least and the greatest value. At least one value was added.
    func quantiles(_ shares: [Double]) -> [Double] {
        var whole = self
        whole.merge()
        return shares.map(whole.value)
    }

    private func value(_ share: Double) -> Double {
        let rank = share * merged
        var before = 0.0
        var low = (rank: 0.0, value: minimum)
        for centroid in centroids {
            let middle = (rank: before + centroid.weight / 2, value: centroid.mean)
            if rank <= middle.rank { return Self.between(low, middle, rank) }
            before += centroid.weight
            low = middle
        }
        return Self.between(low, (merged, maximum), rank)
    }

    private static func between(
        _ low: (rank: Double, value: Double), _ high: (rank: Double, value: Double), _ rank: Double
    ) -> Double {
        guard high.rank > low.rank else { return low.value }
        let part = min(1, max(0, (rank - low.rank) / (high.rank - low.rank)))
        return low.value + (high.value - low.value) * part
    }
}

extension QuantileSketch {
    func encode(into state: inout StateWriter) {
        state.put(centroids.map(\.mean))
        state.put(centroids.map(\.weight))
        state.put(waiting)
        state.put(minimum)
        state.put(maximum)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        let means = try state.doubles()
        let weights = try state.doubles()
        waiting = try state.doubles()
        minimum = try state.double()
        maximum = try state.double()
        guard means.count == weights.count, weights.allSatisfy({ $0 >= 1 }),
            waiting.count < Self.waitingMost,
            zip(means, means.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw .invalid("quantiles") }
        centroids = zip(means, weights).map { Centroid(mean: $0, weight: $1) }
        merged = weights.reduce(0, +)
    }
}
