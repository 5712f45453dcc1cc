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
    /// What is usual for one sensor.
    private struct Sensor: Equatable, Sendable {
        var mean: Double
        /// One over its unit.
        var weight: Double
        var contrastMean: Double
        var contrastWeight: Double
    }

    private var sensors: [Sensor] = []
    /// Inverse correlations: the upper triangle, row after row.
    private var inverse: [Double]

    /// Wandering at which a sensor counts 0.7 times as much.
    private static let wanderScale = 5.0
    /// Units a sensor is off at most.
    private static let most = 60.0
    /// Mean distance of two values of normal noise, inverted: 0.8862 is half the root of pi.
    private static let noisePerStep = 0.8862

    init(_ moments: StateMoments) {
        let width = moments.width
        let count = Double(moments.count)
        var deviations: [Double] = []
        for sensor in 0..<width {
            let mean = moments.means[sensor]
            let tiny = 1e-9 + 1e-6 * mean.magnitude
            let noise = moments.steps[sensor] * Self.noisePerStep
            let deviation = (moments.products[Self.diagonal(sensor, width)] / count).squareRoot()
            deviations.append(max(deviation, tiny))
            // Never moved: only a gross change counts.
            let unit =
                moments.steps[sensor] == 0
                ? max(0.01 * mean.magnitude, 1e-9)
                : Self.unit(deviation, white: noise * Self.smoothShare, tiny: tiny)
            let contrastUnit = Self.unit(
                (moments.contrastSquares[sensor] / count).squareRoot(),
                white: noise * Self.contrastShare, tiny: tiny)
            sensors.append(
                Sensor(
                    mean: mean, weight: 1 / unit, contrastMean: moments.contrastMeans[sensor],
                    contrastWeight: 1 / contrastUnit))
        }
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
        let width = sensors.count
        let own = inverse[Self.diagonal(sensor, width)]
        sensors[sensor].contrastWeight = 0
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

    var means: [Double] { sensors.map(\.mean) }

    /// Of the smoothed vector from the commissioned state, in standard deviations.
    func distance(of filter: SensorFilter) -> Double {
        let scores = scores(of: filter, room: sensors.count)
        let (triangle, row) = (inverse.span, scores.span)
        var sum = 0.0
        var place = 0
        for first in 0..<row.count {
            // Four sums, so that none waits for the one before.
            var parts = SIMD4<Double>()
            var column = first &+ 1
            let end = row.count
            while column &+ 4 <= end {
                let at = place &+ column &- first
                parts +=
                    SIMD4(
                        triangle[at], triangle[at &+ 1], triangle[at &+ 2], triangle[at &+ 3])
                    * SIMD4(
                        row[column], row[column &+ 1], row[column &+ 2], row[column &+ 3])
                column &+= 4
            }
            var others = parts.sum()
            while column < end {
                others += triangle[place &+ column &- first] * row[column]
                column &+= 1
            }
            // What is above the diagonal stands for what is below it too.
            sum += row[first] * (triangle[place] * row[first] + 2 * others)
            place &+= end &- first
        }
        return max(0, sum).squareRoot()
    }

    /// A sensor's deviation times the sum of all, weighted by the inverse correlations.
    func contributions(of filter: SensorFilter) -> [Double] {
        var room = scores(of: filter, room: 2 * sensors.count)
        add(to: &room)
        return sensors.indices.map { room[$0] * room[sensors.count + $0] }
    }

    /// What sensors are off, each in its unit; zeros behind.
    private func scores(of filter: SensorFilter, room count: Int) -> [Double] {
        let (usual, now) = (sensors.span, filter.sensors.span)
        var room = [Double](repeating: 0, count: count)
        for sensor in 0..<usual.count {
            let score = (now[sensor].smooth - usual[sensor].mean) * usual[sensor].weight
            room[sensor] = min(max(score, -Self.most), Self.most)
        }
        return room
    }

    /// Adds the sums behind the scores. Each element of the triangle is read once and stands for
    /// two.
    private func add(to room: inout [Double]) {
        let width = sensors.count
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
        let (usual, now) = (sensors.span, filter.sensors.span)
        var sum = 0.0
        for sensor in 0..<usual.count {
            let contrast = now[sensor].contrast - usual[sensor].contrastMean
            let score = min(
                max(contrast * usual[sensor].contrastWeight, -Self.most), Self.most)
            sum += score * score
        }
        return sum.squareRoot()
    }
}

extension StateModel {
    func encode(into state: inout StateWriter) {
        for sensor in sensors {
            state.put(sensor.mean)
            state.put(sensor.weight)
            state.put(sensor.contrastMean)
            state.put(sensor.contrastWeight)
        }
        state.put(inverse)
    }

    init(width: Int, from state: inout StateReader) throws(StateFailure) {
        for _ in 0..<width {
            sensors.append(
                Sensor(
                    mean: try state.double(), weight: try state.double(),
                    contrastMean: try state.double(), contrastWeight: try state.double()))
        }
        inverse = try state.doubles()
        guard inverse.count == width * (width + 1) / 2 else { throw .invalid("commissioned state") }
    }
}
