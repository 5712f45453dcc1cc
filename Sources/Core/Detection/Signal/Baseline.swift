import Primitives

/// What is normal for one signal of one device: a robust regression on the signals that explain
/// it, learned once while the machine was new to us and then frozen, so that slow wear is never
/// learned away (ISO 17359, baseline).
package struct Baseline: Equatable, Sendable {
    /// One explaining signal and its learned weight. `position` is the signal's place on the
    /// device; `low` and `high` bound what was seen while learning.
    package struct Term: Equatable, Sendable {
        package var position: Int
        package var slope: Double
        package var low: Double
        package var high: Double
    }

    /// Expected value with every term at zero.
    package var intercept: Double
    package var terms: [Term]
    /// Robust standard deviation of window means around the expectation; positive.
    package var scale: Double
    /// Typical standard deviation of readings within a window.
    package var withinWindow: Double

    /// Expected window mean given the means of the device's signals in the same window (NaN where
    /// absent or not believed: then the middle of the learned range stands in), and how much wider
    /// than ``scale`` the scatter around it must be taken. Beyond the learned range the line is
    /// followed for one more range and trusted less and less. A signal that is not there may be
    /// anywhere in its range: the deviation of that, a uniform distribution's, is added as
    /// independent errors are.
    package func expected(given means: [Double]) -> (value: Double, widening: Double) {
        var value = intercept
        var widening = 1.0
        var unknown = 0.0
        for term in terms {
            let mean = term.position < means.count ? means[term.position] : .nan
            let span = term.high - term.low
            let used =
                mean.isNaN
                ? (term.low + term.high) / 2 : min(max(mean, term.low - span), term.high + span)
            value += term.slope * used
            guard span > 0 else { continue }
            guard !mean.isNaN else {
                let error = term.slope * span / scale
                unknown += error * error / 12
                continue
            }
            let outside = max(term.low - mean, mean - term.high, 0)
            widening += 2 * min(outside / span, 5)
        }
        return (value, unknown > 0 ? (widening * widening + unknown).squareRoot() : widening)
    }
}

extension Baseline {
    /// Fewest windows a baseline is learned from.
    static let minimumRows = 30

    /// Fits `target` on `explaining` over `rows` (window means by signal position, NaN where
    /// absent). Huber's M-estimator by iteratively reweighted least squares (Huber 1964, k = 1.345)
    /// with a small ridge, so that a constant explaining signal does no harm; location and scale
    /// from median and median absolute deviation. `nil` below ``minimumRows`` usable rows.
    static func fit(
        target: Int, explaining: [Int], rows: [[Double]], withinWindow: [Double]
    ) -> Baseline? {
        let usable = rows.filter { row in
            target < row.count && !row[target].isNaN
                && explaining.allSatisfy { $0 < row.count && !row[$0].isNaN }
        }
        guard usable.count >= minimumRows else {
            // Explaining signals that are mostly absent must not cost the signal its baseline.
            guard !explaining.isEmpty else { return nil }
            return fit(target: target, explaining: [], rows: rows, withinWindow: withinWindow)
        }
        let columns = explaining.map { StandardColumn(position: $0, rows: usable) }
        let values = usable.map { $0[target] }
        // From the median, not from least squares: gross outliers would put the first line so far
        // off that the iterations below could not bring it back.
        let level = median(values)
        var residuals = values.map { $0 - level }
        var weights = huberWeights(residuals)
        var coefficients = [Double](repeating: 0, count: columns.count + 1)
        for _ in 0..<6 {
            coefficients = solveRidge(values, columns: columns, weights: weights)
            for index in usable.indices {
                var predicted = coefficients[0]
                for (place, column) in columns.enumerated() {
                    predicted += coefficients[place + 1] * column.values[index]
                }
                residuals[index] = values[index] - predicted
            }
            weights = huberWeights(residuals)
        }
        var intercept = coefficients[0] + median(residuals)
        var terms: [Term] = []
        for (place, column) in columns.enumerated() where column.deviation > 0 {
            let slope = coefficients[place + 1] / column.deviation
            intercept -= slope * column.mean
            terms.append(
                Term(
                    position: column.position, slope: slope, low: column.low, high: column.high))
        }
        let scale = max(wanderingDeviation(residuals), 0.005 * abs(level), 1e-9)
        return Baseline(
            intercept: intercept, terms: terms, scale: scale,
            withinWindow: withinWindow.isEmpty ? 0 : median(withinWindow))
    }

