import Logging
import Platform
import Primitives
import Store

/// Writes to the alert log, and a warning to the log, when the kernel begins to drop datagrams of a
/// listener, and while it goes on at most once a minute. The store's thread looks about once a
/// second.
struct DropAlerts {
    private let listeners: Listeners
    private let outbox: Outbox
    private let logger: Logger
    private var memory: [DropMemory]

    init(_ listeners: Listeners, _ outbox: Outbox, _ logger: Logger) {
        self.listeners = listeners
        self.outbox = outbox
        self.logger = logger
        memory = Array(repeating: DropMemory(), count: listeners.udp.count)
    }

    /// Announces what is due; with `isLast` everything that was not told. True when there is
    /// something to deliver.
    mutating func look(isLast: Bool = false, now: UInt64 = MonotonicClock.now()) -> Bool {
        var hasNew = false
        for (index, item) in listeners.drops.enumerated() {
            guard let count = memory[index].due(item.total, now: now, isLast: isLast) else {
                continue
            }
            let notice = DropNotice(
                time: WallClock.now(), listener: item.listener, count: count, total: item.total)
            do throws(StoreFailure) {
                try outbox.announce(notice)
                memory[index].told(item.total, now: now)
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

/// What was told of one listener's drops, and when the next line is due.
package struct DropMemory: Sendable {
    /// Nanoseconds between two lines about one listener.
    package static let pause: UInt64 = 60_000_000_000

    private var told: UInt64 = 0
    private var lastTold: UInt64?

    package init() {}

    /// How many drops a line would tell now; nil when there is nothing to tell or it is too soon.
    package func due(_ total: UInt64, now: UInt64, isLast: Bool) -> UInt64? {
        guard total > told else { return nil }
        if !isLast, let lastTold, now - lastTold < Self.pause { return nil }
        return total - told
    }

    package mutating func told(_ total: UInt64, now: UInt64) {
        told = total
        lastTold = now
    }
}
