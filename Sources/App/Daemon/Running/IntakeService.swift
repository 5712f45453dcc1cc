import Intake
import Platform
import ServiceLifecycle
import Synchronization

/// The listeners, each on a thread of its own. When all have stopped, nothing more will come: the
/// block queue is closed and the engine runs it empty.
struct IntakeService: Service {
    let listeners: [any LineListener]
    let pool: BlockPool
    let blocks: BoundedQueue<LineBlock>
    /// Called once every listener has its thread.
    let started: @Sendable () -> Void

    func run() async throws {
        defer { blocks.close() }
        let failures = ListenerFailures()
        var threads: [PlatformThread] = []
        for listener in listeners {
            let pool = pool
            let blocks = blocks
            threads.append(
                try PlatformThread(name: listener.threadName) {
                    do throws(SystemFailure) {
                        try listener.run(pool: pool, queue: blocks)
                    } catch {
                        failures.add(error)
                    }
                })
        }
        started()
        let listeners = listeners
        await withGracefulShutdownHandler {
            for thread in threads { await thread.finished() }
            // With no listener at all the daemon still runs, for its timers.
            if listeners.isEmpty { try? await gracefulShutdown() }
        } onGracefulShutdown: {
            for listener in listeners { listener.stop() }
        }
        if let failure = failures.first { throw failure }
    }
}

/// What the listener threads failed with.
private final class ListenerFailures: Sendable {
    private let failures = Mutex<[SystemFailure]>([])

    func add(_ failure: SystemFailure) { failures.withLock { $0.append(failure) } }

    var first: SystemFailure? { failures.withLock { $0.first } }
}
