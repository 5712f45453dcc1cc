import Primitives
import Windows

/// Finds out by itself at which level of a load signal a machine runs.
///
/// A machine that is switched on and off leaves two groups of window means. As in Otsu's method
/// (N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9(1),
/// 1979) every threshold is tried on what has been seen, here on sorted values instead of a
/// histogram, which needs no range. What is maximised is not his variance between the classes,
/// which wants both of one width and one size, but the separation of the two groups,
///
///     (m2 - m1) / (s1 + s2)
///
/// with their means and standard deviations: off is a narrow group, load may be a wide one. One
/// group cut in two reaches 1.73 when it is uniform, 1.33 in the middle of a normal distribution
/// and 2.07 for a sine; by chance, in one of a thousand samples of 128 values, 2.3 when it is
/// normal or uniform, 2.7 for a sine and 2.8 when it is exponential. Two normal groups six
/// deviations apart reach 3, a narrow one and a load anywhere between a third and the whole 3.5.
/// Below ``separationLeast`` nothing is claimed, and the machine counts as running.
///
/// Causal: a window is judged by the windows before it. Bounded: at most ``valuesMost`` values,
/// of all windows at first, then of every second, fourth, ... until they reach back
/// ``memory``; from then on the oldest gives way. A threshold once found stays until another is
/// found: a machine that stands for a month has not forgotten how to run.
struct LoadSplit: Equatable, Sendable {
    static let valuesMost = 256
    /// Values before the first attempt, and between attempts.
    static let valuesLeast = 128
    static let valuesBetween = 16
    static let memory = TimeSpan.days(14)
    static let separationLeast = 3.0
    /// Values a group must have; the upper one a tenth of all, so that rare peaks of a running
    /// machine do not pass for its running.
    static let groupLeast = 8
    /// The levels must differ by this share of the greater one: a sensor that toggles between two
    /// neighbouring numbers has one level.
    static let differenceLeast = 0.25

    let window: TimeSpan
    private var values: [Double] = []
    /// Where the next value goes once all places are taken.
    private var next = 0
    private var stride = 1
    private var skipped = 0
    private var sinceAttempt = 0
    /// Above it the machine runs; `nil` while only one level has been seen.
    private(set) var threshold: Double?

    init(window: TimeSpan) {
        self.window = window
    }

    /// How far the machine ran during a window.
    func holding(_ summary: WindowSummary) -> Holding {
        guard let threshold, summary.minimum <= threshold else { return .throughout }
        return summary.maximum <= threshold ? .never : .partly
    }

    mutating func learn(_ mean: Double) {
        guard mean.isFinite else { return }
        skipped += 1
        guard skipped >= stride else { return }
        skipped = 0
        keep(mean)
        sinceAttempt += 1
        guard values.count >= Self.valuesLeast, sinceAttempt >= Self.valuesBetween else { return }
        sinceAttempt = 0
        if let found = Self.threshold(of: values) { threshold = found }
    }

    private mutating func keep(_ mean: Double) {
        if values.count == Self.valuesMost, window * Int64(stride * values.count) < Self.memory {
            var place = 0
            values.removeAll { _ in
                place += 1
                return place % 2 == 1
            }
            stride *= 2
        }
        if values.count < Self.valuesMost {
            values.append(mean)
        } else {
            values[next] = mean
            next = (next + 1) % Self.valuesMost
        }
    }

    /// The middle between what the two groups reach to, if there are two.
    static func threshold(of values: [Double]) -> Double? {
        let sorted = values.sorted()
        // A few wild values at either end would be a group of their own.
        let trimmed = sorted[(sorted.count / 64)..<(sorted.count - sorted.count / 64)]
        let middle = sorted[sorted.count / 2]
        let kept = trimmed.map { $0 - middle }  // little is lost to cancellation
        var sum = 0.0
        var squares = 0.0
        for value in kept {
            sum += value
            squares += value * value
        }
        let whole = Group(count: kept.count, sum: sum, squares: squares)
        let upperLeast = max(groupLeast, kept.count / 10)
        var best: (separation: Double, threshold: Double)?
        var lower = Group(count: 0, sum: 0, squares: 0)
        for place in 0..<max(0, kept.count - upperLeast) {
            lower.add(kept[place])
            guard lower.count >= groupLeast, kept[place] < kept[place + 1] else { continue }
            let upper = whole.without(lower)
            let distance = upper.mean - lower.mean
            let separation = distance / max(lower.deviation + upper.deviation, 1e-9 * distance)
            let greater = max(abs(upper.mean + middle), abs(lower.mean + middle))
            guard separation >= separationLeast, distance >= differenceLeast * greater,
                separation > best?.separation ?? 0
            else { continue }
            let reach = (lower.mean + lower.deviation, upper.mean - upper.deviation)
            best = (separation, middle + (reach.0 + reach.1) / 2)
        }
        return best?.threshold
    }

    /// Sums over some of the values.
    private struct Group {
        var count: Int
        var sum: Double
        var squares: Double

        var mean: Double { sum / Double(count) }
        var deviation: Double { max(0, squares / Double(count) - mean * mean).squareRoot() }

        mutating func add(_ value: Double) {
            count += 1
            sum += value
            squares += value * value
        }

        func without(_ other: Group) -> Group {
            Group(
                count: count - other.count, sum: sum - other.sum,
                squares: squares - other.squares)
        }
    }
}

extension LoadSplit {
    func encode(into state: inout StateWriter) {
        state.put(values)
        state.put(next)
        state.put(stride)
        state.put(skipped)
        state.put(sinceAttempt)
        state.put(threshold) { $0.put($1) }
    }

    /// Continues one kept for the same signal.
    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        values = try state.doubles()
        next = try state.int()
        stride = try state.int()
        skipped = try state.int()
        sinceAttempt = try state.int()
        threshold = try state.optionalDouble()
        guard values.count <= Self.valuesMost, (0..<Self.valuesMost).contains(next),
            (1...(1 << 40)).contains(stride), skipped >= 0, sinceAttempt >= 0,
            threshold?.isFinite != false
        else { throw .invalid("load split") }
    }
}
