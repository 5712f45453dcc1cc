import Intake
import Logging
import Platform
import Primitives
import Store
import Synchronization

/// Writes the `runtime` row from the store thread: with a step, at most every ten seconds, and
/// once at the end.
final class RuntimePublisher: Sendable {
    private let startedAt = WallClock.now()
    private let next = Mutex<UInt64>(0)
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    func publish(_ writer: StepWriter, _ listeners: [UDPCounts], isLast: Bool = false) {
        let now = MonotonicClock.now()
        let isDue = next.withLock { next in
            guard isLast || now >= next else { return false }
            next = now + RuntimeReport.interval
            return true
        }
        guard isDue else { return }
        let json = RuntimeReport.json(startedAt: startedAt, udp: UDPCounts(sumOf: listeners))
        do {
            try writer.publish(process: json)
        } catch {
            // Only what `status` shows is older than it could be.
            logger.debug("Cannot write the runtime row", metadata: ["error": "\(error)"])
        }
    }
}

extension UDPCounts {
    /// What several listeners have received and lost together.
    init(sumOf listeners: [UDPCounts]) {
        self.init()
        for counts in listeners {
            datagrams += counts.datagrams
            bytes += counts.bytes
            kernelDrops += counts.kernelDrops
            truncated += counts.truncated
        }
    }
}
