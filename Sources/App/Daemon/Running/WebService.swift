import Intake
import Platform
import ServiceLifecycle
import Web

/// The web server as a service: the last to start and the first to stop, so that everything its
/// requests have handed on is in the queue before the queue is closed.
struct WebService: Service {
    let server: WebServer?
    let pool: BlockPool
    let blocks: BoundedQueue<LineBlock>
    let snapshot: @Sendable () -> IntakeSnapshot

    func run() async throws {
        guard let server else {
            try? await gracefulShutdown()
            return
        }
        try await withGracefulShutdownHandler {
            try await server.run(pool: pool, queue: blocks, snapshot: snapshot)
        } onGracefulShutdown: {
            server.stop()
        }
    }
}
