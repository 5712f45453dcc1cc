import Primitives
import Testing

@testable import Windows

/// Quantiles against the sorted values.
@Suite struct QuantileSketchTests {
    private static let shares = [0.01, 0.05, 0.5, 0.95, 0.99]

    private func sketch(_ values: [Double]) -> QuantileSketch {
        var sketch = QuantileSketch()
        for value in values { sketch.add(value) }
        return sketch
    }

    /// How far the share of values below a quantile is from the one asked for.
    private func rankError(_ values: [Double], _ share: Double) -> Double {
        let found = sketch(values).quantiles([share])[0]
        let below = values.count { $0 < found }
        let through = values.count { $0 <= found }
        let asked = share * Double(values.count)
        if asked < Double(below) { return (Double(below) - asked) / Double(values.count) }
        return max(0, asked - Double(through)) / Double(values.count)
    }

    @Test(arguments: 1...10)
    func ranksAreNear(seed: UInt64) {
        var random = Random(seed: seed)
        let normal = (0..<86_400).map { _ in random.normal() }
        let skewed = normal.map { $0 * $0 * $0 * $0 }
        let stepped = normal.map { ($0 * 2).rounded() }
        for values in [normal, skewed, stepped, normal.sorted(), normal.sorted(by: >)] {
            for share in Self.shares {
                // What one centroid holds there.
                let most =
                    2 * Double.pi / QuantileSketch.compression
                    * (share * (1 - share)).squareRoot()
                #expect(rankError(values, share) <= most, "seed \(seed), share \(share)")
            }
        }
    }

    @Test func fewValuesAreKeptAsTheyAre() {
        #expect(sketch([7]).quantiles([0, 0.5, 0.99, 1]) == [7, 7, 7, 7])
        #expect(sketch([3, 1, 2]).quantiles([0.5, 0.95]) == [2, 3])
        let values = (0..<50).map(Double.init)
        #expect(sketch(values).quantiles([0.5, 0.95, 0.99]) == [24.5, 47, 49])
    }

    @Test func theEndsAreTheLeastAndTheGreatest() {
        var random = Random(seed: 3)
        let values = (0..<10_000).map { _ in random.normal() }
        #expect(
            sketch(values).quantiles([0, 1]) == [values.min() ?? .nan, values.max() ?? .nan])
    }

    @Test func itStaysSmall() throws {
        var random = Random(seed: 5)
        var sketch = QuantileSketch()
        for _ in 0..<1_000_000 { sketch.add(random.normal()) }
        var state = StateWriter()
        sketch.encode(into: &state)
        #expect(state.bytes.count <= 4_500)
    }

    @Test func itGoesOnAfterARestart() throws {
        var random = Random(seed: 6)
        let values = (0..<5_000).map { _ in random.normal() }
        var sketch = self.sketch(Array(values.prefix(1_234)))
        var state = StateWriter()
        sketch.encode(into: &state)
        var reader = StateReader(state.bytes)
        var again = try QuantileSketch(from: &reader)
        for value in values.dropFirst(1_234) {
            sketch.add(value)
            again.add(value)
        }
        #expect(sketch.quantiles(Self.shares) == again.quantiles(Self.shares))
    }

    @Test func damagedOnesAreRefused() {
        var state = StateWriter()
        state.put([2.0, 1])
        state.put([1.0, 1])
        state.put([Double]())
        state.put(1.0)
        state.put(2.0)
        #expect(throws: StateFailure.self) {
            var reader = StateReader(state.bytes)
            _ = try QuantileSketch(from: &reader)
        }
    }
}
