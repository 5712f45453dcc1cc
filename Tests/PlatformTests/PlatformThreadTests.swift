import Foundation
import Platform
import Testing

@Suite(.timeLimit(.minutes(1))) struct PlatformThreadTests {
    /// Runs a thread of that name and compares the name the kernel knows.
    private func check(
        _ name: String, shownAs expected: String, at location: SourceLocation = #_sourceLocation
    ) throws {
        let names = BoundedQueue<String>(capacity: 1)
        let thread = try PlatformThread(name: name, stackBytes: 256 << 10) {
            let comm = FileManager.default.contents(atPath: "/proc/thread-self/comm") ?? Data()
            _ = names.push(String(decoding: comm, as: UTF8.self))
        }
        thread.join()
        #expect(thread.hasFinished, sourceLocation: location)
        guard case .element(let shown) = names.pop(until: 0) else {
            Issue.record("the body did not run", sourceLocation: location)
            return
        }
        #expect(shown == expected + "\n", sourceLocation: location)
    }

    @Test func namesAreShownByTheKernel() throws {
        try check("engine", shownAs: "engine")
        try check("a-name-that-is-too-long", shownAs: "a-name-that-is-")
    }

    @Test func tasksCanWaitForTheEnd() async throws {
        let gate = BoundedQueue<Int>(capacity: 1)
        let thread = try PlatformThread(name: "waiting") { _ = gate.pop() }
        #expect(!thread.hasFinished)
        async let first: Void = thread.finished()
        async let second: Void = thread.finished()
        gate.close()
        _ = await (first, second)
        #expect(thread.hasFinished)
        await thread.finished()
        thread.join()
    }

    @Test func aThreadOutlivesItsHandle() throws {
        let done = BoundedQueue<Int>(capacity: 1)
        let gate = BoundedQueue<Int>(capacity: 1)
        do {
            _ = try PlatformThread(name: "forgotten") {
                _ = gate.pop()
                _ = done.push(1)
            }
        }
        gate.close()
        guard case .element = done.pop() else {
            Issue.record("the thread was lost")
            return
        }
    }

    @Test func aRaisedFlagStaysRaised() {
        let flag = ShutdownFlag()
        #expect(!flag.isRequested)
        flag.request()
        flag.request()
        #expect(flag.isRequested)
    }
}
