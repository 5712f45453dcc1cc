import Primitives
import Testing

@testable import Detection

/// The multivariate health index against an independent implementation, and what it stands for.
@Suite struct HealthIndexTests {
    private static func noise(_ count: Int) -> [Int] {
        var state = 777
        return (0..<count).map { _ in
            state = (state * 1_103_515_245 + 12_345) % (1 << 31)
            return (state >> 8) % 2_001 - 1_000
        }
    }

    /// Four sensors: a load, one that follows it, one that wanders, one that never moves. The
    /// second is silent for a while, then off by 60 for a hundred vectors; the first has one wild
    /// value; the last moves once.
    private static func vectors(_ count: Int) -> [[Double]] {
        let noise = noise(4 * count)
        var wander = 0
        return (0..<count).map { index in
            let own = noise[4 * index..<4 * index + 4].map { $0 }
            // Rounded down, as everywhere but in Swift and C.
            wander += Int((Double(own[2]) / 100).rounded(.down))
            let small = Int((Double(own[3]) / 10).rounded(.down))
            var vector = [
                50_000 + own[0], 20_000 + 2 * own[0] + own[1], 3_000 + wander + small, 700,
            ]
            if 900..<1_000 ~= index { vector[1] += 6_000 }
            if index == 1_100 { vector[0] += 400_000 }
            if 1_200..<1_260 ~= index { vector[3] = 760 }
            var values = vector.map { Double($0) / 100 }
            if 500..<520 ~= index { values[1] = .nan }
            return values
        }
    }

    /// Values of the NumPy prototype of this algorithm for the same vectors.
    @Test func agreesWithThePrototype() {
        var index = HealthIndex(width: 4)
        var readings: [HealthIndex.Reading] = []
        let expected: [Int: (distance: Double, shares: [Double])] = [
            400: (
                0.7194204549358191,
                [-0.04844248977851356, 0.2943910938480189, 0.2716171869105555, 0]
            ),
            510: (
                1.3801817818471018,
                [-0.2616607724819009, 1.529315959594314, 0.6372465638302282, 0]
            ),
            950: (
                23.027006064424594,
                [-32.47939112659092, 562.5857537734082, 0.13664564422979053, 0]
            ),
            1_101: (
                2.080237901810649,
                [-0.07607218454073118, 1.308123542177204, 3.0953383704931006, 0]
            ),
            1_230: (
                8.85620504684352,
                [1.192142319347945, 0.12558501974027045, 4.762229196960673, 72.35241129568774]
            ),
        ]
        for (row, vector) in Self.vectors(1_500).enumerated() {
            readings.append(index.take(vector))
            guard let known = expected[row] else { continue }
            #expect(abs(readings[row].distance - known.distance) < 1e-9)
            for (share, other) in zip(index.contributions, known.shares) {
                #expect(abs(share - other) < 1e-7)
            }
        }
        #expect(abs(readings.map(\.distance).reduce(0, +) - 4_576.447451518705) < 1e-6)
        let turns = readings.indices.dropLast().filter {
            readings[$0].isEvent != readings[$0 + 1].isEvent
        }
        #expect(turns == [909, 1_004, 1_220, 1_261])
        #expect(
            readings.indices.filter { readings[$0].isChange } == [
                423, 446, 534, 586, 677, 714, 793, 901, 938, 1_002, 1_029, 1_111, 1_201, 1_359,
                1_409, 1_446, 1_497,
            ])
    }

    @Test func contributionsSumToTheSquare() {
        var index = HealthIndex(width: 4)
        #expect(index.contributions.isEmpty)
        for vector in Self.vectors(1_000) {
            let judged = index.isCommissioned
            let distance = index.take(vector).distance
            guard judged else { continue }
            let sum = index.contributions.reduce(0, +)
            #expect(abs(sum - distance * distance) < 1e-9 * max(1, sum))
        }
    }

    /// Sensors that say the same, or never move, leave nothing to invert; it is inverted all the
    /// same.
    @Test func sensorsThatAreAlike() {
        var index = HealthIndex(width: 6)
        for vector in Self.vectors(890) {
            let reading = index.take(
                [vector[0], vector[0], vector[0], 5, 5, -vector[0]])
            #expect(reading.distance.isFinite && !reading.isEvent)
        }
        var last = HealthIndex.Reading()
        for _ in 0..<30 { last = index.take([500, 500, 500, 5, 9, -500]) }
        #expect(last.isEvent)
        #expect(
            index.contributions.indices.max { index.contributions[$0] < index.contributions[$1] }
                == 4)
    }

    /// Whatever unit a sensor is read in.
    @Test func unitsDoNotMatter() {
        var plain = HealthIndex(width: 4)
        var scaled = HealthIndex(width: 4)
        for vector in Self.vectors(1_300) {
            let one = plain.take(vector)
            let other = scaled.take(zip(vector, [1e-3, 8, 1e4, 2.5]).map { $0 * $1 })
            #expect(abs(one.distance - other.distance) < 1e-6 * max(1, one.distance))
            #expect(one.isEvent == other.isEvent && one.isChange == other.isChange)
        }
    }

    @Test(arguments: [0, 1, 30, 41, 399, 400, 950])
    func aRestartDoesNotShow(moment: Int) throws {
        var index = HealthIndex(width: 4)
        let vectors = Self.vectors(1_300)
        for vector in vectors[..<moment] { _ = index.take(vector) }
        var writer = StateWriter()
        index.encode(into: &writer)
        var restored = HealthIndex(width: 4)
        var reader = StateReader(writer.bytes)
        try restored.restore(from: &reader)
        #expect(reader.isAtEnd && restored == index)
        for vector in vectors[moment...] { #expect(index.take(vector) == restored.take(vector)) }
    }

    @Test func damagedStateIsRefused() {
        var index = HealthIndex(width: 4)
        for vector in Self.vectors(500) { _ = index.take(vector) }
        var writer = StateWriter()
        index.encode(into: &writer)
        for length in stride(from: 0, to: writer.bytes.count, by: 13) {
            var reader = StateReader(Array(writer.bytes[..<length]))
            var restored = HealthIndex(width: 4)
            #expect(throws: StateFailure.self) { try restored.restore(from: &reader) }
        }
        var reader = StateReader(writer.bytes)
        var other = HealthIndex(width: 5)
        #expect(throws: StateFailure.self) { try other.restore(from: &reader) }
    }
}
