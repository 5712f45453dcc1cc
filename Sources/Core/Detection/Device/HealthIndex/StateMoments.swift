import Primitives

/// What a commissioning is remembered by: means, cross-moments and scatter of some sensors'
/// smoothed readings, in one pass (B. P. Welford, Note on a method for calculating corrected sums
/// of squares and products, 1962).
struct StateMoments: Equatable, Sendable {
    let width: Int
    private(set) var count = 0
    /// Of the smoothed readings.
    private(set) var means: [Double]
    /// Sums of products of the distances to the means: the upper triangle, row after row.
    private(set) var products: [Double]
    /// Of the difference of fast and slow.
    private(set) var contrastMeans: [Double]
    private(set) var contrastSquares: [Double]
    /// Mean distance between successive readings.
    private(set) var steps: [Double]
    private var previous: [Double] = []

    init(width: Int) {
        self.width = width
        let none = [Double](repeating: 0, count: width)
        (means, contrastMeans, contrastSquares, steps) = (none, none, none, none)
        products = [Double](repeating: 0, count: width * (width + 1) / 2)
    }

    /// Notes a vector that does not count yet, but the steps to the next one do.
    mutating func pass(_ filter: SensorFilter) { previous = filter.sensors.map(\.value) }

    /// Takes a vector.
    mutating func take(_ filter: SensorFilter) {
        count += 1
        let share = 1 / Double(count)
        var distances = [Double](repeating: 0, count: width)
        for place in 0..<width {
            let sensor = filter.sensors[place]
            distances[place] = sensor.smooth - means[place]
            means[place] += distances[place] / Double(count)
            let distance = sensor.contrast - contrastMeans[place]
            contrastMeans[place] += distance / Double(count)
            contrastSquares[place] += distance * (sensor.contrast - contrastMeans[place])
            let step = (sensor.value - previous[place]).magnitude
            steps[place] += (step - steps[place]) * share
        }
        var place = 0
        for row in 0..<width {
            for column in row..<width {
                products[place] +=
                    distances[row] * (filter.sensors[column].smooth - means[column])
                place += 1
            }
        }
        pass(filter)
    }
}

extension StateMoments {
    func encode(into state: inout StateWriter) {
        state.put(count)
        for values in [means, products, contrastMeans, contrastSquares, steps, previous] {
            state.put(values)
        }
    }

    /// Goes on with the same width.
    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        count = try state.int()
        means = try state.doubles()
        products = try state.doubles()
        contrastMeans = try state.doubles()
        contrastSquares = try state.doubles()
        steps = try state.doubles()
        previous = try state.doubles()
        guard count >= 0, products.count == width * (width + 1) / 2,
            previous.count == width || previous.isEmpty
        else { throw .invalid("moments of a commissioning") }
        for part in [means, contrastMeans, contrastSquares, steps] where part.count != width {
            throw .invalid("moments of a commissioning")
        }
    }
}
