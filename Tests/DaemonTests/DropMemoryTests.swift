import Daemon
import Testing

/// When drops are told: at once, then once a minute at most, and the rest at the end.
@Suite struct DropMemoryTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func onceAMinuteAtMost() {
        var memory = DropMemory()
        #expect(memory.due(0, now: 5 * Self.second, isLast: false) == nil)
        #expect(memory.due(7, now: 5 * Self.second, isLast: false) == 7)
        memory.told(7, now: 5 * Self.second)
        #expect(memory.due(7, now: 900 * Self.second, isLast: true) == nil)
        #expect(memory.due(9, now: 64 * Self.second, isLast: false) == nil)
        #expect(memory.due(9, now: 64 * Self.second, isLast: true) == 2)
        #expect(memory.due(12, now: 65 * Self.second, isLast: false) == 5)
        memory.told(12, now: 65 * Self.second)
        #expect(memory.due(13, now: 124 * Self.second, isLast: false) == nil)
        #expect(memory.due(13, now: 125 * Self.second, isLast: false) == 1)
    }
}
