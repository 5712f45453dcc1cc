import Primitives
import Testing
import Windows

/// A closed window with late readings is what it would have been with all of them in time.
@Suite struct LateReadingTests {
    private static let signal = SignalID(rawValue: 0)

    private static func late(_ values: [Double], from time: Int64 = 0) -> [LateReading] {
        values.enumerated().map { index, value in
            LateReading(
                signal: signal, start: Timestamp(nanoseconds: 0),
                time: Timestamp(nanoseconds: time + Int64(index)), value: value)
        }
    }

    /// By the definitions, in two passes.
    private static func summary(_ values: [Double]) -> WindowSummary {
        let count = Double(values.count)
        let mean = values[0] + values.reduce(0) { $0 + ($1 - values[0]) } / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return WindowSummary(
            signal: signal, count: values.count, minimum: values.min() ?? .nan,
            maximum: values.max() ?? .nan, mean: mean,
            deviation: count > 1 ? (squares / (count - 1)).squareRoot() : 0, first: values[0],
            last: values[values.count - 1])
    }

    @Test(arguments: 1...50)
    func agreesWithTwoPasses(seed: UInt64) throws {
        var random = Random(seed: seed)
        // Far from zero, where sums of squares cancel.
        let offset = [0, 1e6, -1e9][random.below(3)]
        let values = (0..<2 + random.below(200)).map { _ in offset + random.normal() }
        let inTime = random.below(values.count)
        let closed = inTime == 0 ? nil : Self.summary(Array(values[..<inTime]))
        let found = try #require(
            WindowSummary(closed, amendedBy: Self.late(Array(values[inTime...]))))
        let all = Self.summary(values)
        #expect(found.count == all.count)
        #expect(found.minimum == all.minimum && found.maximum == all.maximum)
        let scale = max(abs(offset), 1)
        #expect(abs(found.mean - all.mean) <= 1e-12 * scale)
        #expect(abs(found.deviation - all.deviation) <= 1e-12 * scale)
        #expect(found.first == values[0])
        // The times of those that came in time are not kept.
        #expect(found.last == (inTime == 0 ? values[values.count - 1] : values[inTime - 1]))
    }

    @Test func orderSaysNothing() throws {
        var random = Random(seed: 7)
        let closed = Self.summary([1, 2, 4])
        var late = Self.late((0..<40).map { _ in random.normal() * 1e3 })
        let first = WindowSummary(closed, amendedBy: late)
        for _ in 0..<20 {
            for index in late.indices { late.swapAt(index, random.below(late.count)) }
            #expect(WindowSummary(closed, amendedBy: late) == first)
        }
    }

    @Test func oneLateReadingAloneIsAWindow() throws {
        let found = try #require(WindowSummary(nil, amendedBy: Self.late([1e200])))
        #expect(found.count == 1 && found.mean == 1e200 && found.deviation == 0)
        #expect(WindowSummary(nil, amendedBy: []) == nil)
        let closed = Self.summary([1, 2])
        #expect(WindowSummary(closed, amendedBy: []) == closed)
    }
}
