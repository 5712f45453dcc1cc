/// Several summaries of one signal, in order of time, as one.
///
/// Mean and deviation are merged by the update of T. F. Chan, G. H. Golub and R. J. LeVeque
/// (Updating formulae and a pairwise algorithm for computing sample variances, 1979).
struct RollupSums {
    var windows: Int64 = 0
    var count: Int64 = 0
    var minimum = Double.infinity
    var maximum = -Double.infinity
    var mean = 0.0
    /// Sum of the squares of the distances to the mean.
    private var squares = 0.0
    var first = Double.nan
    var last = Double.nan
    var missing: Int64 = 0

    /// Sample standard deviation (n - 1); zero for one reading.
    var deviation: Double {
        count > 1 ? (max(0, squares) / Double(count - 1)).squareRoot() : 0
    }

    /// Adds a later one. What is not known of one of them, NaN, is not known of all.
    mutating func add(_ row: RollupRow) {
        if windows == 0 { first = row.first }
        last = row.last
        windows += row.windows
        missing += row.missing
        minimum = row.minimum.isNaN ? .nan : min(minimum, row.minimum)
        maximum = row.maximum.isNaN ? .nan : max(maximum, row.maximum)
        let before = Double(count)
        let added = Double(row.count)
        count += row.count
        let distance = row.mean - mean
        mean += distance * (added / Double(count))
        squares +=
            row.deviation * row.deviation * (added - 1)
            + distance * distance * (before * added / Double(count))
    }
}

/// One summary: a window, or a rollup of some.
struct RollupRow {
    var windows: Int64
    var count: Int64
    var minimum: Double
    var maximum: Double
    var mean: Double
    var deviation: Double
    var first: Double
    var last: Double
    var missing: Int64
}
