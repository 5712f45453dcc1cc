import ServiceLifecycle

/// Delivers the outbox whenever a step was committed, and again when a failed delivery is due.
///
/// A task, because its work is waiting. The store thread wakes it; one wake-up stands for any
/// number of commits.
struct DeliveryLoop: Service {
    private let delivery: OutboxDelivery
    private let wakes: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    init(_ delivery: OutboxDelivery) {
        self.delivery = delivery
        (wakes, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// From any thread: there may be something to deliver.
    func wake() { wakeUp.yield() }

    func run() async throws {
        await withGracefulShutdownHandler {
            for await _ in wakes { await deliver() }
        } onGracefulShutdown: {
            wakeUp.finish()
        }
        // Once more for what the last step brought; what fails now waits for the next start.
        _ = delivery.run(isLast: true)
    }

    /// Delivers until nothing is due; a failure comes back by a wake-up of its own.
    private func deliver() async {
        guard let pause = delivery.run() else { return }
        let again = wakeUp
        Task {
            try? await Task.sleep(for: pause)
            again.yield()
        }
    }
}
