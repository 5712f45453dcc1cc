/// Dense linear equations of a few unknowns.
enum LinearSystem {
    /// Gaussian elimination with partial pivoting on rows `[coefficients..., right side]`; an
    /// unknown without a usable pivot becomes zero.
    static func solve(_ matrix: inout [[Double]]) -> [Double] {
        let size = matrix.count
        for pivot in 0..<size {
            var best = pivot
            for row in pivot..<size where abs(matrix[row][pivot]) > abs(matrix[best][pivot]) {
                best = row
            }
            matrix.swapAt(pivot, best)
            guard abs(matrix[pivot][pivot]) > 1e-12 else { continue }
            for row in 0..<size where row != pivot {
                let factor = matrix[row][pivot] / matrix[pivot][pivot]
                for column in pivot...size { matrix[row][column] -= factor * matrix[pivot][column] }
            }
        }
        return matrix.indices.map { row in
            abs(matrix[row][row]) > 1e-12 ? matrix[row][size] / matrix[row][row] : 0
        }
    }
}
