import Primitives
import Testing

@testable import Detection

/// Slow drift against a frozen reference.
@Suite struct DriftDetectorTests {
    private static func take(
        _ count: Int, drift: Double, seed: UInt64, in detector: inout DriftDetector
    ) -> Int? {
        var random = Random(seed: seed)
        for block in 0..<count {
            let since = max(0, block - DriftDetector.referenceBlocks)
            if detector.take(5 + random.normal() + drift * Double(since)) != .none {
                return since
            }
        }
        return nil
    }

    /// Values of the NumPy prototype of this algorithm for the same blocks.
    @Test func agreesWithThePrototype() {
        var state = 777
        var detector = DriftDetector()
        var first: Int?
        for block in 0..<120 {
            state = (state * 1_103_515_245 + 12_345) % (1 << 31)
            let noise = (state >> 8) % 2_001 - 1_000
            let drift = block < 40 ? 0 : (block - 40) * 60
            let found = detector.take(Double(10_000 + noise + drift) / 1_000)
            #expect(found != .down)
            if found == .up, first == nil { first = block }
        }
        #expect(first == 63)
        #expect(detector.found == .up)
        #expect(abs(detector.slope - 0.06489978213507627) < 1e-12)
    }

    /// A twentieth of a deviation a day is found within two months in nine of ten machines, and
    /// hardly any healthy one is called drifting within a year.
    @Test func driftIsFoundAndHealthIsNot() {
        var found = 0
        var wrong = 0
        for seed in UInt64(1)...200 {
            var drifting = DriftDetector()
            if Self.take(14 + 60, drift: 0.05, seed: seed, in: &drifting) != nil { found += 1 }
            var healthy = DriftDetector()
            if Self.take(14 + 365, drift: 0, seed: 1_000 + seed, in: &healthy) != nil { wrong += 1 }
        }
        #expect(found >= 180, "\(found) of 200")
        #expect(wrong <= 10, "\(wrong) of 200")
    }

    @Test func whatWasFoundStays() {
        var detector = DriftDetector()
        var random = Random(seed: 5)
        for _ in 0..<40 { _ = detector.take(1 + random.normal() / 10) }
        #expect(detector.found == .none)
        while detector.take(0.3 + random.normal() / 10) == .none {}
        #expect(detector.found == .down)
        for _ in 0..<200 { _ = detector.take(1 + random.normal() / 10) }
        #expect(detector.take(1) == .none && detector.found == .down)
    }

    @Test func aBlockWithoutAMeanChangesNothing() {
        var detector = DriftDetector()
        for block in 0..<50 {
            let before = detector
            #expect(detector.take(.nan) == .none && detector == before)
            _ = detector.take(Double(block % 5))
        }
    }

    @Test func timeToALimit() throws {
        var detector = DriftDetector()
        #expect(detector.blocks(to: 100) == nil)
        for block in 0..<60 { _ = detector.take(20 + Double(block) / 2) }
        #expect(detector.slope == 0.5)
        #expect(detector.blocks(to: 60) == (60 - 49.5) / 0.5)
        #expect(detector.blocks(to: 40) == nil)
    }

    @Test(arguments: [0, 5, 14, 60])
    func aRestartDoesNotShow(moment: Int) throws {
        var detector = DriftDetector()
        for block in 0..<moment { _ = detector.take(Double(block * block % 17)) }
        var writer = StateWriter()
        detector.encode(into: &writer)
        var reader = StateReader(writer.bytes)
        #expect(try DriftDetector(from: &reader) == detector)
        #expect(reader.isAtEnd)
    }
}