    private static func huberWeights(_ residuals: [Double]) -> [Double] {
        let spread = max(robustDeviation(residuals), 1e-12)
        return residuals.map { min(1, 1.345 * spread / max(abs($0), 1e-12)) }
    }

    /// Robust standard deviation of residuals in order of time, widened for signals that wander: a
    /// temperature drifts by far more than it scatters, and a few days of commissioning show only a
    /// part of that. With `nu` the ratio of the deviation to that of white noise with the same
    /// successive differences, the widening is `sqrt(1 + ((nu - 1) / 3)^2)`; none for white noise.
    private static func wanderingDeviation(_ residuals: [Double]) -> Double {
        let deviation = robustDeviation(residuals)
        let steps = zip(residuals, residuals.dropFirst()).map { $1 - $0 }
        let white = robustDeviation(steps) / 2.0.squareRoot()
        guard white > 0 else { return deviation }
        let excess = max(0, deviation / white - 1) / 3
        return deviation * (1 + excess * excess).squareRoot()
    }

    /// Weighted ridge regression by Gaussian elimination on the normal equations; a handful of
    /// columns, so nothing cleverer is needed.
    private static func solveRidge(
        _ values: [Double], columns: [StandardColumn], weights: [Double]
    ) -> [Double] {
        let size = columns.count + 1
        var matrix = [[Double]](
            repeating: [Double](repeating: 0, count: size + 1), count: size)
        for index in values.indices {
            var row = [1.0]
            for column in columns { row.append(column.values[index]) }
            for i in 0..<size {
                for j in 0..<size { matrix[i][j] += weights[index] * row[i] * row[j] }
                matrix[i][size] += weights[index] * row[i] * values[index]
            }
        }
        for i in 1..<max(size, 1) where size > 1 { matrix[i][i] += 1e-3 * Double(values.count) }
        return LinearSystem.solve(&matrix)
    }
}

/// One explaining signal, standardised.
private struct StandardColumn {
    let position: Int
    let mean: Double
    let deviation: Double
    let low: Double
    let high: Double
    let values: [Double]

    init(position: Int, rows: [[Double]]) {
        self.position = position
        let raw = rows.map { $0[position] }
        let mean = raw.reduce(0, +) / Double(raw.count)
        let variance = raw.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(raw.count)
        // A column that never moved has no slope to learn.
        let deviation = variance.squareRoot() > 1e-9 * (abs(mean) + 1) ? variance.squareRoot() : 0
        self.mean = mean
        self.deviation = deviation
        self.low = raw.min() ?? mean
        self.high = raw.max() ?? mean
        self.values = raw.map { deviation > 0 ? ($0 - mean) / deviation : 0 }
    }
}

/// Median; zero for an empty array.
package func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// 1.4826 times the median absolute deviation: the standard deviation, were the values normal.
package func robustDeviation(_ values: [Double]) -> Double {
    let center = median(values)
    return 1.4826 * median(values.map { abs($0 - center) })
}

extension Baseline {
    func encode(into state: inout StateWriter) {
        state.put(intercept)
        state.put(each: terms) { state, term in
            state.put(term.position)
            state.put(term.slope)
            state.put(term.low)
            state.put(term.high)
        }
        state.put(scale)
        state.put(withinWindow)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        intercept = try state.double()
        terms = try state.array { (state) throws(StateFailure) in
            Term(
                position: try state.int(), slope: try state.double(), low: try state.double(),
                high: try state.double())
        }
        scale = try state.double()
        withinWindow = try state.double()
        guard scale > 0, terms.allSatisfy({ $0.position >= 0 }) else { throw .invalid("baseline") }
    }
}
