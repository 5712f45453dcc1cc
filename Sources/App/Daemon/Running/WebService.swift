import Intake
import Platform
import ServiceLifecycle
import Store
import Web

/// The web server as a service: the last to start and the first to stop, so that everything its
/// requests have handed on is in the queue before the queue is closed.
struct WebService: Service {
    let listeners: Listeners
    let totals: RunTotals
    let pool: BlockPool
    let blocks: BoundedQueue<LineBlock>
    let store: StoreLoop
    let directory: StateDirectory

    func run() async throws {
        guard let server = listeners.web else {
            try? await gracefulShutdown()
            return
        }
        try await withGracefulShutdownHandler {
            try await server.run(pool: pool, queue: blocks) {
                var snapshot = totals.snapshot(listeners.counts, pool: pool, blocks: blocks)
                snapshot.storeTrouble = store.trouble?.description
                snapshot.damagedDatabases = DamagedDatabase.names(in: directory).count
                return snapshot
            }
        } onGracefulShutdown: {
            server.stop()
        }
    }
}
