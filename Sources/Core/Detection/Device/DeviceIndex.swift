import Primitives

/// The ``HealthIndex`` of one device in one operating regime: over which of its signals it is, and
/// when it is not asked.
///
/// It begins over the signals known at its first vector; signals that become known before half of
/// the commissioning is done make it begin again. After a pause in which the machine was in another
/// regime the smoothed readings start from the commissioned state, and nothing is judged until they
/// have come to where the machine is.
struct DeviceIndex: Equatable, Sendable {
    /// Signals looked at, in order of discovery: the work grows with their square.
    static let signalsMost = 64
    /// Vectors after a pause that are not judged.
    private static let embargo = 25
    /// Vectors a reference is learned from, at least and at most.
    private static let vectors = 400...10_000

    /// Of the signals among the device's.
    private(set) var positions: [Int] = []
    private var index: HealthIndex?
    private let commissioning: Int
    private var isPaused = false
    private var rest = 0

    /// The reference is learned from as many windows as the commissioning has, where that is known
    /// before they come.
    init(_ policy: DetectionPolicy, window: TimeSpan) {
        let wanted =
            policy.tick == .reading
            ? 0 : policy.commissioning.nanoseconds / max(window.nanoseconds, 1)
        commissioning = min(
            max(Int(wanted), Self.vectors.lowerBound), Self.vectors.upperBound)
    }

    var isCommissioned: Bool { index?.isCommissioned ?? false }

    /// The machine is in another regime.
    mutating func pause() { isPaused = true }

    /// Takes the next vector: the window means of the signals by position, NaN where one is absent
    /// or not believed. `quantities` are the positions of those that are no states.
    mutating func take(_ means: [Double], quantities: [Int]) -> HealthIndex.Reading {
        if !isCommissioned { choose(quantities) }
        guard var index else { return HealthIndex.Reading() }
        self.index = nil  // one owner, so that nothing is copied
        defer { self.index = index }
        if isPaused {
            isPaused = false
            if index.isCommissioned {
                index.resume()
                rest = Self.embargo
            }
        }
        let vector = positions.map { means[$0] }
        // Nobody says anything that may be believed.
        guard vector.contains(where: \.isFinite) else { return HealthIndex.Reading() }
        guard rest > 0 else { return index.take(vector) }
        rest -= 1
        return index.follow(vector)
    }

    private mutating func choose(_ quantities: [Int]) {
        let wanted = Array(quantities.prefix(Self.signalsMost))
        guard !wanted.isEmpty, wanted != positions else { return }
        if let index, index.count >= commissioning / 2 { return }
        positions = wanted
        index = HealthIndex(width: wanted.count, commissioning: commissioning)
    }

    /// By position, what a signal adds to the square of the latest distance; empty while there is
    /// no reference.
    var contributions: [(position: Int, square: Double)] {
        guard let index else { return [] }
        return zip(positions, index.contributions).map { (position: $0, square: $1) }
    }

    /// Positions of the signals that have been absent for so long that the index does without them.
    var lost: [Int] { index?.lost.map { positions[$0] } ?? [] }
}

extension DeviceIndex {
    func encode(into state: inout StateWriter) {
        state.put(each: positions) { $0.put($1) }
        state.put(isPaused)
        state.put(rest)
        if !positions.isEmpty { index?.encode(into: &state) }
    }

    /// Goes on with the same commissioning; `signals` are how many the device has.
    mutating func restore(
        from state: inout StateReader, signals: Int
    ) throws(StateFailure) {
        positions = try state.array { (state) throws(StateFailure) in try state.int() }
        isPaused = try state.bool()
        rest = try state.int()
        guard positions.count <= Self.signalsMost, positions.allSatisfy({ 0..<signals ~= $0 }),
            0...Self.embargo ~= rest
        else { throw .invalid("signals of a health index") }
        guard !positions.isEmpty else { return index = nil }
        var restored = HealthIndex(width: positions.count, commissioning: commissioning)
        try restored.restore(from: &state)
        index = restored
    }
}
