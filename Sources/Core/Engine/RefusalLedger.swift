import Primitives

/// Counts what was refused, by sender and reason, until the next step takes the counts away.
///
/// Bounded: beyond `limit` senders in one step the rest share one entry per reason, under the
/// source `file:18446744073709551615`, which no sender has.
struct RefusalLedger: Sendable {
    static let sampleBytes = 120
    static let others = LineSource(transport: .file, high: .max, low: .max)

    private struct Key: Hashable {
        var source: LineSource
        var reason: String
    }

    private var entries: [EngineStep.Refused] = []
    private var places: [Key: Int] = [:]
    private var sources: Set<LineSource> = []
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    var isEmpty: Bool { entries.isEmpty }

    mutating func note(
        _ reason: String, count: Int = 1, source: LineSource, column: Int, record: Span<UInt8>,
        start: Int, end: Int, time: Timestamp, fits: StampPrecision? = nil
    ) {
        let counted = sources.contains(source) || sources.count < limit
        let owner = counted ? source : Self.others
        if counted { sources.insert(source) }
        let key = Key(source: owner, reason: reason)
        var sample: [UInt8] = []
        for index in start..<min(end, start + Self.sampleBytes) { sample.append(record[index]) }
        while let last = sample.last, last == 0x0A || last == 0x0D { sample.removeLast() }
        if let place = places[key] {
            entries[place].count += count
            entries[place].column = column
            entries[place].sample = String(decoding: sample, as: UTF8.self)
            entries[place].time = time
            entries[place].fits = fits
            return
        }
        places[key] = entries.count
        entries.append(
            EngineStep.Refused(
                source: owner, reason: reason, count: count, column: column,
                sample: String(decoding: sample, as: UTF8.self), time: time, fits: fits))
    }

    /// Hands the counts over and starts again from zero.
    mutating func take() -> [EngineStep.Refused] {
        defer {
            entries.removeAll(keepingCapacity: true)
            places.removeAll(keepingCapacity: true)
            sources.removeAll(keepingCapacity: true)
        }
        return entries
    }
}
