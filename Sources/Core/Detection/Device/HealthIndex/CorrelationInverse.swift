/// Inverse of a matrix of correlations that are shrunk towards none.
enum CorrelationInverse {
    /// `covariances` is the upper triangle, row after row; so is what is returned. `deviations` are
    /// positive. Shrinks further while the matrix cannot be inverted.
    static func triangle(
        of covariances: [Double], deviations: [Double], shrinkage: Double
    ) -> [Double] {
        let width = deviations.count
        var shrinkage = shrinkage
        while shrinkage < 1 {
            var matrix = [Double](repeating: 0, count: width * width)
            var place = 0
            for row in 0..<width {
                for column in row..<width {
                    let correlation =
                        covariances[place] / (deviations[row] * deviations[column])
                    let element = row == column ? 1 : (1 - shrinkage) * correlation
                    matrix[row * width + column] = element
                    matrix[column * width + row] = element
                    place += 1
                }
            }
            if let inverse = inverse(of: matrix, width: width) { return inverse }
            shrinkage += 0.1
        }
        var identity = [Double](repeating: 0, count: covariances.count)
        for row in 0..<width { identity[StateModel.diagonal(row, width)] = 1 }
        return identity
    }

    /// By Cholesky's factor; `nil` when the matrix is not positive definite.
    private static func inverse(of matrix: [Double], width: Int) -> [Double]? {
        var factor = matrix
        for column in 0..<width {
            for row in column..<width {
                var sum = factor[row * width + column]
                for inner in 0..<column {
                    sum -= factor[row * width + inner] * factor[column * width + inner]
                }
                if row == column {
                    guard sum > 1e-12 else { return nil }
                    factor[row * width + row] = sum.squareRoot()
                } else {
                    factor[row * width + column] = sum / factor[column * width + column]
                }
            }
        }
        // The columns of the inverse of the factor, then their products.
        var lower = [Double](repeating: 0, count: width * width)
        for column in 0..<width {
            for row in column..<width {
                var sum = row == column ? 1.0 : 0
                for inner in column..<row {
                    sum -= factor[row * width + inner] * lower[inner * width + column]
                }
                lower[row * width + column] = sum / factor[row * width + row]
            }
        }
        var triangle: [Double] = []
        for row in 0..<width {
            for column in row..<width {
                var sum = 0.0
                for inner in column..<width {
                    sum += lower[inner * width + row] * lower[inner * width + column]
                }
                triangle.append(sum)
            }
        }
        return triangle
    }
}
