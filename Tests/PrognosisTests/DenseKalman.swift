import Primitives

/// A Kalman filter as the textbook writes it, with full matrices and nothing clever: what the
/// unrolled filter of three states is compared with.
struct DenseKalman {
    var state: [Double]
    var covariance: [[Double]]

    private static func multiply(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
        a.map { row in
            b[0].indices.map { column in
                row.indices.reduce(0) { $0 + row[$1] * b[$1][column] }
            }
        }
    }

    private static func transpose(_ a: [[Double]]) -> [[Double]] {
        a[0].indices.map { column in a.map { $0[column] } }
    }

    private static func add(_ a: [[Double]], _ b: [[Double]], _ factor: Double) -> [[Double]] {
        zip(a, b).map { zip($0, $1).map { $0 + factor * $1 } }
    }

    /// `x = F x`, `P = F P F' + Q`.
    mutating func predict(transition: [[Double]], noise: [[Double]]) {
        state = Self.multiply(transition, state.map { [$0] }).map { $0[0] }
        let moved = Self.multiply(
            Self.multiply(transition, covariance), Self.transpose(transition))
        covariance = Self.add(moved, noise, 1)
    }

    /// One scalar observation `y = H x + v`, in Joseph's form; returns innovation and variance.
    mutating func observe(
        _ observed: Double, row: [Double], noise: Double
    ) -> (innovation: Double, variance: Double) {
        let column = row.map { [$0] }
        let cross = Self.multiply(covariance, column).map { $0[0] }
        let variance = zip(row, cross).reduce(noise) { $0 + $1.0 * $1.1 }
        let innovation = observed - zip(row, state).reduce(0) { $0 + $1.0 * $1.1 }
        let gain = cross.map { $0 / variance }
        state = zip(state, gain).map { $0 + $1 * innovation }
        let size = state.count
        let left = (0..<size).map { i in
            (0..<size).map { j in (i == j ? 1 : 0) - gain[i] * row[j] }
        }
        let kept = Self.multiply(Self.multiply(left, covariance), Self.transpose(left))
        let added = gain.map { a in gain.map { b in a * b * noise } }
        covariance = Self.add(kept, added, 1)
        return (innovation, variance)
    }
}
