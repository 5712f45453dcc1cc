import Foundation
import Platform
import Primitives
import Testing

@Suite struct SystemFailureTests {
    private func check(
        _ failure: SystemFailure, _ expected: String, isRetryable: Bool,
        at location: SourceLocation = #_sourceLocation
    ) {
        #expect(failure.description == expected, sourceLocation: location)
        #expect(failure.isRetryable == isRetryable, sourceLocation: location)
    }

    @Test func sentences() {
        check(
            SystemFailure("write", "/x", code: ENOSPC), "cannot write /x: no space left on device",
            isRetryable: true)
        check(
            SystemFailure("lock", "/x", code: EACCES, advice: "change its owner"),
            "cannot lock /x: permission denied - change its owner", isRetryable: false)
        check(
            SystemFailure("read", "/x", code: ENOENT, cause: "nothing there"),
            "cannot read /x: nothing there", isRetryable: false)
        check(
            SystemFailure("read", "/x", code: ENOENT).advising("look again"),
            "cannot read /x: no such file or directory - look again", isRetryable: false)
        check(
            SystemFailure("read", "/x", code: 9_999), "cannot read /x: system error 9999",
            isRetryable: false)
    }

    @Test func theMachineIsMeasured() {
        #expect(ProcessUsage.residentBytes > 1 << 20)
        #expect(ProcessUsage.peakResidentBytes >= 1 << 20)
        let before = ProcessUsage.cpuSeconds
        var sum: UInt64 = 0
        while ProcessUsage.cpuSeconds <= before { sum = sum &* 31 &+ 1 }
        #expect(ProcessUsage.cpuSeconds > before, "\(sum)")
        #expect(HostName.current == ProcessInfo.processInfo.hostName || !HostName.current.isEmpty)
    }

    @Test func clocks() {
        let year2020 = Timestamp(seconds: 1_577_836_800)
        #expect(WallClock.now() > year2020)
        let first = MonotonicClock.now()
        let deadline = first + 1_000_000
        MonotonicClock.sleep(until: deadline)
        #expect(MonotonicClock.now() >= deadline)
        MonotonicClock.sleep(until: 0)
    }
}
