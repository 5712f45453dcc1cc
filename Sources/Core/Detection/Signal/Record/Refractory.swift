import Primitives

/// One alarm per event: after a score was told, only a clearly greater one is, for a while.
struct Refractory: Equatable, Sendable {
    private var told = 0.0
    /// Values since.
    private var age = Int.max

    private static let length = 80
    private static let margin = 1.5

    /// The score where it is told, else 0.
    mutating func pass(_ score: Double) -> Double {
        if age < Int.max { age += 1 }
        if age > Self.length { told = 0 }
        guard score > 0, score > Self.margin * told else { return 0 }
        told = score
        age = 0
        return score
    }
}

extension Refractory {
    func encode(into state: inout StateWriter) {
        state.put(told)
        state.put(age)
    }

    init(from state: inout StateReader) throws(StateFailure) {
        told = try state.double()
        age = try state.int()
        guard told >= 0, age >= 0 else { throw .invalid("refractory time") }
    }
}
