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
    /// kernel_drops=... truncated=... connections=... tcp_bytes=... idle_closed=...
    /// connections_refused=... overlong=... cut=... disallowed=... over_rate=...`
    func summary(_ intake: IntakeCounts) -> String {
        let now = totals.withLock { $0 }
        let udp = intake.udp
        let tcp = intake.tcp
        return "stopped lines=\(now.counters.linesAccepted) refused=\(now.counters.linesRefused)"
            + " windows=\(now.counters.windowsClosed) tickets=\(now.opened)"
            + " changes=\(now.changes) datagrams=\(udp.datagrams)"
            + " kernel_drops=\(udp.kernelDrops) truncated=\(udp.truncated)"
            + " connections=\(tcp.accepted) tcp_bytes=\(tcp.bytes)"
            + " idle_closed=\(tcp.idleClosed) connections_refused=\(tcp.refused)"
            + " overlong=\(tcp.overlongLines) cut=\(tcp.cutLines)"
            + " disallowed=\(udp.disallowed &+ tcp.disallowed)"
            + " over_rate=\(udp.linesOverRate &+ tcp.linesOverRate)"
    }
}
