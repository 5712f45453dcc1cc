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
    let state: OpenState

    func run() async throws {
        guard let server = listeners.web else {
            try? await gracefulShutdown()
            return
        }
        try await withGracefulShutdownHandler {
            try await server.run(
                pool: pool, queue: blocks, waitsForJournal: state.journal.isWritten
            ) {
                var snapshot = totals.snapshot(listeners.counts, pool: pool, blocks: blocks)
                snapshot.storeTrouble = store.trouble?.description
                snapshot.damagedDatabases = DamagedDatabase.names(in: state.directory).count
                snapshot.journal = state.journal.isWritten ? state.journal.snapshot : nil
                return snapshot
            }
        } onGracefulShutdown: {
            server.stop()
        }
    }
}
