import ServiceLifecycle
import UnixSignals

/// SIGHUP reopens the alert log, as log rotation expects; it never ends the daemon.
struct HangupService: Service {
    let delivery: OutboxDelivery

    func run() async throws {
        let delivery = delivery
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            delivery.reopenAlertLog()
        }
    }
}
