import Intake
import Platform
import ServiceLifecycle
import Web

/// The web server as a service: the last to start and the first to stop, so that everything its
/// requests have handed on is in the queue before the queue is closed.
struct WebService: Service {
    let listeners: Listeners
    let totals: RunTotals
    let pool: BlockPool
    let blocks: BoundedQueue<LineBlock>

    func run() async throws {
        guard let server = listeners.web else {
            try? await gracefulShutdown()
            return
        }
        try await withGracefulShutdownHandler {
            try await server.run(pool: pool, queue: blocks) {
                totals.snapshot(listeners.counts, pool: pool, blocks: blocks)
            }
        } onGracefulShutdown: {
            server.stop()
        }
    }
}
