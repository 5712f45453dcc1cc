import Primitives

/// The last 48 values of a series: sustained lows and highs, and the shape it has just had.
struct RecentValues<Stored: StoredValue>: Equatable, Sendable {
    static var size: Int { ShapeMemory<Stored>.blocks * Self.block }
    /// Values in one mean of a shape.
    private static var block: Int { 6 }

    private var values: [Stored]
    /// Place of the newest.
    private var newest: Int

    init() {
        values = [Stored](repeating: 0, count: Self.size)
        newest = Self.size - 1
    }

    mutating func add(_ value: Stored) {
        newest = newest + 1 == Self.size ? 0 : newest + 1
        values[newest] = value
    }

    /// The least of the last 24 and 6, the greatest of the last 12, of `count` there are.
    func extremes(among count: Int) -> (low24: Stored, low6: Stored, high12: Stored) {
        var low = values[newest]
        var high = low
        var low6 = low
        var high12 = high
        var place = newest
        for age in 0..<min(24, count) {
            let value = values[place]
            low = value < low ? value : low
            high = value > high ? value : high
            if age < 6 { low6 = low }
            if age < 12 { high12 = high }
            place = place == 0 ? Self.size - 1 : place - 1
        }
        return (low, low6, high12)
    }

    /// Means of eight blocks of six values, the newest last.
    func blockMeans() -> InlineArray<8, Stored> {
        var means = InlineArray<8, Stored>(repeating: 0)
        var place = newest
        for block in (0..<ShapeMemory<Stored>.blocks).reversed() {
            var sum: Stored = 0
            for _ in 0..<Self.block {
                sum += values[place]
                place = place == 0 ? Self.size - 1 : place - 1
            }
            means[block] = sum / Stored(Self.block)
        }
        return means
    }
}

extension RecentValues {
    func encode(into state: inout StateWriter) {
        state.put(newest)
        for value in values { value.encode(into: &state) }
    }

    init(from state: inout StateReader) throws(StateFailure) {
        self.init()
        newest = try state.int()
        for place in values.indices { values[place] = try Stored(from: &state) }
        guard values.indices ~= newest else { throw .invalid("latest values") }
    }
}
