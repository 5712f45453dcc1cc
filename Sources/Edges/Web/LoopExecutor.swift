internal import NIOCore

/// Runs tasks on the thread of an event loop, so that what was read there is worked on there: no
/// second thread is woken for each piece of a body.
///
/// Protection argument for the unsafe code: the job is run exactly once, by the closure it was
/// handed to, and the loop outlives every task that prefers this executor, because the server
/// waits for its tasks before it stops the loop.
@safe final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = unsafe asUnownedTaskExecutor()
        loop.execute { unsafe job.runSynchronously(on: executor) }
    }
}
