import Primitives

/// The commissioned state of some sensors, frozen: what is usual, in what units distances are
/// counted, and the inverse of the correlations.
///
/// A sensor that wanders, as temperatures do, shows only part of that while commissioning; its unit
/// is widened by how much more it scatters than white noise of the same successive differences
/// would. Correlations are shrunk towards none by as much as the few vectors leave them uncertain
/// (O. Ledoit and M. Wolf, A well-conditioned estimator for large-dimensional covariance matrices,
/// 2004, with a simple rule for the intensity).
struct StateModel: Equatable, Sendable {
    let means: [Double]
    /// One over the unit of each sensor.
    private let weights: [Double]
    /// Inverse correlations: the upper triangle, row after row.
    private var inverse: [Double]
    private let contrastMeans: [Double]
    private var contrastWeights: [Double]

    /// Wandering at which a sensor counts 0.7 times as much.
    private static let wanderScale = 5.0
    /// Units a sensor is off at most.
    private static let most = 60.0
    /// Mean distance of two values of normal noise, inverted: 0.8862 is half the root of pi.
    private static let noisePerStep = 0.8862

    init(_ moments: StateMoments) {
        let width = moments.width
        let count = Double(moments.count)
        means = moments.means
        contrastMeans = moments.contrastMeans
        var weights: [Double] = []
        var contrastWeights: [Double] = []
        var deviations: [Double] = []
        for sensor in 0..<width {
            let tiny = 1e-9 + 1e-6 * means[sensor].magnitude
            let noise = moments.steps[sensor] * Self.noisePerStep
            let deviation = (moments.products[Self.diagonal(sensor, width)] / count).squareRoot()
            deviations.append(max(deviation, tiny))
            // Never moved: only a gross change counts.
            weights.append(
                moments.steps[sensor] == 0
                    ? 1 / max(0.01 * means[sensor].magnitude, 1e-9)
                    : 1 / Self.unit(deviation, white: noise * Self.smoothShare, tiny: tiny))
            contrastWeights.append(
                1
                    / Self.unit(
                        (moments.contrastSquares[sensor] / count).squareRoot(),
                        white: noise * Self.contrastShare, tiny: tiny))
        }
        self.weights = weights
        self.contrastWeights = contrastWeights
        let rate = SensorFilter.smoothRate
        let effective = count * rate / (2 - rate)
        let size = Double(width + 1)
        inverse = CorrelationInverse.triangle(
            of: moments.products.map { $0 / count }, deviations: deviations,
            shrinkage: max(0.05, size / (size + effective)))
    }

    /// Deviation of smoothed white noise, and of the difference of two such, as shares of its own.
    private static let smoothShare =
        (SensorFilter.smoothRate / (2 - SensorFilter.smoothRate)).squareRoot()
    private static let contrastShare: Double = {
        let (fast, slow) = (SensorFilter.fastRate, SensorFilter.slowRate)
        let common = 2 * fast * slow / (fast + slow - fast * slow)
        return (fast / (2 - fast) + slow / (2 - slow) - common).squareRoot()
    }()

    private static func unit(_ deviation: Double, white: Double, tiny: Double) -> Double {
        let scale = max(deviation, white, tiny)
        let wander = white > tiny ? scale / white : 1
        let share = wander / wanderScale
        return scale * (1 + share * share).squareRoot()
    }

    /// Place of a diagonal element in a triangle.
    static func diagonal(_ row: Int, _ width: Int) -> Int {
        row * width - row * (row - 1) / 2
    }

    /// The same without a sensor, which then adds nothing: the inverse of what is left of a matrix
    /// follows from the inverse of the whole (block inversion, I. Schur 1917).
    mutating func leave(out sensor: Int) {
        let width = means.count
        let own = inverse[Self.diagonal(sensor, width)]
        contrastWeights[sensor] = 0
        guard own > 0 else { return }
        let column = (0..<width).map { other in
            let (row, place) = (min(sensor, other), max(sensor, other))
            return inverse[Self.diagonal(row, width) + place - row]
        }
        var place = 0
        for row in 0..<width {
            for other in row..<width {
                inverse[place] -= column[row] * column[other] / own
                if row == sensor || other == sensor { inverse[place] = 0 }
                place += 1
            }
        }
    }

    // MARK: Judging

    /// Of the smoothed vector from the commissioned state, in standard deviations.
    func distance(of filter: SensorFilter) -> Double {
        var sum = 0.0
        forEachContribution(of: filter) { sum += $1 }
        return max(0, sum).squareRoot()
    }

    func contributions(of filter: SensorFilter) -> [Double] {
        var found = [Double](repeating: 0, count: means.count)
        forEachContribution(of: filter) { found[$0] = $1 }
        return found
    }

    /// A sensor's deviation times the sum of all, weighted by the inverse correlations.
    private func forEachContribution(
        of filter: SensorFilter, _ body: (Int, Double) -> Void
    ) {
        let width = means.count
        // The deviations, then the sums.
        var room = [Double](repeating: 0, count: 2 * width)
        for sensor in 0..<width {
            let score = (filter.smooth[sensor] - means[sensor]) * weights[sensor]
            room[sensor] = min(max(score, -Self.most), Self.most)
        }
        add(to: &room)
        for sensor in 0..<width { body(sensor, room[sensor] * room[width + sensor]) }
    }

    /// Each element of the triangle is read once and stands for two.
    private func add(to room: inout [Double]) {
        let width = means.count
        var room = room.mutableSpan
        let triangle = inverse.span
        var place = 0
        for row in 0..<width {
            let score = room[row]
            var sum = triangle[place] * score
            place &+= 1
            for column in (row &+ 1)..<width {
                let element = triangle[place]
                sum += element * room[column]
                room[width &+ column] += element * score
                place &+= 1
            }
            room[width &+ row] += sum
        }
    }

    /// How far the difference of fast and slow is from usual, root of the sum of squares.
    func contrast(of filter: SensorFilter) -> Double {
        var sum = 0.0
        for sensor in means.indices {
            let contrast = filter.fast[sensor] - filter.slow[sensor] - contrastMeans[sensor]
            let score = min(max(contrast * contrastWeights[sensor], -Self.most), Self.most)
            sum += score * score
        }
        return sum.squareRoot()
    }
}

extension StateModel {
    func encode(into state: inout StateWriter) {
        for values in [means, weights, inverse, contrastMeans, contrastWeights] {
            state.put(values)
        }
    }

    init(width: Int, from state: inout StateReader) throws(StateFailure) {
        means = try state.doubles()
        weights = try state.doubles()
        inverse = try state.doubles()
        contrastMeans = try state.doubles()
        contrastWeights = try state.doubles()
        guard inverse.count == width * (width + 1) / 2 else { throw .invalid("commissioned state") }
        for part in [means, weights, contrastMeans, contrastWeights] where part.count != width {
            throw .invalid("commissioned state")
        }
    }
}
