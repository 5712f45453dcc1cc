import Primitives
import Testing

@testable import Intake

/// The token buckets of a listener with a rate, by a clock of the test's own.
@Suite struct SourceRatesTests {
    private static let second: UInt64 = 1_000_000_000

    private func rates(sources: Int = 100, rate: Int = 10) -> SourceRates {
        var limits = IntakeLimits()
        limits.ratedSources = sources
        return SourceRates(linesPerSecond: rate, limits: limits)
    }

    private func sender(_ number: UInt32) -> LineSource { .ipv4(.udp, number) }

    @Test func aBucketHoldsTenSecondsAndFillsAtTheRate() {
        let rates = rates()
        let one = sender(1)
        #expect(rates.take(100, of: one, now: 0) == .all)
        #expect(rates.take(1, of: one, now: 0) == .some(0))
        #expect(rates.take(10, of: one, now: Self.second) == .all)
        #expect(rates.take(20, of: one, now: 2 * Self.second) == .some(10))
        // It does not fill beyond ten seconds' worth, however long nothing comes.
        #expect(rates.take(200, of: one, now: 3_600 * Self.second) == .some(100))
        #expect(rates.take(7, of: sender(2), now: 3_600 * Self.second) == .all)
    }

    @Test func fractionsOfALineAreNotLost() {
        let rates = rates(rate: 1)
        #expect(rates.take(10, of: sender(1), now: 0) == .all)
        var taken = 0
        for step in 1...30 {
            if rates.take(1, of: sender(1), now: UInt64(step) * Self.second / 10) == .all {
                taken += 1
            }
        }
        // Three seconds, give or take what a tenth is not in binary.
        #expect(taken == 3 || taken == 2)
    }

    @Test func aFullTableRefusesTheNewcomerAndForgetsWhoIsQuiet() {
        let rates = rates(sources: 2)
        #expect(rates.take(50, of: sender(1), now: 0) == .all)
        #expect(rates.take(100, of: sender(2), now: 0) == .all)
        #expect(rates.take(1, of: sender(3), now: 0) == .unknown)
        // The residents keep what they have.
        #expect(rates.take(51, of: sender(1), now: 0) == .some(50))
        // Whose bucket is full again gives its place away; who still owes does not.
        #expect(rates.take(90, of: sender(2), now: 9 * Self.second) == .all)
        #expect(rates.take(1, of: sender(3), now: 10 * Self.second) == .all)
        #expect(rates.take(100, of: sender(2), now: 10 * Self.second) == .some(10))
        #expect(rates.take(1, of: sender(1), now: 10 * Self.second) == .unknown)
    }
}
