/// Guesses what somebody meant who wrote `name`: the nearest of `known`, or `nil` when nothing is
/// near enough to be more than a coincidence (one letter in three, at most three; a difference of
/// capitals only is always near enough).
func nearestName(to name: String, in known: [String]) -> String? {
    let letters = Array(name.lowercased().unicodeScalars)
    let allowed = min(3, letters.count / 3)
    var best: (name: String, distance: Int)?
    // Names of hundreds of letters are no slip of the pen, and the table below is quadratic.
    guard letters.count <= 100 else { return nil }
    for candidate in known {
        let other = Array(candidate.lowercased().unicodeScalars)
        guard abs(other.count - letters.count) <= allowed else { continue }
        let distance = editDistance(letters, other)
        if distance <= allowed, distance < (best?.distance ?? Int.max) {
            best = (candidate, distance)
        }
    }
    return best?.name
}

/// Insertions, deletions, replacements and swaps of neighbours needed to turn one word into the
/// other (Damerau 1964, in the variant that edits no letter twice).
private func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, letter) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            var cost = min(
                last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
            if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}
