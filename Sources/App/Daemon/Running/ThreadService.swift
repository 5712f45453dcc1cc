import Platform
import ServiceLifecycle

/// A thread as a service: runs until its body returns, is asked to stop at graceful shutdown, and
/// stays in the group until then, so that the group's order is the order of stopping.
struct ThreadService: Service {
    let name: String
    /// Asks the body to return. For threads that end when their queue is closed: nothing.
    let stop: @Sendable () -> Void
    let body: @Sendable () -> Void

    func run() async throws {
        let thread = try PlatformThread(name: name, body: body)
        await withGracefulShutdownHandler {
            await thread.finished()
        } onGracefulShutdown: {
            stop()
        }
        try? await gracefulShutdown()
    }
}
