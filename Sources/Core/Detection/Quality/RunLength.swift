import Primitives

/// How long something usually lasts, in windows, when it happens: the second longest run there was.
/// What has happened twice is the signal's habit, what happened once may have been its failure.
struct RunLength: Equatable, Sendable {
    private(set) var current = 0
    private var longest = 0
    private(set) var usual = 0

    mutating func extend() { current += 1 }

    mutating func end() {
        if current >= longest {
            usual = longest
            longest = current
        } else {
            usual = max(usual, current)
        }
        current = 0
    }

    /// Leaves the run that is under way out of account.
    mutating func forget() { current = 0 }
}

extension RunLength {
    func encode(into state: inout StateWriter) {
        for value in [current, longest, usual] { state.put(value) }
    }

    init(from state: inout StateReader) throws(StateFailure) {
        current = try state.int()
        longest = try state.int()
        usual = try state.int()
        guard current >= 0, usual >= 0, longest >= usual else { throw .invalid("run length") }
    }
}
