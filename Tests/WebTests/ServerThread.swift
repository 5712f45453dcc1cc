// Protection argument for the unsafe call: the job is run exactly once, by the queue it was handed
// to, and the running block keeps the executor alive.

import Dispatch

/// A thread of the server's own. The tests block the threads that tasks otherwise share, and a
/// server that waits for one of them would seem to hang.
final class ServerThread: TaskExecutor {
    private let queue = DispatchQueue(label: "web-server")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
