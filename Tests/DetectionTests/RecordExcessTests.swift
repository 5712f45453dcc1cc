import Primitives
import Testing

@testable import Detection

/// Record excess against an independent implementation, and what it is silent about.
@Suite struct RecordExcessTests {
    static let start = Timestamp(seconds: 1_767_571_200)
    static let tick = TimeSpan.minutes(5)

    /// Some days of a signal with a daily course, made of whole numbers so that any language makes
    /// the same: a step up and back, a stretch without any change, a slow rise, one wild value, and
    /// more noise at the end.
    static func series(_ count: Int) -> [Double] {
        var state = 12_345
        return (0..<count).map { index in
            state = (state * 1_103_515_245 + 12_345) % (1 << 31)
            let noise = (state >> 8) % 2_001 - 1_000
            let hour = index / 12 % 24
            let base = 20_000 + hour * (24 - hour) * 10
            var value = base + noise
            if 1_500..<1_520 ~= index { value += 8_000 }
            if 2_000..<2_100 ~= index { value = 21_000 }
            if index >= 2_500 { value += (index - 2_500) * 10 }
            if index == 3_100 { value = -50_000 }
            if index >= 3_300 { value = base + 3 * noise }
            return Double(value) / 1_000
        }
    }

    static func scores<Stored: StoredValue>(
        _ values: [Double], as _: Stored.Type, origin: Double? = nil
    ) -> [RecordExcess<Stored>.Score] {
        var record = RecordExcess<Stored>(origin: origin)
        return values.enumerated().map { index, value in
            record.take(value, at: start + tick * Int64(index))
        }
    }

    /// Values of the NumPy prototype of this algorithm, double precision, for the same series. It
    /// counts from zero.
    @Test func agreesWithThePrototype() {
        let scores = Self.scores(Self.series(3_600), as: Double.self, origin: 0)
        let raw = scores.map(\.raw)
        #expect(abs(raw.reduce(0, +) - 159.95666466863864) < 1e-9)
        #expect(scores.count { $0.news > 0 } == 62)
        #expect(abs(scores.map(\.news).reduce(0, +) - 20.858593226504194) < 1e-9)
        let expected: [Int: (raw: Double, cause: RecordFeature)] = [
            150: (0.023988147389982534, .shape), 500: (0.03852174673222791, .shape),
            1_499: (0, .value), 1_500: (5.530074432834288, .value),
            1_501: (2.363412607457514, .high12), 1_519: (0.38433726056467205, .shape),
            2_050: (0, .value), 2_600: (0.05223477737485359, .hourDeviation),
            3_100: (7.7865622919831745, .value), 3_101: (2.8782918680644243, .low24),
            3_301: (0.2591974916640212, .shape), 3_400: (0.05171624553509252, .deviation),
        ]
        for (index, value) in expected {
            #expect(abs(raw[index] - value.raw) < 1e-9, "\(index): \(raw[index])")
            #expect(scores[index].cause == value.cause, "\(index): \(scores[index].cause)")
        }
    }

    /// What the program keeps its histories in changes which shape is the nearest now and then, and
    /// no more, at any level.
    @Test(arguments: [0, 1e6, -3e8])
    func fewBitsAreEnough(level: Double) {
        let values = Self.series(3_600).map { $0 + level }
        let full = Self.scores(values, as: Double.self)
        let short = Self.scores(values, as: Float.self)
        for (index, pair) in zip(full, short).enumerated() {
            #expect(
                abs(pair.0.raw - pair.1.raw) < 0.31, "\(index): \(pair.0.raw) \(pair.1.raw)")
        }
        let news = full.indices.filter { full[$0].news > 1 }
        #expect(news == short.indices.filter { short[$0].news > 1 })
        // Far from zero the smallest step that counts is larger than the steps of this series.
        if level >= 0 { #expect(news.contains(1_500) && news.contains(3_100)) }
    }

