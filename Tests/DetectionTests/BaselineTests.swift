import Primitives
import Testing

@testable import Detection

/// What is learned as normal, against lines known exactly and numbers worked by hand.
@Suite struct BaselineTests {
    static let nan = Double.nan

    /// Rows `[y, x]` of `y = 2 + 3x + noise`, x evenly over 0...10, every `outlierEvery`-th row
    /// off by `outlier`.
    private func rows(
        count: Int = 200, noise: Double = 0, outlierEvery: Int = .max, outlier: Double = 0,
        seed: UInt64 = 1
    ) -> [[Double]] {
        var random = Random(seed: seed)
        return (0..<count).map { index in
            let x = 10 * Double(index * 37 % count) / Double(count - 1)
            let off = index % outlierEvery == outlierEvery - 1 ? outlier : 0
            return [2 + 3 * x + noise * random.normal() + off, x]
        }
    }

    private func check(
        _ rows: [[Double]], explaining: [Int] = [1], slope: Double?, intercept: Double,
        within tolerance: Double, _ location: SourceLocation = #_sourceLocation
    ) throws {
        let baseline = try #require(
            Baseline.fit(target: 0, explaining: explaining, rows: rows, withinWindow: [0.5]),
            sourceLocation: location)
        #expect(
            abs(baseline.intercept - intercept) <= tolerance, "\(baseline.intercept)",
            sourceLocation: location)
        #expect(baseline.terms.count == (slope == nil ? 0 : 1), sourceLocation: location)
        if let slope, let term = baseline.terms.first {
            #expect(
                abs(term.slope - slope) <= tolerance, "\(term.slope)", sourceLocation: location)
        }
        #expect(baseline.scale > 0, sourceLocation: location)
    }

    @Test func recoversLines() throws {
        // The ridge of 1/1000 takes a thousandth off the slope: 3 becomes 2.997, and the line
        // turns about the mean of x, 5: 2 becomes 2.015.
        try check(rows(), slope: 3 / 1.001, intercept: 2 + 5 * (3 - 3 / 1.001), within: 1e-6)
        try check(rows(noise: 0.5), slope: 3, intercept: 2, within: 0.1)
        // Least squares would put the intercept off by 20 (a fifth of 100).
        try check(
            rows(noise: 0.5, outlierEvery: 5, outlier: 100), slope: 3, intercept: 2, within: 0.5)
        try check(
            rows(noise: 0.5, outlierEvery: 5, outlier: -1e6), slope: 3, intercept: 2, within: 0.5)
        // A signal that never moved explains nothing and does no harm.
        try check(rows().map { [$0[1], 7] }, slope: nil, intercept: 5, within: 1e-9)
        // One that is mostly absent is done without: the median of y is left.
        let absent = rows().enumerated().map { [$1[0], $0 < 29 ? $1[1] : Self.nan] }
        try check(absent, slope: nil, intercept: 17, within: 1e-9)
    }

    /// The rows an explaining signal misses are left out, not filled in.
    @Test func usesOnlyCompleteRows() throws {
        var half = rows()
        for index in half.indices where index % 2 == 0 { half[index] = [900, Self.nan] }
        try check(half, slope: 3, intercept: 2, within: 0.05)
    }

    @Test func needsThirtyRows() {
        let few = rows(count: 29)
        #expect(Baseline.fit(target: 0, explaining: [1], rows: few, withinWindow: []) == nil)
        #expect(Baseline.fit(target: 0, explaining: [], rows: few, withinWindow: []) == nil)
        #expect(Baseline.fit(target: 9, explaining: [], rows: rows(), withinWindow: []) == nil)
        let enough = rows(count: 30)
        #expect(Baseline.fit(target: 0, explaining: [1], rows: enough, withinWindow: []) != nil)
    }

    /// Scale: 1.4826 median absolute deviations, at least half a percent of the level.
    @Test func scaleHasAFloor() throws {
        func scale(_ values: [Double]) throws -> Double {
            try #require(
                Baseline.fit(
                    target: 0, explaining: [], rows: values.map { [$0] }, withinWindow: [])
            ).scale
        }
        #expect(try scale([Double](repeating: 200, count: 40)) == 1)
        #expect(try scale([Double](repeating: -200, count: 40)) == 1)
        #expect(try scale([Double](repeating: 0, count: 40)) == 1e-9)
        // -1, 1, -1, 1 ...: median 0, every deviation 1, steps of 2 scatter as 2 * 1.4826.
        #expect(try scale((0..<40).map { $0 % 2 == 0 ? -1 : 1 }) == 1.4826)
    }

    /// White noise is taken as it is; a wandering signal as wider than it looked.
    @Test func wanderingWidensTheScale() throws {
        var random = Random(seed: 5)
        var walk = 0.0
        var white: [[Double]] = []
        var wandering: [[Double]] = []
        for _ in 0..<512 {
            walk = 0.98 * walk + random.normal()
            white.append([100 * random.normal()])
            wandering.append([100 * walk])
        }
        let plain = try #require(
            Baseline.fit(target: 0, explaining: [], rows: white, withinWindow: []))
        let wide = try #require(
            Baseline.fit(target: 0, explaining: [], rows: wandering, withinWindow: []))
        #expect(abs(plain.scale / robustDeviation(white.map { $0[0] }) - 1) < 0.01)
        let seen = robustDeviation(wandering.map { $0[0] })
        #expect(wide.scale > 1.2 * seen, "\(wide.scale / seen)")
    }

    /// Beyond the learned range the line goes on for one range and is trusted less and less.
    @Test(arguments: [
        (5.0, 17.0, 1.0), (0, 2, 1), (10, 32, 1), (15, 47, 2), (20, 62, 3), (30, 62, 5),
        (1e6, 62, 11), (-10, -28, 3), (-1e6, -28, 11),
        // Somewhere in a range of 30: 1 and 30 / sqrt(12) as independent errors, sqrt(1 + 75).
        (.nan, 17, 76.squareRoot()),
    ])
    func widensOutsideTheLearnedRange(_ x: Double, _ value: Double, _ widening: Double) {
        let baseline = Baseline(
            intercept: 2, terms: [.init(position: 1, slope: 3, low: 0, high: 10)], scale: 1,
            withinWindow: 0)
        let expected = baseline.expected(given: [0, x])
        #expect(expected.value == value)
        #expect(expected.widening == widening)
    }

    @Test func anExplainingSignalUnknownYetCountsAsAbsent() {
        let baseline = Baseline(
            intercept: 2, terms: [.init(position: 3, slope: 3, low: 0, high: 10)], scale: 1,
            withinWindow: 0)
        #expect(baseline.expected(given: [0]).value == 17)
    }

    @Test(arguments: [
        ([], 0.0, 0.0), ([4], 4, 0), ([1, 3], 2, 1.4826), ([9, 1, 5], 5, 5.9304),
        ([1, 2, 3, 4, 100], 3, 1.4826),
    ])
    func medians(_ values: [Double], _ middle: Double, _ deviation: Double) {
        #expect(median(values) == middle)
        #expect(abs(robustDeviation(values) - deviation) < 1e-12)
    }

    @Test func linearSystems() {
        // 2a + b = 5, a - b = 1 gives a = 2, b = 1.
        var regular = [[2.0, 1, 5], [1, -1, 1]]
        #expect(LinearSystem.solve(&regular) == [2, 1])
        // A first pivot of zero needs its rows swapped: b = 3, a = 4.
        var swapped = [[0.0, 1, 3], [1, 0, 4]]
        #expect(LinearSystem.solve(&swapped) == [4, 3])
        var singular = [[1.0, 0, 2], [0, 0, 0]]
        #expect(LinearSystem.solve(&singular) == [2, 0])
    }
}
