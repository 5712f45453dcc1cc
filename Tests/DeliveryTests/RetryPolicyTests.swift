import Primitives
import Testing

@testable import Delivery

@Suite struct RetryPolicyTests {
    private func check(_ policy: RetryPolicy, _ failures: Int, _ expected: TimeSpan) {
        #expect(policy.pause(afterFailures: failures) == expected, "after \(failures)")
    }

    @Test func pausesDoubleUpToFiveMinutes() {
        let worked: [Int64] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
        for (index, seconds) in worked.enumerated() {
            check(RetryPolicy(), index + 1, .seconds(seconds))
        }
        check(RetryPolicy(), 1_000_000, .minutes(5))
        check(RetryPolicy(), .max, .minutes(5))
        let sum = worked.prefix(9).reduce(0, +)
        #expect(sum == 511, "8 min 31 s, as the documentation says")
    }

    @Test func extremePoliciesDoNotOverflow() {
        let long = RetryPolicy(initial: .days(365), ceiling: .days(3_650))
        check(long, 1, .days(365))
        check(long, 2, .days(730))
        check(long, 40, .days(3_650))
        check(RetryPolicy(initial: .zero, ceiling: .zero), 40, .zero)
    }
}