    @Test func whatRepeatsIsSilent() {
        let values = (0..<5_000).map { Double([0, 10, 10, 3, 250, 0][$0 % 6]) }
        #expect(Self.scores(values, as: Float.self).allSatisfy { $0.raw < 0.4 })
        let constant = [Double](repeating: 7, count: 3_000)
        #expect(Self.scores(constant, as: Float.self).allSatisfy { $0.raw == 0 })
    }

    @Test func theFirstChangeOfAConstantIsNews() {
        let values = [Double](repeating: 7, count: 500) + [7.01]
        let last = Self.scores(values, as: Float.self).last!
        #expect(last.news > 3)
    }

    @Test func oneEventIsToldOnce() {
        var values = Self.series(1_400)
        values += (0..<60).map { values[$0 % 12 + 600] + 4 }
        values += [values[0] + 90]
        let scores = Self.scores(values, as: Float.self)
        #expect(scores[1_400].news > 0.5)
        #expect(scores[1_401..<1_460].allSatisfy { $0.news == 0 })
        // Clearly worse is news again.
        #expect(scores[1_460].news > 1.5 * scores[1_400].news)
    }

    @Test func whatIsNoNumberChangesNothing() {
        var plain = RecordExcess<Float>()
        var broken = RecordExcess<Float>()
        for (index, value) in Self.series(400).enumerated() {
            let time = Self.start + Self.tick * Int64(index)
            for wrong in [Double.nan, .infinity, -.infinity] {
                #expect(broken.take(wrong, at: time) == RecordExcess<Float>.Score())
            }
            #expect(plain.take(value, at: time) == broken.take(value, at: time))
        }
        #expect(plain == broken)
    }

    @Test func hugeValuesAreSurvived() {
        var record = RecordExcess<Float>()
        var random = Random(seed: 3)
        let values = [
            0, 1, -1, 1e-300, 1e300, -1e300, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
        ]
        for index in 0..<2_000 {
            let score = record.take(
                values[random.below(values.count)], at: Self.start + Self.tick * Int64(index))
            #expect(score.raw.isFinite)
        }
    }

    /// At any moment: what was written goes on as if nothing had happened.
    @Test(arguments: [0, 1, 30, 63, 64, 100, 800])
    func aRestartDoesNotShow(moment: Int) throws {
        var record = RecordExcess<Float>(pace: RecordPace(tick: .minutes(1)))
        let values = Self.series(1_600)
        for index in 0..<moment { _ = record.take(values[index], at: Self.start) }
        var writer = StateWriter()
        record.encode(into: &writer)
        #expect(writer.bytes.count < 3_200)
        var restored = RecordExcess<Float>(pace: RecordPace(tick: .minutes(1)))
        var reader = StateReader(writer.bytes)
        try restored.restore(from: &reader)
        #expect(reader.isAtEnd && restored == record)
        for index in moment..<values.count {
            let time = Self.start + Self.tick * Int64(index)
            #expect(record.take(values[index], at: time) == restored.take(values[index], at: time))
        }
    }

    @Test func damagedStateIsRefused() throws {
        var record = RecordExcess<Float>()
        for value in Self.series(200) { _ = record.take(value, at: Self.start) }
        var writer = StateWriter()
        record.encode(into: &writer)
        for length in stride(from: 0, to: writer.bytes.count, by: 37) {
            var reader = StateReader(Array(writer.bytes[..<length]))
            var restored = RecordExcess<Float>()
            #expect(throws: StateFailure.self) { try restored.restore(from: &reader) }
        }
    }

    /// Forgetting goes by time, whatever the tick.
    @Test func rangesAreForgottenWithTheDays() {
        let usual = RecordPace(tick: .minutes(5))
        #expect(abs(usual.keep - RecordPace().keep) < 1e-12 && usual.hourReadings == 12)
        #expect(abs(Math.exp(Math.log(usual.keep) * 288 * 48) - 0.5) < 0.01)
        let hourly = RecordPace(tick: .hours(1))
        #expect(hourly.hourReadings == 1)
        #expect(abs(Math.log(hourly.keep) - 12 * Math.log(usual.keep)) < 1e-12)
        // Below a minute nothing is taken faster.
        #expect(RecordPace(tick: .seconds(1)) == RecordPace(tick: .minutes(1)))
    }
}
