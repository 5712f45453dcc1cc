import Primitives
import Testing

@testable import Detection

/// Drift as a signal's windows tell it: days make blocks.
@Suite struct DriftWatchTests {
    private struct Course {
        var watch = DriftWatch()
        var random: Random
        var time = Bench.start
        private(set) var changes: [(day: Int, change: DriftChange)] = []

        init(seed: UInt64) { random = Random(seed: seed) }

        /// Hourly windows of a day around a level.
        mutating func day(_ level: Double, windows: Int = 24) {
            for window in 0..<windows {
                let at = time + .hours(Int64(window))
                if let change = watch.take(level + random.normal(), at: at) {
                    let days = (time - Bench.start).nanoseconds / TimeSpan.days(1).nanoseconds
                    changes.append((Int(days), change))
                }
            }
            time = time + .days(1)
        }
    }

    @Test func aDriftIsToldOnceAndTakenBackByARepair() throws {
        var course = Course(seed: 5)
        for _ in 0..<30 { course.day(10) }
        #expect(course.changes.isEmpty)
        for day in 0..<60 { course.day(10 - 0.1 * Double(day)) }
        #expect(course.changes.count == 1)
        let found = try #require(course.changes.first)
        #expect(found.change.direction == .down && found.change.perDay < 0)
        #expect(31...50 ~= found.day, "\(found.day)")
        course.watch.restart()
        course.day(10)
        #expect(course.changes.last?.change.direction == DriftDetector.Direction.none)
        for _ in 0..<60 { course.day(10) }
        #expect(course.changes.count == 2)
    }

    /// A few hours say little of a day: they make no block.
    @Test func aDayWithFewWindowsDoesNotCount() {
        var course = Course(seed: 6)
        for _ in 0..<30 { course.day(10) }
        let blocks = course.watch.detector.blocks
        for _ in 0..<20 { course.day(40, windows: 5) }
        #expect(course.watch.detector.blocks == blocks + 1)
        #expect(course.changes.isEmpty)
    }

    @Test func aRestartDoesNotShow() throws {
        var course = Course(seed: 7)
        for day in 0..<25 { course.day(10 + 0.05 * Double(day)) }
        var writer = StateWriter()
        course.watch.encode(into: &writer)
        var reader = StateReader(writer.bytes)
        let restored = try DriftWatch(from: &reader)
        #expect(reader.isAtEnd && restored == course.watch)
        for length in stride(from: 0, to: writer.bytes.count, by: 13) {
            var cut = StateReader(Array(writer.bytes[..<length]))
            #expect(throws: StateFailure.self) { try DriftWatch(from: &cut) }
        }
    }
}
