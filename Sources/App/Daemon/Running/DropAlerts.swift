import Logging
import Platform
import Primitives
import Store

/// Writes to the alert log, and a warning to the log, when the kernel begins to drop datagrams of a
/// listener, and while it goes on at most once a minute. The store's thread looks about once a
/// second.
struct DropAlerts {
    private struct Memory {
        var told: UInt64 = 0
        var lastTold: UInt64?
    }

    /// Nanoseconds between two lines about one listener.
    static let pause: UInt64 = 60_000_000_000

    private let listeners: Listeners
    private let outbox: Outbox
    private let logger: Logger
    private var memory: [Memory]

    init(_ listeners: Listeners, _ outbox: Outbox, _ logger: Logger) {
        self.listeners = listeners
        self.outbox = outbox
        self.logger = logger
        memory = Array(repeating: Memory(), count: listeners.udp.count)
    }

    /// Announces what is due; with `isLast` everything that was not told. True when there is
    /// something to deliver.
    mutating func look(isLast: Bool = false, now: UInt64 = MonotonicClock.now()) -> Bool {
        var hasNew = false
        for (index, item) in listeners.drops.enumerated() where item.total > memory[index].told {
            if !isLast, let last = memory[index].lastTold, now - last < Self.pause { continue }
            let notice = DropNotice(
                time: WallClock.now(), listener: item.listener,
                count: item.total - memory[index].told, total: item.total)
            do throws(StoreFailure) {
                try outbox.announce(notice)
                memory[index] = Memory(told: item.total, lastTold: now)
                hasNew = true
                logger.warning(
                    "kernel dropped datagrams: lines arrive faster than they are worked on",
                    metadata: [
                        "listener.address": "\(item.listener)", "count": "\(notice.count)",
                    ])
            } catch {
                // It is not told, so the next look tells it.
                logger.debug("Cannot announce drops", metadata: ["error": "\(error)"])
            }
        }
        return hasNew
    }
}
