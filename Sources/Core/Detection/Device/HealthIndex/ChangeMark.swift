import Primitives

/// Marks where the fast part of a machine's signals leaves its usual size or comes back to it; not
/// twice within a while.
struct ChangeMark: Equatable, Sendable {
    private let threshold: Double
    private var isLarge = false
    /// Vectors since the last mark.
    private var rest = Int.max

    private static let perRoot = 1.41
    private static let restLeast = 20

    init(width: Int) { threshold = Self.perRoot * Double(width).squareRoot() }

    mutating func take(_ contrast: Double) -> Bool {
        if rest < Int.max { rest += 1 }
        let isNowLarge = contrast > threshold
        defer { isLarge = isNowLarge }
        guard isNowLarge != isLarge, rest > Self.restLeast else { return false }
        rest = 0
        return true
    }
}

extension ChangeMark {
    func encode(into state: inout StateWriter) {
        state.put(isLarge)
        state.put(rest)
    }

    /// Goes on with the same width.
    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        isLarge = try state.bool()
        rest = try state.int()
        guard rest >= 0 else { throw .invalid("mark of a device") }
    }
}
