internal import CPlatform
internal import Glibc
internal import Synchronization

/// A named operating-system thread that runs one body to its end.
///
/// Threads are for work that never stops (receiving, computing, committing); whoever waits for
/// their end from a task uses ``finished()``, so that no task ever blocks its pool.
///
/// Protection argument for the unsafe code: the start record is retained once before
/// `pthread_create` and released once by the thread itself (or by `init` when no thread was
/// made). `pthread_join` and `pthread_detach` are called at most once per thread, because both
/// go through `claimEnd()`, which answers true a single time.
package final class PlatformThread: Sendable {
    package let name: String
    private let handle: pthread_t
    private let completion: Completion

    /// Starts the thread. The kernel shows the first 15 bytes of `name`.
    package init(
        name: String, stackBytes: Int = 1 << 20, body: @escaping @Sendable () -> Void
    ) throws(SystemFailure) {
        let completion = Completion()
        let start = unsafe Unmanaged.passRetained(
            Start(name: name, body: body, completion: completion))
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let stack = (max(stackBytes, 64 << 10) + page - 1) / page * page
        unsafe pthread_attr_setstacksize(&attributes, stack)
        var handle = pthread_t()
        let code = unsafe pthread_create(&handle, &attributes, runThread, start.toOpaque())
        unsafe pthread_attr_destroy(&attributes)
        guard code == 0 else {
            unsafe start.release()
            throw SystemFailure(
                "start thread", name, code: code,
                advice: "raise the limit of tasks of this service")
        }
        self.name = name
        self.handle = handle
        self.completion = completion
    }

    deinit {
        if completion.claimEnd() { pthread_detach(handle) }
    }

    /// Blocks until the body has returned. Not for tasks; see ``finished()``.
    package func join() {
        if completion.claimEnd() {
            pthread_join(handle, nil)
        } else {
            precondition(completion.hasEnded, "BUG: thread joined from two places")
        }
    }

    /// Suspends the calling task until the body has returned.
    package func finished() async {
        await completion.wait()
        // The body has returned, so this waits for a few instructions of the thread's exit only.
        if completion.claimEnd() { pthread_join(handle, nil) }
    }

    package var hasFinished: Bool { completion.hasEnded }
}

/// What the new thread needs; freed by it.
private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void
    let completion: Completion

    init(name: String, body: @escaping @Sendable () -> Void, completion: Completion) {
        self.name = name
        self.body = body
        self.completion = completion
    }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
    unsafe csystem_name_thread(start.name)
    start.body()
    start.completion.end()
    return nil
}

/// Remembers that a body has returned and wakes the tasks that wait for it.
private final class Completion: Sendable {
    private struct State {
        var hasEnded = false
        var endClaimed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// True for the first caller only: that one must join or detach.
    func claimEnd() -> Bool {
        state.withLock { state in
            defer { state.endClaimed = true }
            return !state.endClaimed
        }
    }

    func end() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiting.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }
}
