/// The signals that have ``FurtherSums``, by their number. Most have none; readings of one that has
/// some allocate nothing.
struct FurtherSignals: Sendable {
    private var places: [Int: Int] = [:]
    private var sums: [FurtherSums] = []

    var isEmpty: Bool { places.isEmpty }

    func has(_ signal: Int) -> Bool { places[signal] != nil }

    subscript(signal: Int) -> FurtherSums? { places[signal].map { sums[$0] } }

    /// Does something to what a signal has; nil when it has nothing.
    @discardableResult mutating func update<Value>(
        _ signal: Int, _ body: (inout FurtherSums) -> Value
    ) -> Value? {
        guard let place = places[signal] else { return nil }
        return body(&sums[place])
    }

    func statistics(of signal: Int) -> FurtherStatistics {
        places[signal].map { sums[$0].statistics } ?? FurtherStatistics()
    }

    /// What a signal had before is forgotten. The place of one that has none any more stays free:
    /// classes change seldom.
    mutating func set(_ new: FurtherSums, of signal: Int) {
        if new.statistics.isEmpty {
            places[signal] = nil
        } else if let place = places[signal] {
            sums[place] = new
        } else {
            places[signal] = sums.count
            sums.append(new)
        }
    }
}
