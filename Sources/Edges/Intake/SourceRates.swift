internal import Platform
internal import Primitives

/// How many lines each sender may still send: one token bucket per sender, in a table that never
/// grows. It exists only for listeners that have a rate; the others look at no line.
///
/// A bucket holds ``IntakeLimits/rateBurstTime`` worth of lines and fills at the rate, so that a
/// collector that sends everything at once every ten seconds is within the same rate as one that
/// sends all the time. When the table is full, a sender whose bucket is full again gives its place
/// away: forgetting it changes nothing. When there is none, the newcomer is refused.
///
/// A class because connections of one listener share it; only the listener's thread touches it.
final class SourceRates {
    /// What to do with a piece.
    enum Verdict: Equatable {
        case all
        /// Only so many of its lines.
        case some(Int)
        /// The sender has no place in the table.
        case unknown
    }

    private struct Bucket {
        var source: LineSource
        /// Lines it may send now.
        var lines: Double
        /// When that was so; ``MonotonicClock``.
        var time: UInt64
    }

    private let linesPerSecond: Double
    private let linesMost: Double
    private let sourcesMost: Int
    private var buckets: [Bucket] = []
    private var places: [LineSource: Int] = [:]
    /// The bucket to look at next when a place is wanted.
    private var candidate = 0

    /// Buckets looked at for one newcomer, so that a flood of newcomers costs no more than that.
    private static let looksMost = 16

    init(linesPerSecond: Int, limits: IntakeLimits) {
        precondition(linesPerSecond > 0, "BUG: a rate of nothing")
        self.linesPerSecond = Double(linesPerSecond)
        linesMost = max(1, Double(linesPerSecond) * Double(limits.rateBurstTime) / 1e9)
        sourcesMost = limits.ratedSources
    }

    /// Takes `lines` lines of a sender into account.
    func take(_ lines: Int, of source: LineSource, now: UInt64) -> Verdict {
        guard let place = places[source] ?? makePlace(for: source, now: now) else {
            return .unknown
        }
        refill(place, now: now)
        let granted = min(lines, Int(buckets[place].lines))
        buckets[place].lines -= Double(granted)
        return granted == lines ? .all : .some(granted)
    }

    private func refill(_ place: Int, now: UInt64) {
        let elapsed = Double(now - min(now, buckets[place].time)) / 1e9
        buckets[place].lines = min(linesMost, buckets[place].lines + elapsed * linesPerSecond)
        buckets[place].time = now
    }

    private func makePlace(for source: LineSource, now: UInt64) -> Int? {
        let bucket = Bucket(source: source, lines: linesMost, time: now)
        if buckets.count < sourcesMost {
            places[source] = buckets.count
            buckets.append(bucket)
            return buckets.count - 1
        }
        for _ in 0..<min(Self.looksMost, buckets.count) {
            let place = candidate
            candidate = (candidate + 1) % buckets.count
            refill(place, now: now)
            guard buckets[place].lines >= linesMost else { continue }
            places[buckets[place].source] = nil
            places[source] = place
            buckets[place] = bucket
            return place
        }
        return nil
    }
}
