import Engine
import Intake
import Synchronization
import Tickets

/// What a run of the daemon has done, for the line it leaves with.
final class RunTotals: Sendable {
    private struct Totals {
        var counters = EngineCounters()
        var opened = 0
        var changes = 0
    }

    private let totals = Mutex(Totals())

    func add(_ step: EngineStep) {
        totals.withLock { totals in
            totals.counters = step.counters
            totals.changes += step.changes.count
            totals.opened += step.changes.count { $0.kind == .opened }
        }
    }

    /// `stopped lines=... refused=... late=... windows=... tickets=... changes=... datagrams=...
    /// kernel_drops=... truncated=...`
    func summary(_ listeners: [UDPCounts]) -> String {
        let now = totals.withLock { $0 }
        let udp = UDPCounts(sumOf: listeners)
        return "stopped lines=\(now.counters.linesAccepted) refused=\(now.counters.linesRefused)"
            + " windows=\(now.counters.windowsClosed) tickets=\(now.opened)"
            + " changes=\(now.changes) datagrams=\(udp.datagrams)"
            + " kernel_drops=\(udp.kernelDrops) truncated=\(udp.truncated)"
    }
}
