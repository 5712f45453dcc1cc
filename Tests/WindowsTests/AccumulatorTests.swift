import Primitives
import Testing
import Windows

/// What a closed window says of its readings, against the definitions computed in two passes.
@Suite struct AccumulatorTests {
    struct Reading {
        var time: Int64
        var value: Double
    }

    /// Sends the readings, which must lie in one window of a day, and returns its summary.
    func summary(_ readings: [Reading]) throws -> WindowSummary {
        let bench = WindowBench()
        let device = bench.addDevice(length: 86_400, lateness: 86_400)
        for reading in readings {
            bench.send(reading.value, to: device, at: reading.time, arrival: 86_000)
        }
        bench.finish()
        let summaries = bench.summaries(of: device)
        #expect(summaries.count == 1)
        return try #require(summaries.first)
    }

    /// `tolerance` is relative to the size of each quantity.
    func check(
        _ readings: [Reading], tolerance: Double, _ note: Comment,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let found = try summary(readings)
        let values = readings.map(\.value)
        let count = Double(values.count)
        // Deviations from the first value keep the reference exact at any offset.
        let origin = values[0]
        let mean = origin + values.reduce(0) { $0 + ($1 - origin) } / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = values.count > 1 ? (squares / (count - 1)).squareRoot() : 0
        let byTime = readings.sorted { $0.time < $1.time }
        #expect(found.count == values.count, note, sourceLocation: sourceLocation)
        #expect(found.minimum == values.min(), note, sourceLocation: sourceLocation)
        #expect(found.maximum == values.max(), note, sourceLocation: sourceLocation)
        #expect(found.first == byTime.first?.value, note, sourceLocation: sourceLocation)
        #expect(found.last == byTime.last?.value, note, sourceLocation: sourceLocation)
        #expect(
            abs(found.mean - mean) <= tolerance * max(abs(mean), deviation), note,
            sourceLocation: sourceLocation)
        #expect(
            abs(found.deviation - deviation) <= tolerance * deviation, note,
            sourceLocation: sourceLocation)
    }

    @Test(arguments: 1...20)
    func agreesWithTwoPasses(seed: UInt64) throws {
        var random = Random(seed: seed)
        let count = 1 + random.below(400)
        var readings = (0..<count).map {
            Reading(time: Int64($0) * 7, value: 20 + 3 * random.normal())
        }
        // Any order: first and last go by event time, not by arrival.
        for index in readings.indices.reversed() {
            readings.swapAt(index, random.below(index + 1))
        }
        try check(readings, tolerance: 1e-12, "seed \(seed)")
    }

    /// Of the line of least squares, by the definition.
    private func slope(_ readings: [Reading]) -> Double {
        let count = Double(readings.count)
        let time = readings.reduce(0) { $0 + Double($1.time) } / count
        let mean = readings.reduce(0) { $0 + $1.value } / count
        let products = readings.reduce(0) { $0 + (Double($1.time) - time) * ($1.value - mean) }
        return products
            / readings.reduce(0) { $0 + (Double($1.time) - time) * (Double($1.time) - time) }
    }

    @Test(arguments: 1...20)
    func theSlopeIsThatOfLeastSquares(seed: UInt64) throws {
        var random = Random(seed: seed)
        var readings: [Reading] = []
        var time: Int64 = Int64(random.below(10_000))
        for _ in 0..<2 + random.below(400) {
            time += Int64(1 + random.below(100))
            readings.append(Reading(time: time, value: 1e4 - 0.25 * Double(time) + random.normal()))
        }
        let expected = slope(readings)
        for turn in 0..<3 {
            // In order, from the back, and in any order.
            if turn == 1 { readings.reverse() }
            if turn == 2 {
                for index in readings.indices { readings.swapAt(index, random.below(index + 1)) }
            }
            let found = try #require(try summary(readings).slope)
            #expect(abs(found - expected) <= 1e-10, "seed \(seed), turn \(turn)")
        }
    }

    /// At the end of a long window as well as at its beginning, and per second.
    @Test(arguments: [0, 86_000] as [Int64])
    func aLineHasItsSlope(from start: Int64) throws {
        let readings = (0..<100).map { Reading(time: start + $0, value: 5 + 0.5 * Double($0)) }
        let found = try #require(try summary(readings).slope)
        #expect(abs(found - 0.5) <= 1e-9)
    }

    @Test func readingsOfOneInstantHaveNoSlope() throws {
        #expect(try summary([Reading(time: 5, value: 1)]).slope == nil)
        #expect(try summary([Reading(time: 5, value: 1), Reading(time: 5, value: 3)]).slope == nil)
    }

    /// Sums of squares lose every digit here: 1e9 squared leaves 2e2 of a double's precision.
    @Test(arguments: 1...5)
    func keepsTheDeviationOfLargeValues(seed: UInt64) throws {
        var random = Random(seed: seed)
        let readings = (0..<300).map {
            Reading(time: Int64($0), value: 1e9 + random.normal())
        }
        try check(readings, tolerance: 1e-6, "seed \(seed)")
    }

    @Test func oneReadingHasNoDeviation() throws {
        try check([Reading(time: 5, value: -3)], tolerance: 0, "one reading")
    }

    @Test func constantReadingsHaveNoDeviation() throws {
        let found = try summary((0..<50).map { Reading(time: $0, value: 0.1) })
        #expect(found.deviation == 0)
        #expect(found.mean == 0.1)
    }

    @Test(arguments: [
        [1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1],
    ])
    func firstAndLastInEveryOrder(times: [Int64]) throws {
        let found = try summary(times.map { Reading(time: $0, value: Double(10 * $0)) })
        #expect(found.first == 10)
        #expect(found.last == 30)
    }

    /// Two readings of one instant: the one that came first is first, the one that came last is
    /// last.
    @Test func tiesGoByArrival() throws {
        let found = try summary([
            Reading(time: 5, value: 1), Reading(time: 5, value: 2), Reading(time: 5, value: 3),
        ])
        #expect(found.first == 1)
        #expect(found.last == 3)
    }
}
